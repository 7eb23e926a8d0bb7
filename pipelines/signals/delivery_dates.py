"""Forecasts of delivery between Postgres and NumPy: weekly throughput and open work in, dates and counts out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import numpy as np
import polars as pl

from pipelines import frames
from pipelines.signals import monte_carlo
from pipelines.signals.kpis import scope
from pipelines.warehouse.connection import Warehouse

PROJECT = ("tenant_id", "source", "project")
SCOPE_KEY = (*PROJECT, "scope_kind", "scope_id")
COUNT_KEY = (*PROJECT, "day")
WEEKS_AHEAD = 12  # of "how many by then"

DATES = {
    **dict.fromkeys(SCOPE_KEY, pl.String),
    "scope": pl.String,
    "made_on": pl.Date,
    "remaining_count": pl.Int64,
    **dict.fromkeys(("day_p50", "day_p85", "day_p95"), pl.Date),
    "week_count": pl.Int64,
    "weekly_mean": pl.Float64,
    "backtest_n": pl.Int64,
    "coverage_85": pl.Float64,
    "refusal_reason": pl.String,
}
COUNTS = {
    **dict.fromkeys(PROJECT, pl.String),
    "day": pl.Date,
    "made_on": pl.Date,
    **dict.fromkeys(("count_p50", "count_p85", "count_p95"), pl.Int64),
}
THROUGHPUT = """
select tenant_id::text, source, project, array_agg(delivered_count order by week) as weeks
from (
    select tenant_id, source, project, week, sum(delivered_count)::float8 as delivered_count
    from build.throughput_weekly
    where {scope}
    group by tenant_id, source, project, week
) as by_week
group by tenant_id, source, project
"""
SCOPES = """
select tenant_id::text, source, project, scope_kind, scope_id, scope, remaining_count, scored_on as made_on
from intermediate.int_throughput__scopes
inner join intermediate.int_issues__scoring_days using (tenant_id, source)
where {scope}
order by 1, 2, 3, 4, 5
"""


@dataclass(frozen=True)
class Scope:
    """Open work of a project, and since when it is looked at."""

    tenant_id: str
    source: str
    project: str
    scope_kind: str
    scope_id: str
    scope: str
    remaining_count: int
    made_on: date


def forecast_delivery(warehouse: Warehouse, tenants: Sequence[UUID | str] | None = None) -> dict[str, int]:
    """Forecast when each scope is delivered, and how much each project delivers by when.

    Returns counts of projects, of refused scopes, and of rows written and deleted in ml.delivery_forecasts and
    ml.throughput_forecasts. Run again on the same day with the same rows, it gives the same forecasts.
    """
    chosen = scope(tenants)
    weeks = {tuple(row[:3]): np.array(row[3]) for row in frames.read(warehouse, THROUGHPUT.format(scope=chosen)).rows()}
    projects: dict[tuple[str, str, str], list[Scope]] = {}
    for row in frames.read(warehouse, SCOPES.format(scope=chosen)).rows():
        projects.setdefault(row[:3], []).append(Scope(*row))
    dates: list[dict[str, object]] = []
    counts: list[dict[str, object]] = []
    for project, scopes in projects.items():
        of_scopes, of_weeks = forecast_project(weeks.get(project, np.zeros(0)), scopes)
        dates += of_scopes
        counts += of_weeks
    made = {
        "ml.delivery_forecasts": (SCOPE_KEY, pl.DataFrame(dates, schema=DATES)),
        "ml.throughput_forecasts": (COUNT_KEY, pl.DataFrame(counts, schema=COUNTS)),
    }
    written = {"written": 0, "deleted": 0}
    for table, (key, new) in made.items():
        columns = ", ".join(new.columns[1:])
        old = frames.read(warehouse, f"select tenant_id::text, {columns} from {table} where {chosen}")
        with warehouse.connect("transformer") as connection:
            stored = frames.store(connection, table, key, new, old)
        written = {name: count + stored[name] for name, count in written.items()}
    return {"projects": len(projects), "refused": sum(row["refusal_reason"] is not None for row in dates), **written}


def forecast_project(
    weeks: monte_carlo.Array, scopes: Sequence[Scope]
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """The rows of DATES and COUNTS of one project. All its scopes are read off the same runs."""
    first = scopes[0]
    names = {"tenant_id": first.tenant_id, "source": first.source, "project": first.project}
    refusal = monte_carlo.refusal(weeks)
    if refusal:
        return [_row(each, weeks, refusal_reason=refusal) for each in scopes], []
    start = monte_carlo.seed(*names.values(), first.made_on)
    most = max(each.remaining_count for each in scopes)
    path = monte_carlo.paths(weeks, most, np.random.default_rng(start), least=WEEKS_AHEAD)
    judged, coverage = monte_carlo.backtest(weeks, np.random.default_rng(start))
    dates = []
    for each in scopes:
        if not each.remaining_count:
            dates.append(_row(each, weeks, refusal_reason="Nothing is open."))
            continue
        after = monte_carlo.dates(path, each.remaining_count)
        days = [None if days is None else each.made_on + timedelta(days=days) for days in after]
        dates.append(
            _row(
                each, weeks, **dict(zip(("day_p50", "day_p85", "day_p95"), days, strict=True)),
                backtest_n=judged, coverage_85=coverage,
            )
        )  # fmt: skip
    counts = []
    for week in range(1, WEEKS_AHEAD + 1):
        ahead = dict(zip(("count_p50", "count_p85", "count_p95"), monte_carlo.counts(path, week), strict=True))
        counts.append({**names, "day": first.made_on + timedelta(weeks=week), "made_on": first.made_on, **ahead})
    return dates, counts


def _row(scope: Scope, weeks: monte_carlo.Array, **figures: object) -> dict[str, object]:
    """A scope's row, with the weeks on which its forecast rests."""
    known = weeks[-monte_carlo.MAX_WEEKS :]
    return {
        **dict.fromkeys(DATES),
        **vars(scope),
        "week_count": len(known),
        "weekly_mean": float(known.mean()) if len(known) else None,
        **figures,
    }
