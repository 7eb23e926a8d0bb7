"""Stored webhook events, applied: in micro-batches, each connection by itself, nothing lost and nothing twice.

A batch is taken under the lock that a sync holds, loaded, and only then marked as applied. Whoever is killed in
between leaves events that say `applying`; they are taken again, and since an event only ever leads to the newest state
that does no harm.
"""

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

import psycopg

from pipelines import stored_connections, tenants
from pipelines.landing.locks import lock_of
from pipelines.outcomes import scrub
from pipelines.stored_connections import StoredConnection
from pipelines.sync_error import SyncError
from pipelines.warehouse.connection import Warehouse

if TYPE_CHECKING:
    from pipelines.webhooks.loading import Applying, Event, Verdict

BATCH_EVENTS, BATCH_BYTES = 500, 20_000_000
MOST_ATTEMPTS = 12  # with the waits below: parked after almost two hours
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 5, 1800
KEPT_DAYS = 30  # so long a repeat is known as one

WAITING = """
select e.tenant_id, e.connection_id
from app.webhook_event as e
inner join app.connection as c using (tenant_id, connection_id)
where e.status in ('pending', 'applying') and e.next_try_at <= now() and not c.is_paused
group by e.tenant_id, e.connection_id
order by min(e.sequence)
"""
LEFT = """
select exists (
    select from app.webhook_event where tenant_id = %s and connection_id = %s and status = 'applying'
)
"""
TAKE = """
with due as (
    select delivery_id, position, sequence, octet_length(body) as size
    from app.webhook_event
    where tenant_id = %(tenant)s and connection_id = %(connection)s
        and status in ('pending', 'applying') and next_try_at <= now()
    order by sequence
    limit %(events)s
),

taken as (
    select delivery_id, position, sum(size) over (order by sequence) - size as before from due
)

update app.webhook_event as e set status = 'applying'
from taken
where e.tenant_id = %(tenant)s and e.connection_id = %(connection)s
    and e.delivery_id = taken.delivery_id and e.position = taken.position and taken.before < %(bytes)s
returning e.sequence, e.event, e.body, e.attempts
"""
CLOSE = """
update app.webhook_event
set status = %(status)s, error = %(error)s, attempts = attempts + 1,
    next_try_at = now() + make_interval(secs => %(wait)s),
    finished_at = case when %(status)s = 'pending' then null else now() end
where tenant_id = %(tenant)s and connection_id = %(connection)s and sequence = %(sequence)s and status = 'applying'
"""
REPLAY = """
update app.webhook_event
set status = 'pending', attempts = 0, next_try_at = now(), finished_at = null
where status = 'parked' and tenant_id = %(tenant)s
    and (%(connection)s::uuid is null or connection_id = %(connection)s)
    and (%(delivery)s::text is null or delivery_id = %(delivery)s)
"""
FORGET = """
delete from app.webhook_event
where received_at < now() - make_interval(days => %s) and status in ('applied', 'ignored')
"""
Key = tuple[UUID, UUID]  # tenant, connection


class Applied(NamedTuple):
    """What became of one micro-batch: how many events by status, and how many requests to the source it took."""

    tenant: str
    source: str
    counts: Counter[str]
    requests: int


def waiting(warehouse: Warehouse) -> list[Key]:
    """Connections with events that are due, the longest wait first."""
    with warehouse.connect("loader") as database:
        return database.execute(WAITING).fetchall()


def apply(warehouse: Warehouse, tenant_id: UUID, connection_id: UUID) -> Applied | None:
    """Apply one micro-batch of a connection. None where it is being loaded just now, or has nothing that is due."""
    tenant = tenants.find(warehouse, str(tenant_id))
    stored = next((one for one in stored_connections.of(warehouse, tenant) if one.connection_id == connection_id), None)
    if stored is None or stored.is_paused:
        return None
    with warehouse.connect("loader", autocommit=True) as database:
        row = database.execute("select pg_try_advisory_lock(%s)", [lock_of(connection_id)]).fetchone()
        if not row or not row[0]:  # a sync may take an hour, and others wait for their turn meanwhile
            return None
        return Batch(warehouse, stored, database).run()  # closing the connection releases the lock


