"""What of a build's tables and views is there.

Views and seeds stand as they were made while their code is the same: dbt takes some forty milliseconds to make one
again, and they are more than half of all nodes.
"""

from collections.abc import Iterable
from typing import Any

from orchestration.models import Manifest
from pipelines.warehouse.connection import Warehouse

EXIST = """
    select schema.nspname, relation.relname
    from pg_class as relation
    inner join pg_namespace as schema on schema.oid = relation.relnamespace
    where relation.relkind in ('v', 'r')
"""


def standing(warehouse: Warehouse, manifest: Manifest, nodes: Iterable[dict[str, Any]]) -> set[str]:
    """The unique ids of those views and seeds among `nodes` that are there and stay there during a build.

    Only right where no code has changed since they were made; see `fingerprint`.
    """
    falling, there = _falling(manifest), _there(warehouse)
    return {
        node["unique_id"]
        for node in nodes
        if _is_remade_alike(node) and node["unique_id"] not in falling and _place(node) in there
    }


def missing(warehouse: Warehouse, manifest: Manifest) -> list[str]:
    """The tables that are not there although others are: a build of what is new cannot fill them."""
    there = _there(warehouse)
    kept = [node for node in manifest.tables.values() if node["config"]["materialized"] == "incremental"]
    absent = sorted(node["name"] for node in kept if _place(node) not in there)
    return absent if len(absent) < len(kept) else []


def _there(warehouse: Warehouse) -> set[tuple[str, str]]:
    with warehouse.connect("transformer") as connection:
        return set(connection.execute(EXIST).fetchall())


def _place(node: dict[str, Any]) -> tuple[str, str]:
    return node["schema"], node.get("alias") or node["name"]


def _is_remade_alike(node: dict[str, Any]) -> bool:
    return bool(node["resource_type"] == "seed" or node["config"]["materialized"] == "view")


def _falling(manifest: Manifest) -> set[str]:
    """Views over what dbt makes as a new table each time: the old one is dropped, and all views that read it."""
    nodes = manifest.tables
    moving = {key for key, node in nodes.items() if node["config"]["materialized"] == "table"}
    found: set[str] = set()
    for key in sorted(nodes, key=lambda key: manifest.depths[key]):
        is_view = nodes[key]["config"]["materialized"] == "view"
        if is_view and not (moving | found).isdisjoint(nodes[key]["depends_on"].get("nodes", [])):
            found.add(key)
    return found
