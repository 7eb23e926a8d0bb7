"""What the last loads of each connection did, what waits, what is missing, and what the source changed."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import get
from msgspec import Meta, Struct

from api.backfills import Backfill, told
from api.responses import Envelope
from api.responses import Meta as AnswerMeta
from api.security.callers import Caller
from api.services import Services
from pipelines.backfill_progress import UNFINISHED

STATUS = """
select c.connection_id, c.source, c.name, c.is_paused, c.paused_reason, r.resource, r.status, r.started_at,
    r.finished_at, r.row_count, r.attempt, r.error_class, r.error_message, r.http_status, s.last_success_at, s.as_of,
    extract(epoch from now() - s.as_of)::double precision as lag_seconds,
    coalesce(h.failure_count, 0) as failure_count, h.resume_at, coalesce(h.needs_attention, false) as needs_attention,
    q.quarantined_count, k.source_count, k.kept_count, k.measured_at,
    k.kept_count::double precision / nullif(k.source_count, 0) as completeness
from app.connection as c
left join (
    select distinct on (connection_id, resource) *
    from app.sync_run order by connection_id, resource, started_at desc, sync_run_id
) as r on r.connection_id = c.connection_id
left join lateral (
    select max(g.finished_at) as last_success_at, max(g.as_of) as as_of
    from app.sync_run as g
    where g.connection_id = r.connection_id and g.resource = r.resource and g.status = 'succeeded'
) as s on true
left join app.sync_hold as h on h.connection_id = c.connection_id and h.resource = r.resource
left join app.completeness as k on k.connection_id = c.connection_id and k.resource = r.resource
left join lateral (
    select count(*) as quarantined_count
    from app.quarantine as z
    where z.connection_id = c.connection_id and z.resource = r.resource
) as q on true
where c.removed_at is null
order by c.source, c.name, c.connection_id, r.resource
"""
WHOLE = """
select h.connection_id, h.failure_count, h.resume_at, h.needs_attention, h.reason
from app.sync_hold as h
where h.resource = ''
"""
QUOTA = "select connection_id, quota_limit, quota_left, resets_at from app.connection_quota"
DRIFT = """
select connection_id, table_name, field, change, first_seen_at
from app.schema_drift order by connection_id, first_seen_at desc, table_name, field
"""


class Resource(Struct, frozen=True):
    """The last try to load one resource. `next_step` says what to do about an error."""

    resource: str
    status: str
    started_at: datetime
    finished_at: datetime | None
    last_success_at: datetime | None
    as_of: datetime | None
    lag_seconds: Annotated[float | None, Meta(description="Seconds since the instant up to which the source was read.")]
    row_count: int | None
    attempt: int
    error_class: str | None
    error_message: str | None
    next_step: str | None
    http_status: int | None
    failure_count: Annotated[int, Meta(description="Failures of this resource in a row.")]
    resume_at: Annotated[datetime | None, Meta(description="It is not asked before, after failures of its own.")]
    needs_attention: Annotated[bool, Meta(description="Refused three times in a row: it waits until it is resumed.")]
    quarantined_count: Annotated[int, Meta(description="Records that are kept apart, as they do not fit.")]
    completeness: Annotated[
        float | None,
        Meta(description="Share that is kept of what the source had at the last sweep; null: unmeasured."),
    ]
    source_count: int | None
    kept_count: int | None
    measured_at: datetime | None


class Drift(Struct, frozen=True):
    """A field that the source added after the first load, or stopped to send."""

    table: str
    field: str
    change: str
    first_seen_at: datetime


class ConnectionStatus(Struct, frozen=True):
    """One connection. Its status is the worst of its resources; `never` before its first load.

    `needs_attention`: refused three times in a row, not asked until the token is changed or the connection resumed.
    `waiting`: not asked before `resume_at`, as a limit or repeated failures have it. `paused`: by its owner.
    """

    connection_id: UUID
    source: str
    name: str
    status: str
    is_paused: bool
    paused_reason: str | None
    failure_count: Annotated[int, Meta(description="Failures of the whole connection in a row.")]
    resume_at: datetime | None
    waits_for: Annotated[str | None, Meta(description="The error for which it waits or needs attention.")]
    quota_limit: Annotated[int | None, Meta(description="Requests that the tightest limit allows; null: unknown.")]
    quota_left: int | None
    quota_resets_at: datetime | None
    drift: list[Drift]
    resources: list[Resource]
    backfill: Annotated[Backfill | None, Meta(description="What of its past is still to be read; null: nothing.")]


@get("/sync/status", operation_id="ReadSyncStatus", tags=["sync"], summary="The last load of every resource")
async def read_sync_status(services: Services, caller: Caller) -> Envelope[list[ConnectionStatus]]:
    """For each connection and resource: how the last try ended, what waits, what is missing, and what to do."""
    async with services.database.tenant(caller.tenant_id) as connection:
        rows = await connection.fetch(STATUS)
        holds = {row["connection_id"]: row for row in await connection.fetch(WHOLE)}
        quotas = {row["connection_id"]: row for row in await connection.fetch(QUOTA)}
        drift: dict[str, list[Drift]] = {}
        pasts: dict[str, list[Any]] = {}
        for row in await connection.fetch(UNFINISHED):
            pasts.setdefault(row["connection_id"], []).append(row)
        for row in await connection.fetch(DRIFT):
            drift.setdefault(row["connection_id"], []).append(Drift(*list(row)[1:]))
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row["connection_id"], []).append(row)
    listed = [
        _connection(rows, holds.get(key), quotas.get(key), drift.get(key, []), told(pasts.get(key, [])))
        for key, rows in found.items()
    ]
    newest = max((row["as_of"] for row in rows if row["as_of"]), default=None)
    return Envelope(listed, f"{len(listed)} connections", AnswerMeta(as_of=newest))


def _connection(
    rows: list[Any], hold: Any, quota: Any, drift: list[Drift], backfill: Backfill | None
) -> ConnectionStatus:
    first = rows[0]
    resources = [_resource(row) for row in rows if row["resource"] is not None]
    waits = bool(hold) and hold["resume_at"] is not None and hold["resume_at"] > datetime.now(UTC)
    return ConnectionStatus(
        UUID(str(first["connection_id"])),
        first["source"],
        first["name"],
        _status(first["is_paused"], hold, waits, resources),
        first["is_paused"],
        first["paused_reason"],
        hold["failure_count"] if hold else 0,
        hold["resume_at"] if waits else None,
        hold["reason"] if hold and (waits or hold["needs_attention"]) else None,
        quota and quota["quota_limit"],
        quota and quota["quota_left"],
        quota and quota["resets_at"],
        drift,
        resources,
        backfill,
    )


def _status(is_paused: bool, hold: Any, waits: bool, resources: list[Resource]) -> str:
    if hold and hold["needs_attention"]:
        return "needs_attention"
    if is_paused:
        return "paused"
    if waits:
        return "waiting"
    worst = ("failed", "skipped", "running", "succeeded")
    return next((each for each in worst if any(resource.status == each for resource in resources)), "never")


def _resource(row: Any) -> Resource:
    words, _, next_step = (row["error_message"] or "").partition(" Do: ")
    given = {name: row[name] for name in Resource.__struct_fields__ if name not in ("error_message", "next_step")}
    waits = row["resume_at"] is not None and row["resume_at"] > datetime.now(UTC)
    given["resume_at"] = row["resume_at"] if waits else None
    return Resource(**given, error_message=words or None, next_step=next_step or None)


ROUTES = [read_sync_status]
