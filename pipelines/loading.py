"""The sync of one connection: read its resources, commit packages, record both."""

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from urllib.parse import urlsplit

import psycopg

from pipelines import load, removal, sweep
from pipelines.fair_turns import Places, Turn
from pipelines.holds import WHOLE, Holds
from pipelines.http import Client
from pipelines.kept import Kept
from pipelines.landing import Batch, Landing
from pipelines.quarantine import Quarantine
from pipelines.quota import Meter, record_left
from pipelines.raw_tables import RAW
from pipelines.response_cache import ResponseCache
from pipelines.schema_drift import Fields
from pipelines.sources.reading import Present, Reached, Reading, Request, Rows
from pipelines.stored_connections import StoredConnection
from pipelines.sync_error import SyncError
from pipelines.sync_runs import Journal
from pipelines.warehouse.connection import Warehouse

REPAIR_DAY = 6  # Sundays
UNEXPECTED = (KeyError, TypeError, ValueError, AttributeError, IndexError)


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
        self._meters: list[Meter] = []
        self._is_stopped = False  # by an error that is the whole connection's
        self._tables: dict[str, set[str]] = defaultdict(set)  # resource → tables that it has rows for

    def run(self) -> None:
        """Read every resource; an error that is not the whole connection's leaves the others to go on."""
        for load_id in self._landing.finish_pending():
            self._record(load_id, RAW[self._stored.source])
        was_killed = self._journal.recover()
        if removal.leave_scope(self._database, self._stored):
            self._landing.forget()
        request = self._request()
        readers = self._module.RESOURCES
        try:
            self._read_all(request, readers)
            self._commit()
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
            for meter in self._meters:
                meter.give_back()
            record_left(self._database, self._tenant_id, self._stored.connection_id, self._meters, self._options.clock)
            self._outcome.quarantined = sum(self._quarantine.counts.values())

    def _read_all(self, request: Request, readers: dict[str, Callable[[Request], Reading]]) -> None:
        held = {} if self._options.is_asked_for else self._holds.held()
        self._outcome.waiting = {resource: str(hold) for resource, hold in held.items()}
        waiting = [resource for resource in readers if resource not in held]
        while waiting and not self._is_stopped:
            resource = waiting.pop(0)
            error = self._read(resource, readers[resource], request)
            if error is not None and self._is_stopped:
                self._journal.skip(waiting, error)

    def _read(self, resource: str, reader: Callable[[Request], Reading], request: Request) -> SyncError | None:
        self._journal.begin(resource)
        present: list[Present] = []
        try:
            for item in reader(request):
                if isinstance(item, Rows):
                    rows = list(item.rows)
                    broken = self._batch.add(item.table, rows)
                    self._quarantine.take(resource, item.table, broken, len(rows))
                    self._fields.saw(item.table, rows)
                    self._tables[resource].add(item.table)
                elif isinstance(item, Reached):
                    if self._quarantine.doubts(resource):
                        continue
                    self._batch.cursors[f"{item.resource}|{item.scope}"] = item.value
                else:
                    present.append(item)
                if self._batch.size >= load.PACKAGE_ROWS or self._turn.is_over:
                    self._commit(but=resource)  # what waits for its next turn keeps no rows in memory
                    self._turn.give_way()
        except SyncError as error:
            return self._failed(resource, error)
        except NotCommitted:
            raise
        except UNEXPECTED as error:
            message = f"an answer about {resource} has an unexpected shape ({type(error).__name__}: {error})"
            return self._failed(resource, SyncError("unparsable", load.scrub(self._stored, message)))
        self._present += [(resource, one) for one in present]
        return None

    def _failed(self, resource: str, error: SyncError) -> SyncError:
        self._journal.fail([resource], error)
        self._is_stopped = error.stops_the_connection or resource == getattr(self._module, "ROOT", "")
        self._holds.failed(WHOLE if self._is_stopped else resource, error)
        self._outcome.error = self._outcome.error or error
        self._outcome.failed += (resource,)
        return error

    def _commit(self, but: str | None = None) -> None:
        """Load what was read so far. `but` is still being read, so it has not succeeded yet."""
        batch, self._batch = self._batch, Batch(self._stored.source)
        self._quarantine.write()
        load_id: str | None = None
        if batch.tables:
            if not self._landing.has_all_of(batch, self._database):
                load_id = self._load(batch)
                self._record(load_id, batch.tables)
            self._quarantine.release(batch.tables)
        rows = {
            resource: sum(self._outcome.rows[table] for table in tables) for resource, tables in self._tables.items()
        }
        self._holds.succeeded(self._journal.succeed(load_id, rows, batch.cursors, but))

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
        for resource in resources:
            if self._read(resource, self._module.RESOURCES[resource], request) is not None:
                return False
        self._commit()
        return True

    def _request(self) -> Request:
        stored, now = self._stored, self._journal.as_of
        kept = Kept(self._database, stored.source, self._tenant_id, stored.connection_id)
        return Request(
            stored.connection,
            self._client(stored.connection.base_url),
            now,
            cursors={} if self._options.full else self._landing.cursors(),
            full=self._options.full,
            sweep=self._options.sweep,
            places=kept.places(),
            wants_files=kept.has_service_paths(),
            cache=ResponseCache(lambda: self._warehouse.connect("loader"), now),
            other_client=self._client,
            kept=None if self._options.full else kept,
        )

    def _client(self, base_url: str) -> Client:
        secrets = tuple(str.__str__(secret) for secret in self._stored.secrets)
        digest = hmac.new(self._warehouse.derive("quota"), "|".join(secrets).encode(), hashlib.sha256).hexdigest()
        meter = Meter(
            urlsplit(base_url).netloc,
            digest[:16] if secrets else "",
            self._module.limits(self._stored.connection),
            lambda: self._warehouse.connect("loader"),
            self._options.clock,
        )
        self._meters.append(meter)
        return Client(
            base_url, secrets=secrets, meter=meter, public_only=not self._stored.allows_private,
            **self._module.client(self._stored.connection),
        )  # fmt: skip


def _root(error: BaseException) -> BaseException:
    """What was wrong at the bottom: dlt wraps it several times, with the rows' SQL in the message."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error
