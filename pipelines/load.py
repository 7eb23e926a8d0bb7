"""One source, some tenants → raw. Each connection is read, loaded, recorded and fails by itself."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from types import ModuleType
from uuid import UUID

import psycopg

from pipelines import removal, stored_connections, tenants, turns
from pipelines.fair_turns import MOST_BEGUN, Places, Turn
from pipelines.landing_sessions import SESSIONS
from pipelines.raw_tables import RAW, TABLES, create_statements
from pipelines.removal import lock_of
from pipelines.stored_connections import StoredConnection
from pipelines.sync_error import SyncError
from pipelines.warehouse.connection import Warehouse

__all__ = ["TABLES", "Outcome", "SyncError", "ensure_tables", "sync"]
PACKAGE_ROWS = 50_000  # a long history is committed in packages of this size
SCHEMA_LOCK = 7_036_875_101


@dataclass
class Outcome:
    """How the sync of one connection ended. `rows`: what was new or differed, by table, and is committed."""

    tenant: str  # partition key
    connection_id: UUID
    source: str
    name: str = ""
    rows: dict[str, int] = field(default_factory=dict)
    error: SyncError | None = None  # of the first resource that failed; the others may have succeeded
    failed: tuple[str, ...] = ()  # resources
    seconds: float = 0.0
    held: str = ""  # why it was not tried: it waits for a limit, after failures, or for somebody's attention
    waiting: dict[str, str] = field(default_factory=dict)  # resources that were not tried, and why
    quarantined: int = 0  # records that did not fit

    @property
    def left_alone(self) -> list[str]:
        """What was not tried, and why."""
        return [self.held] if self.held else [f"{resource} {why}" for resource, why in self.waiting.items()]


def ensure_tables(warehouse: Warehouse, sources: Iterable[str] = tuple(RAW)) -> None:
    """Make the raw tables of every source, used or not, so that the models can always read them."""
    with warehouse.connect("loader") as database:
        database.execute("select pg_advisory_xact_lock(%s)", [SCHEMA_LOCK])  # CREATE IF NOT EXISTS races with itself
        for source in sources:
            for statement in create_statements(source):
                database.execute(statement)


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


@dataclass(frozen=True)
class Options:
    """What one call of `sync` asks of all its connections."""

    clock: Callable[[], datetime]
    full: bool
    sweep: bool
    run_id: str | None
    is_asked_for: bool  # by the connection's id: what is on hold is tried too


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
            from pipelines.loading import Loading  # dlt: a second to import

            Loading(warehouse, stored, database, options, outcome, turn).run()
            database.execute(
                "update app.connection set last_load_seconds = %s where tenant_id = %s and connection_id = %s",
                [time.monotonic() - begun, stored.tenant.tenant_id, stored.connection_id],
            )
    except SyncError as error:
        outcome.error = error
    except psycopg.OperationalError as error:
        outcome.error = SyncError("unavailable", f"the warehouse went away: {type(error).__name__}")
    except Exception as error:  # one connection's failure is its own, even where the fault is ours
        outcome.error = SyncError("internal", scrub(stored, f"{type(error).__name__}: {error}"))
    outcome.seconds = time.monotonic() - begun
    return outcome


def scrub(stored: StoredConnection, text: str) -> str:
    """`text` without the connection's secrets, at most 500 characters."""
    for secret in stored.secrets:
        text = text.replace(str.__str__(secret), "***")
    return text[:500]


def unexpected(stored: StoredConnection, what: str, error: BaseException) -> SyncError:
    """What came has another shape than its reader knows: `error` is one of UNEXPECTED."""
    return SyncError("unparsable", scrub(stored, f"{what} has an unexpected shape ({type(error).__name__}: {error})"))


def module_of(source: str) -> ModuleType:
    """The module that reads a source: RESOURCES, client(), perhaps LIMITS."""
    return import_module(f"pipelines.sources.{source}")
