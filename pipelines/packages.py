"""What a connection tells → packages in the warehouse, and the record of each."""

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from typing import Any

import psycopg

from pipelines import orphans, renames, sweep
from pipelines.backfill import Backfill, Taken
from pipelines.holds import Holds
from pipelines.landing.locks import await_commits
from pipelines.landing.pipeline import Batch, Landing
from pipelines.outcomes import Options, Outcome, scrub
from pipelines.quarantine import Quarantine
from pipelines.raw_tables import RAW
from pipelines.schema_drift import Fields
from pipelines.sources.reading import Gone, Reached, Rows
from pipelines.stored_connections import StoredConnection
from pipelines.sync_error import SyncError
from pipelines.sync_runs import Journal
from pipelines.warehouse.connection import Warehouse

PACKAGE_SECONDS = 60.0  # of reading: so much is lost at most when a sync is killed
PACKAGE_ROWS = 50_000  # a long history is committed in packages of this size


class NotCommitted(Exception):
    """The warehouse did not take a package. `args[0]` is the SyncError that tells why."""


class Packages:
    """Those of one run. The caller holds the connection's lock on `database`.

    With `names_tables` each record says which tables its package changed: their marts need not wait for a whole build.
    """

    def __init__(
        self, warehouse: Warehouse, stored: StoredConnection, database: psycopg.Connection,
        options: Options, outcome: Outcome, names_tables: bool = False,
    ) -> None:  # fmt: skip
        self._stored, self._database = stored, database
        self._clock, self._outcome, self._names_tables = options.clock, outcome, names_tables
        self._raw = RAW[stored.source]
        outcome.rows = dict.fromkeys(self._raw, 0)
        self._owner = (stored.tenant.tenant_id, stored.connection_id)
        self.holds = Holds(database, *self._owner, options.clock)
        self.quarantine = Quarantine(database, stored.source, *self._owner, stored.secrets, options.clock)
        self.fields = Fields(database, *self._owner, options.clock)
        self.backfill = Backfill(database, stored, options.clock)
        self.journal = Journal(
            database, *self._owner, stored.source, options.clock, options.run_id, self.quarantine.counts
        )  # fmt: skip
        self.landing = Landing(warehouse, stored.source, *self._owner)
        self.batch = Batch(stored.source)
        self._gone: list[Gone] = []  # told since the last commit
        self._tables: dict[str, set[str]] = defaultdict(set)  # resource → tables that it has rows for
        self._committed = time.monotonic()
        self._cursors: dict[str, str] | None = None  # of all that was handed over; None: nobody has asked yet
        self._under_way: Callable[[], None] | None = None  # records what was handed over, once it is loaded
        self._loading: Future[str] | None = None

    def take_over(self) -> None:
        """Finish and record what a process left that was killed: first of all what the server still does for it."""
        await_commits(self._database, self._stored.source, self._stored.connection_id)
        self.finish_pending()
        self.journal.recover()

    def finish_pending(self) -> None:
        """A package that somebody left half loaded goes first: dlt would load it instead of ours."""
        for load_id in self.landing.finish_pending():
            self._count(load_id, self._raw, names_tables=False)

    def keep(self, resource: str, item: Rows | Reached | Gone) -> None:
        """Take what a resource told into the next package. Raises SyncError where most of its records are broken."""
        if isinstance(item, Rows):
            rows = list(item.rows)
            self.add(resource, item.table, rows)
            self.fields.saw(item.table, rows)
            self._tables[resource].add(item.table)
            self.backfill.took(resource, item)
        elif isinstance(item, Gone):
            self.lose(item)
        elif not self.quarantine.doubts(resource):
            self.reach(item)
            self.backfill.took(resource, item)

    def add(self, resource: str, table: str, rows: list[dict[str, Any]]) -> None:
        """Rows for the next package; those that are broken are set apart."""
        self.quarantine.take(resource, table, self.batch.add(table, rows), len(rows))

    def reach(self, item: Reached) -> None:
        """A cursor that follows from what the next package holds."""
        self.batch.cursors[f"{item.resource}|{item.scope}"] = item.cursor

    def lose(self, item: Gone) -> None:
        """What the source says that it no longer has."""
        self._gone.append(item)

    def follow(self, repositories: Sequence[dict[str, Any]]) -> dict[str, str]:
        """Repositories that have another name by now go on where they were read to: the cursors that so change."""
        moves = renames.follow(self._database, self._stored, repositories)
        moved = renames.cursors(self.cursors(), moves) if moves else {}
        self.batch.cursors |= moved
        return moved

    @property
    def is_due(self) -> bool:
        """Whether what was kept is to be committed now."""
        is_late = time.monotonic() - self._committed >= PACKAGE_SECONDS
        return self.batch.size >= PACKAGE_ROWS or (is_late and self.batch.size > 0)

    def commit(self, but: Collection[str] = ()) -> None:
        """Load what was kept so far. `but` these are still being read, so they have not succeeded yet."""
        self.hand_over(but)
        self.finish()

    def hand_over(self, but: Collection[str] = ()) -> None:
        """The same, in a thread: meanwhile the next package is filled, and waits for this one before it is loaded."""
        self.finish()
        batch, self.batch = self.batch, Batch(self._stored.source)
        gone, self._gone = self._gone, []
        self.quarantine.write()
        self.mark_gone(gone)  # first what is kept already: the package moves the cursor beyond what tells of it
        self.journal.read(but)
        if not batch.tables:
            self.batch.cursors = batch.cursors  # they are kept with rows alone
        else:
            self._cursors = {**self.cursors(), **batch.cursors}
            if not self.landing.has_all_of(batch, self._database):
                self._loading = _in_thread(partial(self.landing.load, batch))
        self._under_way = partial(self._record, batch, gone, self.backfill.taken())
        self._committed = time.monotonic()

    @property
    def is_loaded(self) -> bool:
        """Whether what was handed over is in the warehouse, and `finish` need not wait."""
        return self._under_way is not None and (self._loading is None or self._loading.done())

    def loaded(self) -> Callable[[], object]:
        """Returns when what is being loaded now is in the warehouse, or has failed."""
        return partial(wait, [] if self._loading is None else [self._loading])

    def finish(self) -> None:
        """Wait for what was handed over, and record it. Raises NotCommitted."""
        record, self._under_way = self._under_way, None
        if record is not None:
            record()

    def cursors(self) -> dict[str, str]:
        """What has been read, with what is being loaded."""
        if self._cursors is None:
            self._cursors = self.landing.cursors()
        return self._cursors

    def settle(self, told: sweep.Told, *, is_sweep: bool = False) -> None:
        """Mark what is gone, by what each resource told that is present: in packages of their own."""
        marked = sweep.settle(self._database, self._stored.source, *self._owner, told, self._clock(), is_sweep=is_sweep)
        for table, count in marked.items():
            self._outcome.rows[table] += count

    def mark_gone(self, told: Iterable[tuple[str, Sequence[Any]]]) -> None:
        """Mark these keys of these tables as gone, as far as they are kept, with what belongs to them."""
        marked: dict[str, int] = defaultdict(int)
        for name, keys in told:
            marked[name] += sweep.mark_gone(self._database, self._raw[name], *self._owner, keys, self._clock())
        parents = [name for name, count in marked.items() if count]
        parts = orphans.mark(self._database, self._stored.source, self._owner, parents, self._clock())
        for name, count in (*marked.items(), *parts.items()):
            self._outcome.rows[name] += count

    def _record(self, batch: Batch, gone: Sequence[Gone], taken: Taken) -> None:
        load_id = self._loaded()
        if load_id is not None:
            self._count(load_id, batch.tables, self._names_tables)
        if batch.tables:
            self.quarantine.release(batch.tables)
        self.mark_gone(gone)  # and what has come with the package
        rows = {
            resource: sum(self._outcome.rows[table] for table in tables) for resource, tables in self._tables.items()
        }
        self.holds.succeeded(self.journal.succeed(load_id, rows, batch.cursors))
        self.backfill.committed(taken)

    def _loaded(self) -> str | None:
        """The load id of what was handed over, None where there was nothing to load."""
        loading, self._loading = self._loading, None
        try:
            return loading.result() if loading is not None else None
        except Exception as error:
            self._cursors = None  # what the warehouse has, once more
            failure = SyncError("internal", scrub(self._stored, f"the rows could not be loaded: {_root(error)}"))
            self._outcome.failed += tuple(self.journal.running)
            self.journal.record_unrecorded()
            self.journal.fail_all(failure)
            raise NotCommitted(failure) from None

    def _count(self, load_id: str, tables: Iterable[str], names_tables: bool) -> None:
        rows = self.journal.changed(load_id, tables)
        if changed := [table for table, count in rows.items() if count]:
            self.journal.package(load_id, changed if names_tables else None)
        for table, count in rows.items():
            self._outcome.rows[table] += count


def _in_thread(load: Callable[[], str]) -> Future[str]:
    pool = ThreadPoolExecutor(1, "load")
    loading = pool.submit(load)
    pool.shutdown(wait=False)
    return loading


def _root(error: BaseException) -> BaseException:
    """What was wrong at the bottom: dlt wraps it several times, with the rows' SQL in the message."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error
