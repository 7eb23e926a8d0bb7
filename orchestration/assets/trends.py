"""Which KPIs rise or fall. `pipelines.signals` does the work."""

import logging

import dagster as dg

from orchestration.assets.signals import SeriesOptions, tenant_ids
from pipelines.warehouse.connection import Warehouse

log = logging.getLogger("clearsignal.progress")
CHECK = "every_series_has_its_windows"
DIRECTIONS = """
select 'windows ' || coalesce(direction, 'refused'), count(*)
from ml.kpi_trends
where %(tenants)s::uuid[] is null or tenant_id = any(%(tenants)s::uuid[])
group by direction
"""
LACKING = """
select count(*)
from (
    select tenant_id, metric, entity from build.kpi_daily
    except
    select tenant_id, metric, entity from ml.kpi_trends
) as series
where %(tenants)s::uuid[] is null or tenant_id = any(%(tenants)s::uuid[])
"""


@dg.asset(
    key=["ml", "kpi_trends"],
    deps=[dg.AssetKey(["build", "kpi_daily"])],
    group_name="signals",
    owners=["team:signals"],
    kinds={"python", "postgres"},
    description="Which KPIs rise or fall, and how fast.",
    check_specs=[dg.AssetCheckSpec(CHECK, asset=["ml", "kpi_trends"])],
    op_tags={"layer": "python"},
)
def kpi_trends(
    context: dg.AssetExecutionContext, config: SeriesOptions, warehouse: dg.ResourceParam[Warehouse]
) -> dg.MaterializeResult:
    """Series whose days changed since their last trend, over 28, 90 and 365 days."""
    from pipelines.signals import kpi_trends  # SciPy: only runs that look for trends pay for it

    chosen = tenant_ids(warehouse, config.tenants)
    counts = kpi_trends.find_trends(warehouse, chosen)
    log.info("trends", extra={"progress": {"step": "python", "done": "trends"}})
    with warehouse.connect("transformer") as connection:
        directions = connection.execute(DIRECTIONS, {"tenants": chosen}).fetchall()
        (lacking,) = connection.execute(LACKING, {"tenants": chosen}).fetchone() or (0,)
    return dg.MaterializeResult(metadata={**counts, **dict(directions)}, check_results=[_complete(lacking)])


def _complete(lacking: int) -> dg.AssetCheckResult:
    """Even a series that is too short has its rows, with the reason."""
    return dg.AssetCheckResult(
        asset_key=["ml", "kpi_trends"],
        check_name=CHECK,
        passed=lacking == 0,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"series without": lacking},
    )


ASSETS: list[dg.AssetsDefinition] = [kpi_trends]
