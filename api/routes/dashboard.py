"""The dashboard of one tenant: sums over marts that are shaped for it, in one transaction."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import get
from litestar.openapi.datastructures import ResponseSpec
from litestar.types import ASGIApp
from msgspec import Meta, Struct

from api.composite import Composite, Page
from api.errors import not_found
from api.responses import Envelope
from api.security.callers import Caller
from api.services import Services

MARTS = ("issues", "issue_flow_daily", "severity_daily", "sync_health")
TREND_DAYS = 30

ISSUES = """
select count(*) as total_count, count(*) filter (where status = 'open') as open_count,
    count(*) filter (where status = 'resolved') as resolved_count
from marts.issues
"""
SEVERITY = """
select severity, open_count, issue_count from (
    select severity, sum(open_count) filter (where day = newest)::bigint as open_count,
        sum(issue_count) filter (where day > newest - $1::int)::bigint as issue_count
    from (select *, max(day) over (partition by source) as newest from marts.severity_daily) as days
    group by severity
) as by_severity
order by severity desc
"""
TREND = """
select day, sum(created_count)::bigint as created_count, sum(resolved_count)::bigint as resolved_count,
    sum(open_count)::bigint as open_count
from marts.issue_flow_daily
where day > (select max(day) from marts.issue_flow_daily) - $1::int
group by day order by day
"""
SOURCES = """
select i.source, i.open_count, i.total_count, coalesce(f.created_count, 0) as created_count,
    coalesce(f.resolved_count, 0) as resolved_count
from (
    select source, count(*) as total_count, count(*) filter (where status = 'open') as open_count
    from marts.issues group by source
) as i
left join (
    select source, sum(created_count)::bigint as created_count, sum(resolved_count)::bigint as resolved_count
    from marts.issue_flow_daily
    where day > (select max(day) from marts.issue_flow_daily) - $1::int
    group by source
) as f on f.source = i.source
order by i.source
"""
SYNC = """
select source, max(last_success_at) as last_success_at, min(success_rate) as success_rate,
    max(lag_seconds) as lag_seconds
from marts.sync_health group by source order by source
"""

Window = Annotated[int, Meta(description=f"Of the last {TREND_DAYS} days.")]


class IssueCounts(Struct, frozen=True):
    """All issues, by status."""

    total_count: int
    open_count: int
    resolved_count: int


class SeverityCount(Struct, frozen=True):
    """Issues of one severity, 5 the worst: open now, and created lately."""

    severity: int
    open_count: int | None
    issue_count: Annotated[int | None, Meta(description=f"Created in the last {TREND_DAYS} days.")]


class TrendDay(Struct, frozen=True):
    """One day in the tenant's time zone; `open_count` at its end."""

    day: date
    created_count: int
    resolved_count: int
    open_count: int


class SourceCount(Struct, frozen=True):
    """One system against the others."""

    source: str
    open_count: int
    total_count: int
    created_count: Window
    resolved_count: Window


class Velocity(Struct, frozen=True):
    """Created against resolved. The ratio is null where nothing was created."""

    created_count: Window
    resolved_count: Window
    resolved_per_created: float | None


class SyncHealth(Struct, frozen=True):
    """How well a source is read: its worst resource."""

    source: str
    last_success_at: datetime | None
    success_rate: float | None
    lag_seconds: float | None


class Dashboard(Struct, frozen=True):
    """Everything that the first screen shows."""

    issues: IssueCounts
    severity: list[SeverityCount]
    trend: list[TrendDay]
    sources: list[SourceCount]
    velocity: Velocity
    sync: list[SyncHealth]
    as_of: datetime | None


ANSWER = {200: ResponseSpec(Envelope[Dashboard], generate_examples=False, description="The dashboard.")}


@get("/dashboard", operation_id="ReadDashboard", tags=["dashboard"], summary="Issues at a glance", responses=ANSWER)
async def read_dashboard(services: Services, caller: Caller) -> ASGIApp:
    """Issue counts, severities, a 30-day trend, sources compared, created against resolved, and sync health."""
    return await dashboard(services, caller)


async def of_tenant(services: Services, caller: Caller, tenant_id: UUID) -> Caller:
    """The caller in a tenant that a path names. Raises ApiError 404 where it is none of theirs, or does not exist."""
    if tenant_id == caller.tenant_id:
        return caller
    if caller.user_id is not None:
        async with services.database.tenant(tenant_id) as connection:
            known = "select role from guard.my_tenants($1) where tenant_id = $2"
            role = await connection.fetchval(known, str(caller.user_id), str(tenant_id))
        if role is not None:
            return Caller(tenant_id, role, caller.user_id, caller.session_id)
    raise not_found("There is no such tenant.")


async def dashboard(services: Services, caller: Caller) -> ASGIApp:
    """The answer as bytes, kept while the marts it reads stand."""
    return await Composite("dashboard", MARTS).answer(services, caller, _read)


async def _read(connection: Any, as_of: datetime | None) -> Page:
    issues = await connection.fetchrow(ISSUES)
    severity = await connection.fetch(SEVERITY, TREND_DAYS)
    trend = await connection.fetch(TREND, TREND_DAYS)
    sources = await connection.fetch(SOURCES, TREND_DAYS)
    sync = await connection.fetch(SYNC)
    days = [TrendDay(**dict(row)) for row in trend]
    created, resolved = sum(day.created_count for day in days), sum(day.resolved_count for day in days)
    found = Dashboard(
        issues=IssueCounts(**dict(issues)),
        severity=[SeverityCount(**dict(row)) for row in severity],
        trend=days,
        sources=[SourceCount(**dict(row)) for row in sources],
        velocity=Velocity(created, resolved, resolved / created if created else None),
        sync=[SyncHealth(**dict(row)) for row in sync],
        as_of=as_of,
    )
    return Page(found, "Dashboard")


ROUTES = [read_dashboard]
