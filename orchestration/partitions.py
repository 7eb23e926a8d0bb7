"""One partition a tenant, named `slug--short uuid`, kept equal to the table app.tenant."""

from collections.abc import Sequence

import dagster as dg
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG

from pipelines.warehouse.connection import Warehouse

tenants = dg.DynamicPartitionsDefinition(name="tenant")


def in_warehouse(warehouse: Warehouse) -> list[str]:
    """The partition key of every tenant, oldest tenant first."""
    with warehouse.connect("loader") as connection:
        rows = connection.execute("select partition_key from app.tenant order by created_at, partition_key").fetchall()
    return [row[0] for row in rows]


def keep_in_step(instance: dg.DagsterInstance, warehouse: Warehouse) -> tuple[list[str], list[str]]:
    """Add and remove partitions until they are the tenants. Returns what was added and what was removed."""
    wanted, known = in_warehouse(warehouse), list(instance.get_dynamic_partitions("tenant"))
    added = [key for key in wanted if key not in known]
    removed = [key for key in known if key not in wanted]
    if added:
        instance.add_dynamic_partitions("tenant", added)
    for key in removed:
        instance.delete_dynamic_partition("tenant", key)
    return added, removed


def range_tags(known: Sequence[str], chosen: Sequence[str] | None = None) -> dict[str, str]:
    """Run tags that make one run of the span of partitions around the chosen ones (default: all).

    Dagster names a run's partitions only as a span, so the asset gets the choice itself as config.
    """
    places = [known.index(key) for key in (chosen or known)]
    return {
        ASSET_PARTITION_RANGE_START_TAG: known[min(places)],
        ASSET_PARTITION_RANGE_END_TAG: known[max(places)],
    }
