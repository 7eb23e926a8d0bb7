"""Which tenants' data are old or do not come, why, and what to do; and which fields their sources changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from psycopg.rows import dict_row

from pipelines import backfill_progress, holds, schedules
from pipelines.warehouse.connection import Warehouse

# Three missed runs of the source's schedule.
OLDEST = {
    "github": timedelta(minutes=45),
    "jira": timedelta(minutes=45),
    "hubspot": timedelta(minutes=45),
    "zendesk": timedelta(minutes=45),
    "gdelt": timedelta(hours=3),
    "open_meteo": timedelta(hours=18),
    "exchange_rates": timedelta(days=3),
    "geonames": timedelta(days=30),  # places do not move
    "git": timedelta(minutes=45),
}
CURES = {
    "credentials": "Enter the credentials again.",
    "permission": "Give the token the rights it lacks.",
    "not_found": "Check the address and the names in the connection.",
    "rate_limited": "Wait: the source limits its calls.",
    "unavailable": "Wait, or check the source's address.",
    "timeout": "Wait, or check the network.",
    "unparsable": "Check that the address is the API's.",
    "configuration": "Correct the connection's settings.",
}
CONNECTIONS = """
select
    tenant.partition_key,
    tenant.slug,
    connection.connection_id,
    connection.is_paused,
    connection.paused_reason,
    run.*
from app.connection as connection
inner join app.tenant as tenant using (tenant_id)
left join lateral (
    select
        max(run.finished_at) filter (where run.status = 'succeeded') as last_success_at,
        (array_agg(run.error_message order by run.started_at desc)
            filter (where run.status = 'failed'))[1] as error_message,
        (array_agg(run.error_class order by run.started_at desc)
            filter (where run.status = 'failed'))[1] as error_class,
        (array_agg(run.http_status order by run.started_at desc)
            filter (where run.status = 'failed'))[1] as http_status,
        (array_agg(run.status order by run.started_at desc)
            filter (where run.status in ('succeeded', 'failed')))[1] as last_status
    from app.sync_run as run
    where run.tenant_id = connection.tenant_id and run.connection_id = connection.connection_id
) as run on true
where connection.source = %(source)s
    and connection.removed_at is null
    and coalesce(connection.paused_reason, '') not like 'replayed%%'
    and connection.paused_reason is distinct from 'paused by its owner'
order by tenant.slug, connection.name
"""
# Of the whole connection (its resource is '') or of a resource while the others load.
HOLDS = """
select hold.connection_id, hold.resource, hold.error_class, hold.reason, hold.needs_attention, hold.resume_at,
    run.http_status, run.last_success_at
from app.sync_hold as hold
inner join app.connection as connection using (tenant_id, connection_id)
left join lateral (
    select
        (array_agg(run.http_status order by run.started_at desc)
            filter (where run.error_class = hold.error_class))[1] as http_status,
        max(run.finished_at) filter (where run.status = 'succeeded') as last_success_at
    from app.sync_run as run
    where run.tenant_id = hold.tenant_id and run.connection_id = hold.connection_id
        and hold.resource in ('', run.resource)
) as run on true
where connection.source = %(source)s
order by hold.needs_attention desc, hold.resource
"""
DRIFT = """
select drift.table_name, tenant.slug, drift.first_seen_at, drift.field, drift.change
from app.schema_drift as drift
inner join app.connection as connection using (tenant_id, connection_id)
inner join app.tenant as tenant using (tenant_id)
where connection.source = %(source)s and drift.first_seen_at > now() - interval '30 days'
order by drift.table_name, drift.first_seen_at desc, tenant.slug, drift.field
"""


@dataclass(frozen=True)
class Stale:
    """A tenant whose data of one source are old, or one thing for which they do not come."""

    tenant: str
    since: datetime | None  # the last success; None: never
    sort: str  # such as `401 credentials`, or `deployments: 403 permission` where the others load
    error: str  # in words
    cure: str


@dataclass(frozen=True)
class Drift:
    """A field that a tenant's records of a table have since that instant, or have no more."""

    tenant: str
    since: datetime
    field: str
    change: str


