"""Views and seeds that stand as they were made: their code is the same, so a build need not make them again.

dbt takes some forty milliseconds for each, and they are more than half of all nodes.
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
    falling = _falling(manifest)
    with warehouse.connect("transformer") as connection:
        there = set(connection.execute(EXIST).fetchall())
    return {
        node["unique_id"]
        for node in nodes
        if _is_remade_alike(node)
        and node["unique_id"] not in falling
        and (node["schema"], node.get("alias") or node["name"]) in there
    }


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
