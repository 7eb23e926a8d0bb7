"""Which tenants' data are old, why, and what to do: the check on every raw table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import dagster as dg

from orchestration.shown import markdown
from pipelines import backfill_progress, schedules
from pipelines.warehouse.connection import Warehouse

CHECK = "every_tenant_is_fresh"
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
MAX_ROWS = 20
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
Row = tuple[str, str, str, str]  # tenant, since, what, what to do
DRIFT = """
select drift.table_name, tenant.slug, drift.first_seen_at, drift.field, drift.change
from app.schema_drift as drift
inner join app.connection as connection using (tenant_id, connection_id)
inner join app.tenant as tenant using (tenant_id)
where connection.source = %(source)s and drift.first_seen_at > now() - interval '30 days'
order by drift.table_name, drift.first_seen_at desc, tenant.slug, drift.field
"""
LAST_RUNS = """
select
    tenant.partition_key,
    tenant.slug,
    connection.name,
    connection.is_paused,
    max(run.finished_at) filter (where run.status = 'succeeded') as last_success_at,
    (array_agg(run.error_message order by run.started_at desc)
        filter (where run.status = 'failed'))[1] as last_error,
    (array_agg(run.error_class order by run.started_at desc)
        filter (where run.status = 'failed'))[1] as last_error_class,
    (array_agg(run.http_status order by run.started_at desc)
        filter (where run.status = 'failed'))[1] as last_http_status,
    (array_agg(run.status order by run.started_at desc)
        filter (where run.status in ('succeeded', 'failed')))[1] as last_status,
    connection.paused_reason,
    max(hold.error_class) as hold_class,
    max(hold.reason) as hold_reason,
    bool_or(hold.needs_attention) as needs_attention,
    max(hold.resume_at) as resume_at
from app.connection as connection
inner join app.tenant as tenant using (tenant_id)
left join app.sync_run as run using (tenant_id, connection_id)
left join lateral (
    -- The worst one: of the whole connection, or of a resource while the others load.
    select each.error_class, each.reason, each.needs_attention, each.resume_at
    from app.sync_hold as each
    where each.tenant_id = connection.tenant_id and each.connection_id = connection.connection_id
    order by each.needs_attention desc, each.resource
    limit 1
) as hold on true
where connection.source = %(source)s
    and connection.removed_at is null
    and coalesce(connection.paused_reason, '') not like 'replayed%%'
    and connection.paused_reason is distinct from 'paused by its owner'
group by tenant.partition_key, tenant.slug, connection.name, connection.is_paused, connection.paused_reason,
    connection.connection_id
order by tenant.slug, connection.name
"""


@dataclass(frozen=True)
class Stale:
    """A tenant whose data of one source are old."""

    tenant: str
    since: datetime | None  # the last success; None: never
    sort: str  # such as `401 credentials`
    error: str  # in words
    cure: str


def stale_tenants(warehouse: Warehouse, source: str, now: datetime | None = None) -> list[Stale]:
    """The tenants whose last try failed, who wait, or whose last success is older than three runs of the schedule."""
    now = now or datetime.now(UTC)
    with warehouse.connect("loader") as connection:
        rows = connection.execute(LAST_RUNS, {"source": source}).fetchall()
        own = {each.partition_key: each for each in schedules.own(connection) if each.source == source}
    found = []
    for (key, slug, _, is_paused, since, error, error_class, http_status, last_status, paused_reason,
         hold_class, hold_reason, needs_attention, resume_at) in rows:  # fmt: skip
        is_old = since is None or since < (_third_last(own[key], now) if key in own else now - OLDEST[source])
        has_failed = is_paused or last_status == "failed" or hold_class is not None
        if has_failed or is_old:
            sort = " ".join(filter(None, [str(http_status or ""), hold_class or error_class]))
            why = (paused_reason or hold_reason or error or sort) if has_failed else "no run since"
            cure = _cure(is_paused or bool(needs_attention), hold_class or error_class, resume_at, now)
            found.append(Stale(slug, since, sort if has_failed else "not run since", why, cure))
    return found


def _third_last(own: schedules.Schedule, now: datetime) -> datetime:
    """The third last time at which a tenant's own schedule was due."""
    for _ in range(3):
        now = own.last_due(now - timedelta(seconds=1))
    return now


def drifts(warehouse: Warehouse, source: str) -> dict[str, list[Row]]:
    """By table, whose records have fields that came after the first load, or have them no more: news of a month."""
    with warehouse.connect("loader") as connection:
        rows = connection.execute(DRIFT, {"source": source}).fetchall()
    found: dict[str, list[Row]] = {}
    for table, slug, since, field, change in rows:
        words = "Nothing, unless you need it." if change == "added" else "See whether a figure needs it."
        found.setdefault(table, []).append((slug, _when(since), f"{field} {change}", words))
    return found


def unread(warehouse: Warehouse, source: str) -> list[Row]:
    """Whose first sync still has a past to read, and how far it is."""
    with warehouse.connect("loader") as connection:
        found = backfill_progress.unfinished(connection, source)
    return [(slug, name, left.words, "Nothing: the next sync goes on.") for (slug, _, name), left in found.items()]


def freshness(
    table: str, source: str, stale: list[Stale], drift: Sequence[Row] = (), unread: Sequence[Row] = ()
) -> dg.AssetCheckResult:
    """The check's result on one table. It warns: one tenant's failure is no failure of the others.

    Fields that came or went, and pasts that are still unread, are shown beside it; they make nobody's data old.
    """
    metadata: dict[str, dg.MetadataValue] = {"stale tenants": dg.MetadataValue.int(len(stale))}
    if stale:
        rows = [(each.tenant, _when(each.since), each.sort, each.cure) for each in stale[:MAX_ROWS]]
        metadata["who and why"] = dg.MetadataValue.md(_table(rows))
    if drift:
        metadata["fields that came or went"] = dg.MetadataValue.md(_table(list(drift[:MAX_ROWS])))
    if unread:
        head = ("tenant", "connection", "how far", "what to do")
        metadata["first syncs under way"] = dg.MetadataValue.md(_table(list(unread[:MAX_ROWS]), head))
    return dg.AssetCheckResult(
        asset_key=dg.AssetKey([f"raw_{source}", table]),
        check_name=CHECK,
        passed=not stale,
        severity=dg.AssetCheckSeverity.WARN,
        metadata=metadata,
        description=f"Not fresh: {', '.join(each.tenant for each in stale[:5])}." if stale else None,
    )


def spec(source: str, table: str) -> dg.AssetCheckSpec:
    """The check's declaration."""
    return dg.AssetCheckSpec(
        CHECK, asset=dg.AssetKey([f"raw_{source}", table]), description="Names the tenants whose data are old, and why."
    )


def _table(rows: list[Row], head: Row = ("tenant", "since", "error", "what to do")) -> str:
    text = markdown(list(head), rows, width=64)
    return text if len(text) < 1000 else "\n".join(text[:980].splitlines()[:-1]) + "\n\n…"  # longer is a click away


def _when(instant: datetime | None) -> str:
    return f"{instant:%d %b %H:%M}" if instant else "never"


def _cure(is_paused: bool, error_class: str | None, resume_at: datetime | None, now: datetime) -> str:
    if is_paused and error_class == "permission":
        return "Give the token the rights it lacks, then: clearsignal connection resume."
    if is_paused:
        return "Enter the credentials again: the connection needs attention."
    if resume_at is not None and resume_at > now:
        return f"Wait: it goes on by itself at {resume_at:%d %b %H:%M} UTC."
    return CURES.get(error_class or "", "See the run's log.")
