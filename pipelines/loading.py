"""The sync of one connection: read its resources, commit packages, record both."""

import time
from collections import defaultdict
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import takewhile

import psycopg

from pipelines import backfill, load, removal, renames, sweep
from pipelines.asking import Asking
from pipelines.backfill import Backfill
from pipelines.fair_turns import Places, Turn
from pipelines.holds import WHOLE, Holds
from pipelines.http import Stopped
from pipelines.landing import Batch, Landing
from pipelines.quarantine import Quarantine
from pipelines.raw_tables import RAW
from pipelines.schema_drift import Fields
from pipelines.sources.readers import Ended, Readers
from pipelines.sources.reading import THREADS, Expected, Gone, Present, Reached, Request, Rows, unread_pasts
from pipelines.stored_connections import StoredConnection
from pipelines.sync_error import SyncError
from pipelines.sync_runs import Journal
from pipelines.warehouse.connection import Warehouse

REPAIR_DAY = 6  # Sundays
PACKAGE_SECONDS = 60.0  # of reading: so much is lost at most when a sync is killed
UNEXPECTED = (KeyError, TypeError, ValueError, AttributeError, IndexError)
Item = Rows | Reached | Present | Gone


class NotCommitted(Exception):
    """The warehouse did not take a package. `args[0]` is the SyncError that tells why."""


