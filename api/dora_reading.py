"""The delivery metrics of a service or the tenant: by period from dora_periods, by window from dora_definitions."""

from datetime import date
from typing import Annotated, Any

from msgspec import Meta, Struct

from api.errors import did_you_mean, not_found
from api.periods import GrainName, stretch

PERIODS, DEFINITIONS = "dora_periods", "dora_definitions"
SERVICES = "select distinct scope from marts.dora_periods where scope_kind = 'service' and period_kind = 'month'"
NEWEST = """
select max(first_day) from marts.dora_periods where scope_kind = $1 and scope = $2 and period_kind = $3
"""
# Days are bound as text, for asyncpg makes infinity of the calendar's first and last one.
POINTS = """
select first_day, last_day, is_complete, {value} as value, {p75} as p75, {p90} as p90, {n} as n,
    {numerator} as numerator, {coverage} as coverage
from marts.dora_periods
where scope_kind = $1 and scope = $2 and period_kind = $3
    and first_day between $4::text::date and $5::text::date and ($6::text is null or first_day > $6::text::date)
order by first_day limit $7
"""
WINDOWS = """
select d.window_days, d.value, d.unit, d.n, d.reads_as, d.meaning, d.difference, d.as_of,
    ours.value as clearsignal_value, ours.unit as clearsignal_unit
from marts.dora_definitions as d
left join marts.dora_definitions as ours
    on ours.scope_kind = d.scope_kind and ours.scope = d.scope and ours.window_days = d.window_days
        and ours.metric = d.metric and ours.definition = 'clearsignal'
where d.scope_kind = $1 and d.scope = $2 and d.metric = $3 and d.definition = $4
order by d.window_days
"""


class Metric(Struct, frozen=True):
    """One metric: its path, and which columns of dora_periods hold it, as dora_summary takes them."""

    path: str
    name: str
    title: str
    value: str
    n: str
    p75: str = "null::double precision"
    p90: str = "null::double precision"
    numerator: str = "null::bigint"
    coverage: str = "null::double precision"
    elsewhere: str | None = None  # its name in the other definitions; None: they have none


METRICS = (
    Metric(
        "lead-time", "lead_time", "Lead time for changes", "lead_time_p50_seconds", "n", "lead_time_p75_seconds",
        "lead_time_p90_seconds", coverage="coverage", elsewhere="lead_time",
    ),
    Metric(
        "deployment-frequency", "deployment_frequency", "Deployment frequency", "deployments_per_day",
        "deployment_count", numerator="deployment_count", elsewhere="deployment_frequency",
    ),
    Metric(
        "mttr", "time_to_restore", "Time to restore", "restore_p50_seconds", "restored_count", "restore_p75_seconds",
        "restore_p90_seconds", coverage="restored_count::double precision / nullif(incident_count, 0)",
        elsewhere="recovery_time",
    ),
    Metric(
        "change-failure-rate", "change_failure_rate", "Change failure rate", "change_failure_rate",
        "deployment_count - rollback_count", numerator="change_failure_count", elsewhere="change_failure_rate",
    ),
    Metric(
        "rework-rate", "rework_rate", "Rework rate", "rework_rate", "deployment_count", numerator="rework_count",
    ),
)  # fmt: skip


class Period(Struct, frozen=True):
    """A period, recomputed from its single cases. A `value` of null was not measured, which is not 0."""

    first_day: date
    last_day: Annotated[date, Meta(description="Of the current week or month still to come.")]
    is_complete: bool
    value: float | None
    p75: Annotated[float | None, Meta(description="Of a duration; three quarters took at most this.")]
    p90: Annotated[float | None, Meta(description="Of a duration; nine tenths took at most this.")]
    n: Annotated[int, Meta(description="How many deployments, changes or incidents it rests on.")]
    numerator: Annotated[int | None, Meta(description="Of a rate: how many of them it counts.")]
    coverage: Annotated[float | None, Meta(description="Of a duration: the share of the cases that is measured.")]


class Window(Struct, frozen=True):
    """The figure of the newest days by the definition asked for, and by ours."""

    window_days: int
    value: float | None
    unit: str
    n: int
    reads_as: Annotated[str | None, Meta(description="What Four Keys calls such a frequency.")]
    clearsignal_value: float | None
    clearsignal_unit: str | None
    as_of: date


class Scope(Struct, frozen=True):
    """Of what the figure is: a service, else all of the tenant."""

    kind: str
    name: str

    @classmethod
    def of(cls, service: str | None) -> "Scope":
        """The scope that a query names."""
        return cls("tenant", "all") if service is None else cls("service", service)

    async def check(self, database: Any) -> None:
        """Raise ApiError 404 where the service has no deployment to production, or is another tenant's."""
        if self.kind == "service":
            known = [row["scope"] for row in await database.fetch(SERVICES)]
            if self.name not in known:
                hint = did_you_mean(self.name, known)
                raise not_found(f"There is no service {self.name[:100]!r} that was deployed to production.{hint}")


class Asked(Struct, frozen=True):
    """Which periods of which scope."""

    metric: Metric
    scope: Scope
    grain: GrainName
    first: date | None
    last: date | None


class Periods(Struct, frozen=True):
    """A page of points, one more than its limit where others follow, and the days it is of."""

    first_day: date | None
    last_day: date | None
    points: list[Period]


async def periods(database: Any, asked: Asked, after: list[Any] | None, limit: int) -> Periods:
    """The periods after that first day. Raises ApiError 404, or 400 for days that cannot be."""
    await asked.scope.check(database)
    key = (asked.scope.kind, asked.scope.name, asked.grain)
    last = asked.last or await database.fetchval(NEWEST, *key) or asked.first
    if last is None:
        return Periods(None, None, [])
    first, last = stretch(asked.first, last, asked.grain)
    columns = {name: getattr(asked.metric, name) for name in ("value", "n", "p75", "p90", "numerator", "coverage")}
    begin = str(after[0]) if after else None
    rows = await database.fetch(POINTS.format(**columns), *key, str(first), str(last), begin, limit + 1)
    return Periods(first, last, [Period(**dict(row)) for row in rows])


async def windows(database: Any, metric: Metric, scope: Scope, definition: str) -> list[Any]:
    """The rows of another definition, with ours beside. Raises ApiError 404."""
    await scope.check(database)
    return list(await database.fetch(WINDOWS, scope.kind, scope.name, metric.elsewhere, definition))
