"""Forecasts of delivery and estimates of story points. `pipelines.signals` does the work."""

import logging
from collections.abc import Iterator

import dagster as dg

from orchestration.assets.signals import SeriesOptions, tenant_ids
from pipelines.warehouse.connection import Warehouse

log = logging.getLogger("clearsignal.progress")
KINDS = {"python", "postgres"}


def _spec(table: str, model: tuple[str, str], description: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        ["ml", table],
        deps=[dg.AssetKey(list(model))],
        group_name="velocity",
        owners=["team:velocity"],
        kinds=KINDS,
        description=description,
    )


@dg.multi_asset(
    name="ml__delivery_forecasts",
    specs=[
        _spec("delivery_forecasts", ("intermediate", "int_throughput__scopes"), "When open work will be delivered."),
        _spec("throughput_forecasts", ("build", "throughput_weekly"), "How many issues will be delivered by when."),
    ],
    check_specs=[dg.AssetCheckSpec("promises_are_kept", asset=["ml", "delivery_forecasts"])],
    op_tags={"layer": "python"},
)
def delivery_forecasts(
    context: dg.AssetExecutionContext, config: SeriesOptions, warehouse: dg.ResourceParam[Warehouse]
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Dates of every scope and counts of every project, off the same runs."""
    from pipelines.signals import delivery_dates  # NumPy and polars: only runs that forecast pay for them

    counts = delivery_dates.forecast_delivery(warehouse, tenant_ids(warehouse, config.tenants))
    log.info("delivery forecasts", extra={"progress": {"step": "python", "done": "delivery forecasts"}})
    yield dg.MaterializeResult(asset_key=["ml", "delivery_forecasts"], metadata=dict(counts))
    yield dg.MaterializeResult(asset_key=["ml", "throughput_forecasts"])
    yield _kept(warehouse)


def _kept(warehouse: Warehouse) -> dg.AssetCheckResult:
    """Over all projects, do promises at 85 % hold in the backtest? Of few of them, chance would fail the check."""
    query = (
        "select coalesce(sum(backtest_n), 0)::bigint, sum(backtest_n * coverage_85) / nullif(sum(backtest_n), 0)"
        " from ml.delivery_forecasts where scope_kind = 'backlog' and backtest_n > 0"
    )
    with warehouse.connect("transformer") as connection:
        judged, share = connection.execute(query).fetchone() or (0, None)
    return dg.AssetCheckResult(
        asset_key=["ml", "delivery_forecasts"],
        check_name="promises_are_kept",
        passed=judged < 100 or share >= 0.7,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"forecasts judged": judged, **({"kept": float(share)} if share is not None else {})},
    )


@dg.asset(
    key=["ml", "story_point_estimates"],
    deps=[dg.AssetKey(["intermediate", "int_throughput__work_items"])],
    group_name="velocity",
    owners=["team:velocity"],
    kinds=KINDS,
    description="Story points that similar issues suggest.",
    check_specs=[dg.AssetCheckSpec("better_than_the_median", asset=["ml", "story_point_estimates"])],
    op_tags={"layer": "python"},
)
def story_point_estimates(
    context: dg.AssetExecutionContext, config: SeriesOptions, warehouse: dg.ResourceParam[Warehouse]
) -> dg.MaterializeResult:
    """Tenants whose issues changed are estimated anew."""
    from pipelines.signals import estimates  # scikit-learn: only runs that estimate pay for it

    counts = estimates.estimate_points(warehouse, tenant_ids(warehouse, config.tenants))
    log.info("story points", extra={"progress": {"step": "python", "done": "story points"}})
    return dg.MaterializeResult(metadata=dict(counts), check_results=[_better(warehouse)])


def _better(warehouse: Warehouse) -> dg.AssetCheckResult:
    """How far estimates are off where the points are known, against always giving a project's median."""
    query = (
        "select sum(mean_error * backtest_n) / nullif(sum(mean_error_of_median * backtest_n), 0)"
        " from ml.story_point_estimates where backtest_n > 0"
    )
    with warehouse.connect("transformer") as connection:
        (ratio,) = connection.execute(query).fetchone() or (None,)
    return dg.AssetCheckResult(
        asset_key=["ml", "story_point_estimates"],
        check_name="better_than_the_median",
        passed=ratio is None or ratio <= 1,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"error, of the median's": float(ratio)} if ratio is not None else {},
    )


ASSETS: list[dg.AssetsDefinition] = [delivery_forecasts, story_point_estimates]
