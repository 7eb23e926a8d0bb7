"""Trends between Postgres and NumPy: build.kpi_daily in, ml.kpi_trends out."""

from collections.abc import Sequence
from dataclasses import asdict
from hashlib import blake2b
from uuid import UUID

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from pipelines import frames
from pipelines.signals.batch import Series
from pipelines.signals.kpis import SERIES, Today, read_series, scope
from pipelines.signals.members import Array
from pipelines.signals.trend import trend
from pipelines.warehouse.connection import Warehouse

WINDOWS = (28, 90, 365)  # days
METHOD = "1"  # another one computes every series anew
KEY = (*SERIES, "window_days")
TRENDS = {
    **dict.fromkeys(SERIES, pl.String),
    "window_days": pl.Int64,
    "made_on": pl.Date,
    "measured_days": pl.Int64,
    **dict.fromkeys(
        ("coverage", "level", "tau", "p_value", "variance_factor", "slope", "slope_lower_95", "slope_upper_95"),
        pl.Float64,
    ),
    "change_ratio_30d": pl.Float64,
    "direction": pl.String,
    **dict.fromkeys(("trend_strength", "week_strength"), pl.Float64),
    "refusal_reason": pl.String,
    "fingerprint": pl.String,
}


def find_trends(
    warehouse: Warehouse, tenants: Sequence[UUID | str] | None = None, today: Today = None, full: bool = False
) -> dict[str, int]:
    """The trend of every KPI series over the last 28, 90 and 365 days before `today`, the unfinished day.

    Only series whose days differ from those of their last trend are computed, with `full` all. Returns counts of
    series, of those computed, of refused windows, and of rows written and deleted.
    """
    columns = ", ".join(list(TRENDS)[1:])
    old = frames.read(warehouse, f"select tenant_id::text, {columns} from ml.kpi_trends where {scope(tenants)}")
    old = old.cast(TRENDS)  # type: ignore[arg-type]
    known = {} if full else {row[:3]: row[3] for row in old.select(*SERIES, "fingerprint").rows()}
    kept: list[tuple[str, ...]] = []
    rows: list[dict[str, object]] = []
    with threadpool_limits(1):
        for series in read_series(warehouse, tenants, today):
            if known.get(series.name) == fingerprint(series):
                kept.append(series.name)
            else:
                rows += trends(series)
    same = old.join(pl.DataFrame(kept, dict.fromkeys(SERIES, pl.String), orient="row"), on=list(SERIES), how="semi")
    new = pl.concat([same, pl.DataFrame(rows, schema=TRENDS)])
    with warehouse.connect("transformer") as connection:
        counts = frames.store(connection, "ml.kpi_trends", KEY, new, old)
    computed = len(rows) // len(WINDOWS)
    return {
        "series": len(kept) + computed,
        "computed": computed,
        "refused": new["refusal_reason"].count(),
        **counts,
    }


def trends(series: Series) -> list[dict[str, object]]:
    """The rows of a series, one a window."""
    made = dict(zip(SERIES, series.name, strict=True)) | {"made_on": series.history.end}
    return [
        {**made, "window_days": days, **asdict(trend(window(series, days))), "fingerprint": fingerprint(series)}
        for days in WINDOWS
    ]


def window(series: Series, days: int) -> Array:
    """The values of the last finished days, NaN where nothing was measured."""
    found = series.history.values[-days:]
    return np.concatenate([np.full(days - len(found), np.nan), found])


def fingerprint(series: Series) -> str:
    """Of all that the trends of a series are made from."""
    text = f"{METHOD} {series.history.end} {WINDOWS}".encode()
    return blake2b(text + window(series, max(WINDOWS)).tobytes(), digest_size=16).hexdigest()
