"""Forecasts and anomalies between Postgres and polars: build.kpi_daily in, ml.forecasts and ml.anomalies out."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from uuid import UUID

import polars as pl

from pipelines import frames
from pipelines.signals import anomaly
from pipelines.signals.batch import FORECASTS, SCORES, Series, forecasts
from pipelines.signals.forecast import PROPHET
from pipelines.signals.series import history
from pipelines.warehouse.connection import Warehouse

FORECAST_KEY = ("tenant_id", "metric", "entity", "model", "day")
ANOMALY_KEY = ("tenant_id", "metric", "entity", "day")
SERIES = ("tenant_id", "metric", "entity")

POINTS = (
    "select tenant_id::text, metric, entity, day, value::float8 from build.kpi_daily where {scope} order by 1, 2, 3, 4"
)
AS_OF = """
select tenant_id::text, (max(seen.as_of) at time zone tenant.time_zone)::date as today
from intermediate.int_tenants__as_of as seen
inner join app.tenant as tenant using (tenant_id)
where seen.as_of is not null
group by tenant_id, tenant.time_zone
"""

Today = date | Mapping[str, date] | None


def forecast_series(
    warehouse: Warehouse,
    tenants: Sequence[UUID | str] | None = None,
    today: Today = None,
    with_prophet: bool = True,
    prophet_backtest: bool = False,
) -> dict[str, int]:
    """Forecast every KPI series anew: counts of series, of refused ones, and of rows written and deleted.

    `today` is the unfinished day, one for all or by tenant; by default the tenant's own day of its newest data.
    `prophet_backtest` gives Prophet its scores (seconds a series: weekly); between, the last ones are kept.
    Without Prophet its stored forecasts stay as they are.
    """
    old = frames.read(
        warehouse, f"select tenant_id::text, {', '.join(list(FORECASTS)[1:])} from ml.forecasts where {scope(tenants)}"
    ).cast(FORECASTS)  # type: ignore[arg-type]
    known = old.filter(pl.col("model") == PROPHET).select(*SERIES, *SCORES).unique(SERIES, keep="any")
    new = forecasts(list(read_series(warehouse, tenants, today)), known, with_prophet, prophet_backtest)
    if not with_prophet:
        new = pl.concat([new, old.filter(pl.col("model") == PROPHET)])
    with warehouse.connect("transformer") as connection:
        counts = frames.store(connection, "ml.forecasts", FORECAST_KEY, new, old)
    series = new.filter(pl.col("model") != PROPHET).unique(SERIES)
    return {"series": series.height, "refused": series["refusal_reason"].count(), **counts}


def detect_anomalies(
    warehouse: Warehouse, tenants: Sequence[UUID | str] | None = None, today: Today = None
) -> dict[str, int]:
    """Find the anomalous days of every KPI series: counts of series, of rows written and deleted.

    A day is judged by its own past, so that a later run changes nothing but what late data changed.
    """
    found = [pl.DataFrame(schema={**dict.fromkeys(SERIES, pl.String), **anomaly.ANOMALIES})]
    count = 0
    for series in read_series(warehouse, tenants, today):
        count += 1
        days = anomaly.anomalies(series.days, series.values, series.history.end, series.metric)
        names = {name: pl.lit(getattr(series, name)) for name in SERIES}
        found.append(days.with_columns(**names).select(found[0].columns))
    new = pl.concat(found)
    old = frames.read(
        warehouse, f"select tenant_id::text, {', '.join(new.columns[1:])} from ml.anomalies where {scope(tenants)}"
    )
    with warehouse.connect("transformer") as connection:
        return {"series": count, **frames.store(connection, "ml.anomalies", ANOMALY_KEY, new, old)}


def read_series(warehouse: Warehouse, tenants: Sequence[UUID | str] | None, today: Today) -> Iterator[Series]:
    """Every series of the tenants, up to its tenant's last finished day."""
    points = frames.read(warehouse, POINTS.format(scope=scope(tenants)))
    unfinished = today_of(warehouse, points, today)
    for (tenant_id, metric, entity), rows in points.group_by(SERIES, maintain_order=True):
        days, values = rows["day"].to_list(), rows["value"].to_list()
        past = history(days, values, unfinished[str(tenant_id)], str(metric))
        yield Series(str(tenant_id), str(metric), str(entity), days, values, past)


def today_of(warehouse: Warehouse, points: pl.DataFrame, today: Today) -> dict[str, date]:
    """The unfinished day of each tenant that has points. A tenant without news of its sources: its last day."""
    last = {str(tenant): day for tenant, day in points.group_by("tenant_id").agg(pl.col("day").max()).rows()}
    if isinstance(today, date):
        return dict.fromkeys(last, today)
    if today is not None:
        return last | {str(tenant): day for tenant, day in today.items()}
    return last | dict(frames.read(warehouse, AS_OF).rows())


def scope(tenants: Sequence[UUID | str] | None) -> str:
    """A condition on tenant_id; UUID refuses what is none."""
    if tenants is None:
        return "true"
    return "tenant_id = any('{" + ",".join(str(UUID(str(tenant))) for tenant in tenants) + "}'::uuid[])"
