"""What texts say (sentiment, names, likeness), forecasts and anomalies of series. `pipelines.signals` does the work."""

import logging
from collections.abc import Iterator

import dagster as dg

from orchestration.builds import Build
from pipelines.warehouse.connection import Warehouse

log = logging.getLogger("clearsignal.progress")
PLOTTED = """
with

chosen as (
    select tenant_id, metric, entity
    from ml.forecasts
    where is_published
    group by tenant_id, metric, entity
    order by metric = 'deployments' desc, min(mase), tenant_id, entity
    limit 1
)

select day, value, null::float8 as lower_80, null::float8 as upper_80, metric, entity
from build.kpi_daily
inner join chosen using (tenant_id, metric, entity)
where day < (select min(f.day) from ml.forecasts as f inner join chosen using (tenant_id, metric, entity))
union all
select day, value, lower_80, upper_80, metric, entity
from ml.forecasts
inner join chosen using (tenant_id, metric, entity)
where is_published
order by day desc
limit 60
"""
SCORES = """
select count(distinct (tenant_id, metric, entity)), percentile_cont(0.5) within group (order by mase),
    percentile_cont(0.5) within group (order by coverage_80)
from ml.forecasts where is_published
"""


class ForecastOptions(dg.Config):
    """Whose series, and how thoroughly."""

    tenants: list[str] = []  # noqa: RUF012  (pydantic copies it); partition keys, [] means every tenant
    prophet_backtest: bool = False  # seconds a series, so once a week


class SeriesOptions(dg.Config):
    """Whose series."""

    tenants: list[str] = []  # noqa: RUF012


@dg.asset(
    key=["ml", "sentiments"],
    deps=[dg.AssetKey(["staging", "stg_gdelt__articles"]), dg.AssetKey(["intermediate", "int_issues__unioned"])],
    group_name="intermediate",  # models of several areas read it, so it stands before them
    owners=["team:signals"],
    kinds={"python", "postgres"},
    description="Sentiment of headlines and tickets, -1 to 1.",
    op_tags={"layer": "python"},
)
def sentiments(
    context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse], build: dg.ResourceParam[Build]
) -> dg.MaterializeResult:
    """Texts that are new, changed or scored by an older scorer."""
    from pipelines.signals import scores  # spaCy: only runs that score pay for it

    counts = scores.score_texts(warehouse, full=build.is_full)
    log.info("sentiment", extra={"progress": {"step": "python", "done": "sentiment"}})
    return dg.MaterializeResult(metadata={name: int(count) for name, count in counts.items()})


@dg.asset(
    key=["ml", "issue_mentions"],
    deps=[dg.AssetKey(["intermediate", name]) for name in ("int_issues__unioned", "int_issues__names")],
    group_name="intermediate",
    owners=["team:severity"],
    kinds={"python", "postgres"},
    description="Components, services, customers named in issues.",
    op_tags={"layer": "python"},
)
def issue_mentions(
    context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse], build: dg.ResourceParam[Build]
) -> dg.MaterializeResult:
    """Texts that are new or changed, and all of a tenant whose lists changed."""
    from pipelines.signals import mention_scans  # spaCy

    counts = mention_scans.find_mentions(warehouse, full=build.is_full)
    log.info("mentions", extra={"progress": {"step": "python", "done": "mentions"}})
    return dg.MaterializeResult(metadata={name: int(count) for name, count in counts.items()})


@dg.multi_asset(
    name="group_issues",
    specs=[
        dg.AssetSpec(
            ["ml", name],
            deps=[
                dg.AssetKey(["ml", "issue_mentions"]),
                dg.AssetKey(["intermediate", "int_issues__comparable"]),
                dg.AssetKey(["intermediate", "int_issues__links"]),
            ],
            group_name="intermediate",
            owners=["team:severity"],
            kinds={"python", "postgres"},
            description=description,
        )
        for name, description in (
            ("similar_issues", "The issues most like each, by words and letters."),
            ("duplicate_members", "Issues that report one problem, across sources."),
        )
    ],
    op_tags={"layer": "python"},
)
def similar_issues(
    context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse], build: dg.ResourceParam[Build]
) -> Iterator[dg.MaterializeResult]:
    """Tenants of whom an issue, a link or a mention changed are compared anew."""
    from pipelines.signals import issue_groups  # scikit-learn

    counts = issue_groups.group_issues(warehouse, full=build.is_full)
    log.info("duplicates", extra={"progress": {"step": "python", "done": "duplicates"}})
    for key in sorted(context.selected_asset_keys):
        yield dg.MaterializeResult(asset_key=key, metadata={name: int(count) for name, count in counts.items()})


