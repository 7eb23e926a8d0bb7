"""The commit graph: which deployment first carried each commit. `pipelines.delivery.walk` does the work."""

import logging

import dagster as dg

from orchestration.builds import Build
from pipelines.warehouse.connection import Warehouse

READ = ("int_deployments__walk", "int_commits__unioned", "int_commits__by_connection")
log = logging.getLogger("clearsignal.progress")


@dg.asset(
    key=["ml", "commit_deployments"],
    deps=[dg.AssetKey(["intermediate", name]) for name in READ],
    group_name="intermediate",
    owners=["team:delivery"],
    kinds={"python", "postgres"},
    description="First deployment of each commit, by ancestry.",
    op_tags={"layer": "python"},
)
def commit_deployments(
    context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse], build: dg.ResourceParam[Build]
) -> dg.MaterializeResult:
    """New deployments are walked from their commits; repositories in which anything else changed, whole."""
    from pipelines.delivery import walk  # polars and ADBC: only runs that walk pay for them

    counts = walk.first_deployments(warehouse, full=build.is_full)
    log.info("commit graph", extra={"progress": {"step": "python", "done": "commit graph"}})
    return dg.MaterializeResult(metadata={name: int(count) for name, count in counts.items()})


ASSETS = [commit_deployments]