def replay(
    warehouse: Warehouse, tenant_id: UUID, connection_id: UUID | None = None, delivery_id: str | None = None
) -> int:
    """Let parked events be tried again; how many."""
    with warehouse.connect("loader") as database:
        given = {"tenant": tenant_id, "connection": connection_id, "delivery": delivery_id}
        return database.execute(REPLAY, given).rowcount


def forget(warehouse: Warehouse, days: int = KEPT_DAYS) -> int:
    """Delete what was applied so long ago; how many. What is parked stays."""
    with warehouse.connect("loader") as database:
        return database.execute(FORGET, [days]).rowcount


class Batch:
    """The events of one connection that are due, under its lock."""

    def __init__(self, warehouse: Warehouse, stored: StoredConnection, database: psycopg.Connection) -> None:
        self._warehouse, self._stored, self._database = warehouse, stored, database
        self._owner = {"tenant": stored.tenant.tenant_id, "connection": stored.connection_id}
        self._counts: Counter[str] = Counter()
        self._requests = 0

    def run(self) -> Applied | None:
        """Take, load, mark. Raises OperationalError where the warehouse goes away: the events stay taken."""
        was_killed = self._database.execute(LEFT, list(self._owner.values())).fetchone() == (True,)
        limits = {"events": BATCH_EVENTS, "bytes": BATCH_BYTES}
        taken = self._database.execute(TAKE, {**self._owner, **limits}).fetchall()
        if not taken:
            return None
        from pipelines.webhooks.loading import Event  # dlt: a second to import

        if was_killed:
            self._applying().recover()
        self._apply(sorted(Event(*row) for row in taken))
        return Applied(self._stored.tenant.partition_key, self._stored.source, self._counts, self._requests)

    def _applying(self) -> "Applying":
        from pipelines.webhooks.loading import Applying

        return Applying(self._warehouse, self._stored, self._database, lambda: datetime.now(UTC))

    def _apply(self, events: "list[Event]") -> None:
        """Apply them together; where that cannot be committed, in halves, so that one event holds up nobody else."""
        from pipelines.packages import NotCommitted
        from pipelines.webhooks.loading import Verdict

        applying = self._applying()
        try:
            verdicts = applying.apply(events)
        except psycopg.OperationalError:
            raise
        except Exception as error:  # ours, or a value that only the database refuses
            if len(events) > 1:
                middle = len(events) // 2
                self._apply(events[:middle])
                self._apply(events[middle:])
                return
            failure = error.args[0] if isinstance(error, NotCommitted) else None
            failure = failure or SyncError("internal", scrub(self._stored, f"{type(error).__name__}: {error}"))
            verdicts = {events[0].sequence: Verdict("pending", failure)}
        finally:
            self._requests += applying.requests
        self._close(events, verdicts)

    def _close(self, events: "list[Event]", verdicts: "dict[int, Verdict]") -> None:
        rows = []
        for event in events:
            verdict = verdicts[event.sequence]
            error, status = verdict.error, verdict.status
            if status == "pending" and event.attempts + 1 >= MOST_ATTEMPTS:
                status = "parked"
            self._counts[status] += 1
            wait = 0.0 if error is None else wait_seconds(event.attempts, error)
            told = None if error is None else str(error.scrubbed(self._stored.secrets))[:1000]
            rows.append({**self._owner, "sequence": event.sequence, "status": status, "error": told, "wait": wait})
        with self._database.transaction(), self._database.cursor() as cursor:
            cursor.executemany(CLOSE, rows)


def wait_seconds(attempts: int, error: SyncError) -> float:
    """Until the next try: as long as the source asked for, else twice as long each time."""
    if error.retry_after is not None:
        return max(1.0, error.retry_after)
    return float(min(FIRST_WAIT_SECONDS * 2**attempts, LONGEST_WAIT_SECONDS))