@dg.asset(
    key=["ml", "forecasts"],
    deps=[dg.AssetKey(["build", "kpi_daily"])],
    group_name="signals",
    owners=["team:signals"],
    kinds={"python", "postgres"},
    description="KPI series 30 days ahead, with intervals.",
    op_tags={"layer": "python"},
)
def forecasts(
    context: dg.AssetExecutionContext, config: ForecastOptions, warehouse: dg.ResourceParam[Warehouse]
) -> dg.MaterializeResult:
    """Every model's forecast of every series; the one that is published is marked."""
    from pipelines.signals import kpis  # Prophet: only runs that forecast pay for it

    chosen = tenant_ids(warehouse, config.tenants)
    counts = kpis.forecast_series(warehouse, chosen, prophet_backtest=config.prophet_backtest)
    log.info("forecasts", extra={"progress": {"step": "python", "done": "forecasts"}})
    return dg.MaterializeResult(
        metadata={**{k: int(v) for k, v in counts.items()}, **_scores(warehouse), **_plot(warehouse)}
    )


@dg.asset(
    key=["ml", "anomalies"],
    deps=[dg.AssetKey(["build", "kpi_daily"])],
    group_name="signals",
    owners=["team:signals"],
    kinds={"python", "postgres"},
    description="Days on which a KPI was not as expected.",
    op_tags={"layer": "python"},
)
def anomalies(
    context: dg.AssetExecutionContext, config: SeriesOptions, warehouse: dg.ResourceParam[Warehouse]
) -> dg.MaterializeResult:
    """Each day is judged by the days before it."""
    from pipelines.signals import kpis

    counts = kpis.detect_anomalies(warehouse, tenant_ids(warehouse, config.tenants))
    log.info("anomalies", extra={"progress": {"step": "python", "done": "anomalies"}})
    return dg.MaterializeResult(metadata={name: int(count) for name, count in counts.items()})


def tenant_ids(warehouse: Warehouse, partition_keys: list[str]) -> list[str] | None:
    """The tenants of these partition keys, None for all."""
    if not partition_keys:
        return None
    with warehouse.connect("transformer") as connection:
        rows = connection.execute(
            "select tenant_id::text from app.tenant where partition_key = any (%s)", [partition_keys]
        ).fetchall()
    return [row[0] for row in rows]


def _scores(warehouse: Warehouse) -> dict[str, dg.MetadataValue]:
    """Numbers under stable names get a chart over time on the asset's page."""
    with warehouse.connect("transformer") as connection:
        row = connection.execute(SCORES).fetchone()
    if not row or not row[0]:
        return {}
    found: dict[str, dg.MetadataValue] = {"published series": dg.MetadataValue.int(row[0])}
    for name, value in (("median MASE", row[1]), ("median coverage of 80 %", row[2])):
        if value is not None:
            found[name] = dg.MetadataValue.float(float(value))
    return found


def _plot(warehouse: Warehouse) -> dict[str, dg.MetadataValue]:
    """One series with its interval, small enough to be shown in place."""
    from pipelines.signals.plot import sparkline_svg

    with warehouse.connect("transformer") as connection:
        rows = connection.execute(PLOTTED).fetchall()[::-1]
    if not rows:
        return {}
    picture = sparkline_svg(*([row[column] for row in rows] for column in range(4)))
    name = f"{rows[-1][4]} of {rows[-1][5]}" if rows[-1][5] else rows[-1][4]
    return {"plot": dg.MetadataValue.md(f"![{name[:30]}]({picture})")}


ASSETS = [sentiments, issue_mentions, similar_issues, forecasts, anomalies]