class Unread(NamedTuple):
    """A connection whose first sync still has a past to read."""

    tenant: str
    connection: str
    words: str  # how far it is


def stale_tenants(warehouse: Warehouse, source: str, now: datetime | None = None) -> list[Stale]:
    """The tenants whose last try failed, who wait, or whose last success is older than three runs of the schedule.

    A connection on hold has an entry for each thing that holds it.
    """
    now = now or datetime.now(UTC)
    with warehouse.connect("loader") as connection:
        cursor = connection.cursor(row_factory=dict_row)
        rows = cursor.execute(CONNECTIONS, {"source": source}).fetchall()
        held = cursor.execute(HOLDS, {"source": source}).fetchall()
        own = {each.partition_key: each for each in schedules.own(connection) if each.source == source}
    found: list[Stale] = []
    for row in rows:
        oldest = _third_last(own[row["partition_key"]], now) if row["partition_key"] in own else now - OLDEST[source]
        of_this = [one for one in held if one["connection_id"] == row["connection_id"]]
        found += _on_hold(row, of_this, now) if of_this else _failed_or_old(row, oldest)
    return found


def _on_hold(row: dict[str, Any], held: list[dict[str, Any]], now: datetime) -> Iterator[Stale]:
    for hold in held:
        sort = " ".join(filter(None, [str(hold["http_status"] or ""), hold["error_class"]]))
        part = hold["resource"] != holds.WHOLE
        why = row["paused_reason"] if row["is_paused"] and not part else hold["reason"]
        cure = _cure(row["is_paused"] or hold["needs_attention"], hold["error_class"], hold["resume_at"], now)
        yield Stale(
            row["slug"], hold["last_success_at"], f"{hold['resource']}: {sort}" if part else sort, why or sort, cure
        )


def _failed_or_old(row: dict[str, Any], oldest: datetime) -> Iterator[Stale]:
    since = row["last_success_at"]
    if row["is_paused"] or row["last_status"] == "failed":
        sort = " ".join(filter(None, [str(row["http_status"] or ""), row["error_class"]]))
        why = row["paused_reason"] or row["error_message"] or sort
        yield Stale(row["slug"], since, sort, why, _cure(row["is_paused"], row["error_class"]))
    elif since is None or since < oldest:
        yield Stale(row["slug"], since, "not run since", "no run since", _cure(False, None))


def _third_last(own: schedules.Schedule, now: datetime) -> datetime:
    """The third last time at which a tenant's own schedule was due."""
    for _ in range(3):
        now = own.last_due(now - timedelta(seconds=1))
    return now


def drifts(warehouse: Warehouse, source: str) -> dict[str, list[Drift]]:
    """By table, whose records have fields that came after the first load, or have them no more: news of a month."""
    with warehouse.connect("loader") as connection:
        rows = connection.execute(DRIFT, {"source": source}).fetchall()
    found: dict[str, list[Drift]] = {}
    for table, slug, since, field, change in rows:
        found.setdefault(table, []).append(Drift(slug, since, field, change))
    return found


def unread(warehouse: Warehouse, source: str) -> list[Unread]:
    """Whose first sync still has a past to read, and how far it is."""
    with warehouse.connect("loader") as connection:
        found = backfill_progress.unfinished(connection, source)
    return [Unread(slug, name, left.words) for (slug, _, name), left in found.items()]


def _cure(
    needs_somebody: bool, error_class: str | None, resume_at: datetime | None = None, now: datetime | None = None
) -> str:
    if needs_somebody and error_class == "permission":
        return "Give the token the rights it lacks, then: clearsignal connection resume."
    if needs_somebody:
        return "Enter the credentials again: the connection needs attention."
    if resume_at is not None and now is not None and resume_at > now:
        return f"Wait: it goes on by itself at {resume_at.astimezone(UTC):%d %b %H:%M} UTC."
    return CURES.get(error_class or "", "See the run's log.")
