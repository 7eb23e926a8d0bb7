"""One source, some tenants → raw. Each connection is read, loaded, recorded and fails by itself."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg

from pipelines import removal, stored_connections, tenants, turns
from pipelines.fair_turns import MOST_BEGUN, Places, Turn
from pipelines.holds import WHOLE, Holds
from pipelines.landing.locks import lock_of
from pipelines.landing.sessions import SESSIONS
from pipelines.outcomes import Options, Outcome, scrub
from pipelines.raw_schema import ensure_tables
from pipelines.stored_connections import StoredConnection
from pipelines.sync_error import SyncError
from pipelines.warehouse.connection import Warehouse


def sync(
    warehouse: Warehouse,
    source: str,
    partition_keys: Iterable[str],
    *,
    connection_id: UUID | str | None = None,
    now: datetime | None = None,
    full: bool = False,
    sweep: bool | Collection[str] = False,
    concurrency: int = 4,
    run_id: str | None = None,
) -> Iterator[Outcome]:
    """Load every connection of these tenants to `source`; yield one outcome a connection as each ends.

    `concurrency` connections work at once; one that takes long gives way to those that wait (see `fair_turns`).

    `now` is the clock (default: this machine's). `full` reads the whole history again, `sweep` (for all, or for these
    partition keys) also marks what the source no longer has. A connection that failed is left alone for a while (see
    `holds`), unless it is asked for by its id. Raises UnknownTenant; whatever a connection meets is in its outcome.
    """
    ensure_tables(warehouse, [source])
    removal.finish(warehouse)
    asked_for = None if connection_id is None else UUID(str(connection_id))
    options = Options(_clock(now), full, sweep is True, run_id, asked_for is not None)
    swept = frozenset() if isinstance(sweep, bool) else frozenset(sweep)
    with warehouse.connect("loader") as database:
        found = [tenants.find(warehouse, key, database) for key in partition_keys]
        waiting = [turn for tenant in found for turn in turns.of(warehouse, tenant, source, database)]
    waiting = [turn for turn in waiting if not turn.is_paused_by_its_owner]
    waiting = [turn for turn in waiting if asked_for in (None, turn.stored.connection_id)]
    places = Places(concurrency)
    with SESSIONS, ThreadPoolExecutor(min(max(1, len(waiting)), max(MOST_BEGUN, concurrency))) as pool:
        futures = []
        for turn in sorted(waiting, key=lambda turn: turn.last_seconds):  # the many small ones first
            hold = turn.waits_for(options.clock(), options.is_asked_for)
            if hold is None:
                own = replace(options, sweep=options.sweep or turn.stored.tenant.partition_key in swept)
                futures.append(pool.submit(_sync_one, warehouse, turn.stored, own, Turn(places)))
            else:
                stored = turn.stored
                yield Outcome(stored.tenant.partition_key, stored.connection_id, source, stored.name, held=str(hold))
        for future in as_completed(futures):
            yield future.result()


def _clock(now: datetime | None) -> Callable[[], datetime]:
    """The given instant and the time that has passed since, or this machine's clock."""
    if now is None:
        return lambda: datetime.now(UTC)
    start, begun = now.astimezone(UTC), time.monotonic()
    return lambda: start + timedelta(seconds=time.monotonic() - begun)


def _sync_one(warehouse: Warehouse, stored: StoredConnection, options: Options, turn: Turn) -> Outcome:
    outcome = Outcome(stored.tenant.partition_key, stored.connection_id, stored.source, stored.name)
    begun = time.monotonic()
    try:
        with turn, warehouse.connect("loader", autocommit=True) as database:
            begun = time.monotonic()
            lock = lock_of(stored.connection_id)
            database.execute("select pg_advisory_lock(%s)", [lock])  # a second loader waits; closing releases
            # The journal is not waited for: what a crash of the server takes of it is its end, which the next sync
            # finds unfinished. Packages, which dlt commits by sessions of its own, take all that was before them along.
            database.execute("set synchronous_commit = off")
            same = [one for one in stored_connections.of(warehouse, stored.tenant, stored.source, database)
                    if one.connection_id == stored.connection_id]  # fmt: skip
            if not same:
                outcome.held = "not asked: the connection was removed meanwhile"
                return outcome
            (stored,) = same  # its scope may be another by now
            if stored.fault:
                unfit = SyncError("configuration", f"this connection's settings fit no more: {stored.fault}")
                Holds(database, stored.tenant.tenant_id, stored.connection_id, options.clock).failed(WHOLE, unfit)
                raise unfit
            from pipelines.loading import Loading  # dlt: a second to import

            Loading(warehouse, stored, database, options, outcome, turn).run()
            database.execute(
                "update app.connection set last_load_seconds = %s where tenant_id = %s and connection_id = %s",
                [time.monotonic() - begun, stored.tenant.tenant_id, stored.connection_id],
            )
    except SyncError as error:
        outcome.error = error.scrubbed(stored.secrets)
    except psycopg.OperationalError as error:
        outcome.error = SyncError("unavailable", f"the warehouse went away: {type(error).__name__}")
    except Exception as error:  # one connection's failure is its own, even where the fault is ours
        outcome.error = SyncError("internal", scrub(stored, f"{type(error).__name__}: {error}"))
    outcome.seconds = time.monotonic() - begun
    return outcome
