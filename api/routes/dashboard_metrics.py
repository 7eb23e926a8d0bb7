"""The KPIs of one tenant: the company's headlines, and of every series its newest day, the one before and a line."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter
from litestar.types import ASGIApp
from msgspec import Meta, Struct

from api.composite import Composite, Page, paged
from api.kpi_series import declared
from api.responses import Envelope, Ready
from api.routes.dashboard import of_tenant
from api.security.callers import Caller
from api.services import Services

MARTS = ("executive_kpis", "kpi_daily")
HEADLINES = """
select definition_id, title, area, unit, better, meaning, value, previous_value, value - previous_value as delta,
    change_ratio, n, previous_n, target, is_target_met, as_of
from marts.executive_kpis
where scope_kind = 'tenant' and scope = 'all' and window_days = $1
order by area, definition_id
"""
# The newest instant of the data is the tenant's now: its day has not ended.
KPIS = """
with series as (
    select metric, entity, max(day) as day from marts.kpi_daily
    where $3::text is null or (metric, entity) > ($3, $4)
    group by metric, entity order by metric, entity limit $2
)
select series.metric, series.entity, series.day, newest.value, newest.n, before.day as previous_day,
    before.value as previous_value, newest.value - before.value as delta, line.days, line.measured, line.counts,
    series.day < (select ($5::timestamptz at time zone time_zone)::date from app.tenant) as is_day_over
from series
inner join marts.kpi_daily as newest
    on newest.metric = series.metric and newest.entity = series.entity and newest.day = series.day
left join lateral (
    select day, value from marts.kpi_daily as k
    where k.metric = series.metric and k.entity = series.entity and k.day < series.day order by day desc limit 1
) as before on true
cross join lateral (
    select array_agg(day order by day) as days, array_agg(value order by day) as measured,
        array_agg(n order by day) as counts
    from marts.kpi_daily as k
    where k.metric = series.metric and k.entity = series.entity and k.day > series.day - $1::int
) as line
order by series.metric, series.entity
"""
PARAMETERS = ("window_days", "limit", "cursor")
WindowDays = Annotated[
    Literal[7, 30, 90], Parameter(description="The headlines' window, and the length of each line in days.")
]
Limit = Annotated[int, Parameter(ge=1, le=200, description="How many series at most.")]
Cursor = Annotated[str | None, Parameter(description="`meta.next_cursor` of the page before.")]


class Headline(Struct, frozen=True):
    """A figure of the whole company over the window, with the window before and the target: of executive_kpis."""

    definition_id: str
    title: str
    area: str
    unit: str
    better: str
    meaning: str
    value: float | None
    previous_value: float | None
    delta: float | None
    change_ratio: float | None
    n: int
    previous_n: int
    target: float | None
    is_target_met: bool | None
    as_of: date


class MeasuredDay(Struct, frozen=True):
    """A day on which it was measured; others are left out, for they are not 0."""

    day: date
    value: float
    n: int | None


class Kpi(Struct, frozen=True):
    """A series of kpi_daily at its newest measured day, against the one measured before."""

    metric: str
    entity: str
    unit: str
    day: date
    is_day_over: Annotated[bool | None, Meta(description="False: the data end within that day, so a count is partial.")]
    value: float
    n: int | None
    previous_day: date | None
    previous_value: float | None
    delta: float | None
    series: list[MeasuredDay]


class DashboardMetrics(Struct, frozen=True):
    """Headlines of the company, and its series in pages."""

    window_days: int
    headlines: list[Headline]
    metrics: list[Kpi]


class Business(Struct, forbid_unknown_fields=True):
    """Whose KPIs: one of the caller's tenants."""

    business_id: UUID


class EnvelopeWithStatus(Envelope[DashboardMetrics], frozen=True):
    """The answer with the word that this path adds."""

    status: str = "ok"


ANSWER = {200: ResponseSpec(Envelope[DashboardMetrics], generate_examples=False, description="The KPIs.")}
POSTED = {200: ResponseSpec(EnvelopeWithStatus, generate_examples=False, description="The KPIs, with `status`.")}


@get("/dashboard/metrics/{business_id:uuid}", operation_id="ReadDashboardMetrics", tags=["dashboard"],
     parameters=PARAMETERS, responses=ANSWER, summary="The KPIs of a tenant")  # fmt: skip
async def read_metrics(
    services: Services, caller: Caller, business_id: UUID,
    window_days: WindowDays = 30, limit: Limit = 100, cursor: Cursor = None,
) -> ASGIApp:  # fmt: skip
    """Headline figures against the window before and the target; every KPI series: newest day, the one before, a line.

    `business_id` is any tenant of the caller.
    """
    return await metrics(services, await of_tenant(services, caller, business_id), window_days, limit, cursor)


@post("/dashboard/metrics", status_code=200, operation_id="QueryDashboardMetrics", tags=["dashboard"],
      responses=POSTED, summary="The KPIs of a tenant that the body names")  # fmt: skip
async def post_metrics(services: Services, caller: Caller, data: Business) -> ASGIApp:
    """The same as GET /api/v1/dashboard/metrics/{business_id}, with `"status": "ok"` beside it."""
    ready = await metrics(services, await of_tenant(services, caller, data.business_id))
    return Ready(
        ready.body.removesuffix(b"}") + b',"status":"ok"}',
        {"Content-Type": "application/json", "Cache-Control": "no-store"},
    )


async def metrics(
    services: Services, caller: Caller, window_days: int = 30, limit: int = 100, cursor: str | None = None
) -> Ready:
    """The answer as bytes, kept while the marts it reads stand."""

    async def read(database: Any, as_of: datetime | None) -> Page:
        question = paged(services, "kpi_daily", ("metric", "entity"), ("dashboard", window_days), limit, cursor)
        after = question.after(caller) or (None, None)
        headlines = await database.fetch(HEADLINES, window_days)
        rows = await database.fetch(KPIS, window_days, limit + 1, *after, as_of)
        units = {metric: series.unit for metric, series in declared(services.registry).items()}
        shown = [_shown(row, units.get(row["metric"], "")) for row in rows[:limit]]
        found = DashboardMetrics(window_days, [Headline(**dict(row)) for row in headlines], shown)
        last = (shown[-1].metric, shown[-1].entity) if len(rows) > limit else None
        return Page(found, "KPIs", question.next_cursor(caller, last))

    return await Composite("KPIs", MARTS, (window_days, limit, cursor)).answer(services, caller, read)


def _shown(row: Any, unit: str) -> Kpi:
    given = dict(row)
    days = zip(given.pop("days"), given.pop("measured"), given.pop("counts"), strict=True)
    return Kpi(unit=unit, series=[MeasuredDay(*day) for day in days], **given)


ROUTES = [read_metrics, post_metrics]