class Loading:
    """One run. The caller holds the connection's lock on `database`."""

    def __init__(
        self, warehouse: Warehouse, stored: StoredConnection, database: psycopg.Connection,
        options: load.Options, outcome: load.Outcome, turn: Turn | None = None,
    ) -> None:  # fmt: skip
        self._turn = turn or Turn(Places(1))
        self._warehouse, self._stored, self._database = warehouse, stored, database
        self._options, self._outcome = options, outcome
        outcome.rows = dict.fromkeys(RAW[stored.source], 0)
        self._tenant_id = stored.tenant.tenant_id
        owner = (self._tenant_id, stored.connection_id)
        self._holds = Holds(database, *owner, options.clock)
        self._quarantine = Quarantine(database, stored.source, *owner, stored.secrets, options.clock)
        self._fields = Fields(database, *owner, options.clock)
        self._journal = Journal(
            database, *owner, stored.source, options.clock, options.run_id, self._quarantine.counts
        )  # fmt: skip
        self._module = load.module_of(stored.source)
        self._landing = Landing(warehouse, stored.source, self._tenant_id, stored.connection_id)
        self._batch = Batch(stored.source)
        self._present: list[tuple[str, Present]] = []  # with the resource that told
        self._waiting: list[str] = []  # resources of this round that are not read yet
        self._reading: dict[str, list[Present]] = {}  # those that are being read, with what they told so far
        self._gone: list[Gone] = []  # told since the last commit
        self._asking = Asking(warehouse, stored, database, options)
        self._backfill = Backfill(database, stored, options.clock)
        self._committed = time.monotonic()
        self._is_stopped = False  # by an error that is the whole connection's
        self._tables: dict[str, set[str]] = defaultdict(set)  # resource → tables that it has rows for

    def run(self) -> None:
        """Read every resource; an error that is not the whole connection's leaves the others to go on."""
        for load_id in self._landing.finish_pending():
            self._record(load_id, RAW[self._stored.source])
        was_killed = self._journal.recover()
        if removal.leave_scope(self._database, self._stored):
            self._landing.forget()
        request = self._asking.request(self._landing.cursors(), self._journal.as_of)
        try:
            self._read_all(request)
            self._sweep()
            if self._options.sweep and not self._is_stopped:
                self._complete(request)
            if was_killed:  # its last statement may have ended only now
                self._journal.record_unrecorded()
            self._fields.write()
            if not self._is_stopped:
                self._holds.succeeded([WHOLE])
        except NotCommitted as error:
            self._holds.failed(WHOLE, error.args[0])
            raise error.args[0] from None
        except Exception as error:
            if not isinstance(error, psycopg.OperationalError):  # then nobody can be told; the next sync closes it
                failure = SyncError("internal", load.scrub(self._stored, f"{type(error).__name__}: {error}"))
                self._journal.fail_all(failure)
                self._holds.failed(WHOLE, failure)
            raise
        finally:
            self._asking.give_back()
            self._asking.record_left()
            self._outcome.quarantined = sum(self._quarantine.counts.values())

    def _read_all(self, request: Request) -> None:
        """Read and commit all resources, where a past is left in two rounds: the last months of each come first."""
        held = {} if self._options.is_asked_for else self._holds.held()
        self._outcome.waiting = {resource: str(hold) for resource, hold in held.items()}
        resources = [resource for resource in self._module.RESOURCES if resource not in held]
        if not request.full and backfill.is_left(request.cursors):
            self._backfill.expect(self._expected(request))
            recent = self._read_round(replace(request, horizon=request.now - backfill.RECENT), resources)
            cursors = self._landing.cursors()
            resources = [resource for resource in recent if resource in unread_pasts(cursors)]
            self._backfill.finish(set(recent) - set(resources))
            request = replace(request, cursors=cursors, past_only=True)
        self._backfill.finish(self._read_round(request, resources))

    def _expected(self, request: Request) -> list[Expected]:
        """What the source tells of its size; nothing where it does not, as no sync should fail for an estimate."""
        try:
            return list(getattr(self._module, "expected", lambda request: ())(request))
        except (SyncError, *UNEXPECTED):
            return []

    def _read_round(self, request: Request, resources: list[str]) -> list[str]:
        """Read and commit these, at once what does not need another; those that did not fail.

        Where one stops the connection, the others come to their end with what has been read of them.
        """
        self._waiting, self._reading = list(resources), {}
        done: list[str] = []
        most = max(1, len(resources))
        with ThreadPoolExecutor(most) as pool, ThreadPoolExecutor(THREADS) as threads, Readers(pool) as readers:
            request.threads = threads
            try:
                self._begin(readers, request)
                for resource, item in readers:
                    if isinstance(item, Ended):
                        done += self._ended(resource, item.error)
                        self._begin(readers, request)
                    elif not self._take_in(resource, item, request):
                        readers.drop(resource)
                    if self._is_stopped:
                        request.client.stop()
            except BaseException:
                request.client.stop()  # nobody takes what they read
                raise
        if self._is_stopped and self._outcome.error is not None:
            self._journal.skip(self._waiting, self._outcome.error)
        self._commit()
        return [resource for resource in resources if resource in done]

    def _begin(self, readers: Readers, request: Request) -> None:
        """Start what waits for nothing any more."""
        if self._is_stopped:
            return
        ready = [resource for resource in self._waiting if self._is_ready(resource)]
        self._waiting = [resource for resource in self._waiting if resource not in ready]
        self._journal.begin(ready)
        for resource in ready:
            self._reading[resource] = []
            readers.start(resource, partial(self._module.RESOURCES[resource], request))

    def _is_ready(self, resource: str) -> bool:
        """Whether all have ended that this one needs: the first one, for what stops it stops them all, and those that
        its source names. A source that names none has its resources read one after another."""
        before = list(takewhile(lambda one: one != resource, self._module.RESOURCES))
        if (needs := getattr(self._module, "NEEDS", None)) is not None:
            before = [*before[:1], *needs.get(resource, ())]
        return not any(one in self._reading or one in self._waiting for one in before)

    def _take_in(self, resource: str, item: Item, request: Request) -> bool:
        """Take what was read into the batch, and commit that where it is due; whether the resource is read on."""
        if resource in self._outcome.failed:
            return False
        try:
            self._keep(resource, item, request)
        except SyncError as error:
            self._failed(resource, error)
        except UNEXPECTED as error:
            self._failed(resource, self._unexpected(resource, error))
        if self._is_due():
            self._commit(but=self._reading)  # what waits for its next turn keeps but the pages that are under way
            self._turn.give_way()
            self._backfill.waited()
        return resource not in self._outcome.failed

    def _keep(self, resource: str, item: Item, request: Request) -> None:
        if isinstance(item, Rows):
            rows = list(item.rows)
            if item.table == renames.TABLE:
                self._follow(rows, request)
            broken = self._batch.add(item.table, rows)
            self._quarantine.take(resource, item.table, broken, len(rows))
            self._fields.saw(item.table, rows)
            self._tables[resource].add(item.table)
            self._backfill.took(resource, item)
        elif isinstance(item, Reached):
            if not self._quarantine.doubts(resource):
                self._batch.cursors[f"{item.resource}|{item.scope}"] = item.cursor
                self._backfill.took(resource, item)
        elif isinstance(item, Gone):
            self._gone.append(item)
        else:
            self._reading[resource].append(item)

    def _ended(self, resource: str, error: BaseException | None) -> list[str]:
        """A resource that was read is done, and what it told is present counts: it, or nothing where it failed."""
        present = self._reading.pop(resource)
        if resource in self._outcome.failed:
            return []
        if error is None:
            self._present += [(resource, one) for one in present]
            return [resource]
        if self._is_stopped and isinstance(error, (Stopped, SyncError)) and self._outcome.error is not None:
            self._journal.skip([resource], self._outcome.error)
        elif isinstance(error, SyncError):
            self._failed(resource, error)
        elif isinstance(error, UNEXPECTED):
            self._failed(resource, self._unexpected(resource, error))
        else:
            raise error
        return []

    def _unexpected(self, resource: str, error: BaseException) -> SyncError:
        message = f"an answer about {resource} has an unexpected shape ({type(error).__name__}: {error})"
        return SyncError("unparsable", load.scrub(self._stored, message))

    def _follow(self, repositories: list[dict], request: Request) -> None:
        """Repositories that have another name by now go on where they were read to."""
        if moves := renames.follow(self._database, self._stored, repositories):
            moved = renames.cursors(self._landing.cursors(), moves)
            self._batch.cursors |= moved
            request.cursors = {} if request.full else {**request.cursors, **moved}

    def _is_due(self) -> bool:
        """Whether what was read is to be committed now."""
        is_late = time.monotonic() - self._committed >= PACKAGE_SECONDS
        return self._batch.size >= load.PACKAGE_ROWS or self._turn.is_over or (is_late and self._batch.size > 0)

    def _failed(self, resource: str, error: SyncError) -> None:
        self._journal.fail([resource], error)
        is_the_connections = error.stops_the_connection or resource == getattr(self._module, "ROOT", "")
        self._is_stopped = self._is_stopped or is_the_connections
        self._holds.failed(WHOLE if is_the_connections else resource, error)
        self._outcome.error = self._outcome.error or error
        self._outcome.failed += (resource,)

    def _commit(self, but: Collection[str] = ()) -> None:
        """Load what was read so far. `but` these are still being read, so they have not succeeded yet."""
        batch, self._batch = self._batch, Batch(self._stored.source)
        self._quarantine.write()
        self._mark_gone()  # first what is kept already: the package moves the cursor beyond what tells of it
        load_id: str | None = None
        if batch.tables:
            if not self._landing.has_all_of(batch, self._database):
                load_id = self._load(batch)
                self._record(load_id, batch.tables)
            self._quarantine.release(batch.tables)
        else:
            self._batch.cursors = batch.cursors  # they are kept with rows alone
        self._mark_gone()  # and what has come with the package
        self._gone = []
        rows = {
            resource: sum(self._outcome.rows[table] for table in tables) for resource, tables in self._tables.items()
        }
        self._holds.succeeded(self._journal.succeed(load_id, rows, batch.cursors, but))
        self._backfill.committed()
        self._committed = time.monotonic()

    def _mark_gone(self) -> None:
        """Mark what the source told that it no longer has, as far as it is kept."""
        for one in self._gone:
            table = RAW[self._stored.source][one.table]
            owner = (self._tenant_id, self._stored.connection_id)
            count = sweep.mark_gone(self._database, table, *owner, one.keys, self._options.clock())
            self._outcome.rows[one.table] += count

    def _load(self, batch: Batch) -> str:
        try:
            return self._landing.load(batch)
        except Exception as error:
            failure = SyncError("internal", load.scrub(self._stored, f"the rows could not be loaded: {_root(error)}"))
            self._outcome.failed += tuple(self._journal.running)
            self._journal.record_unrecorded()
            self._journal.fail_all(failure)
            raise NotCommitted(failure) from None

    def _record(self, load_id: str, tables: Iterable[str]) -> None:
        rows = self._journal.changed(load_id, tables)
        if any(rows.values()):
            self._journal.package(load_id)
        for table, count in rows.items():
            self._outcome.rows[table] += count

    def _sweep(self) -> None:
        marked = sweep.settle(
            self._database, self._stored.source, self._tenant_id, self._stored.connection_id, self._present,
            self._options.clock(),
        )  # fmt: skip
        for table, count in marked.items():
            self._outcome.rows[table] += count

    def _complete(self, request: Request) -> None:
        """Measure what is kept of what the source has, and read again what is missing."""
        owner, now = (self._tenant_id, self._stored.connection_id), self._options.clock()
        gaps = partial(sweep.gaps, self._database, self._stored.source, *owner, self._present, now)
        before, missing = sweep.known_gaps(self._database, *owner), gaps()
        again = replace(request, cursors=self._landing.cursors(), sweep=False)
        if missing and self._read_again(missing, again):  # what is new since is no gap
            missing = gaps()
        # What reading everything did not bring the last time is asked for once a week.
        missing = {name: n for name, n in missing.items() if n != before.get(name) or now.weekday() == REPAIR_DAY}
        if missing and self._read_again(missing, replace(again, cursors={}, full=True, kept=None)):
            gaps()

    def _read_again(self, resources: Iterable[str], request: Request) -> bool:
        """Read and commit these resources once more; whether that worked."""
        wanted = list(resources)
        return self._read_round(request, wanted) == wanted


def _root(error: BaseException) -> BaseException:
    """What was wrong at the bottom: dlt wraps it several times, with the rows' SQL in the message."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error
