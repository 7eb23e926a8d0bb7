"""The commit graph: which deployment first carried each commit. `pipelines.delivery.walk` does the work."""

import logging

import dagster as dg

from orchestration.builds import Build
from pipelines.warehouse.connection import Warehouse

log = logging.getLogger("clearsignal.progress")


@dg.asset(
    key=["ml", "commit_deployments"],
    deps=[dg.AssetKey(["intermediate", name]) for name in ("int_deployments__walk", "int_commits__unioned")],
    group_name="intermediate",
    owners=["team:delivery"],
    kinds={"python", "postgres"},
    description="First deployment of each commit, by ancestry.",
    op_tags={"layer": "python"},
)
def commit_deployments(
    context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse], build: dg.ResourceParam[Build]
) -> dg.MaterializeResult:
    """Repositories whose deployments or commits changed are walked anew."""
    from pipelines.delivery import walk  # polars and ADBC: only runs that walk pay for them

    counts = walk.first_deployments(warehouse, full=build.is_full)
    log.info("commit graph", extra={"progress": {"step": "python", "done": "commit graph"}})
    return dg.MaterializeResult(metadata={name: int(count) for name, count in counts.items()})


ASSETS = [commit_deployments]
