"""The sync of one connection: read its resources, commit packages, record both."""

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from pipelines import load
from pipelines.connections import StoredConnection
from pipelines.http import Client
from pipelines.landing import Batch, Landing
from pipelines.quota import Meter
from pipelines.raw_tables import RAW
from pipelines.response_cache import ResponseCache
from pipelines.sources.reading import Place, Present, Reached, Reading, Request, Rows
from pipelines.sweep import mark_deleted
from pipelines.sync_error import SyncError
from pipelines.sync_runs import Journal
from pipelines.warehouse.connection import Warehouse

UNEXPECTED = (KeyError, TypeError, ValueError, AttributeError, IndexError)


class Loading:
    """One run. The caller holds the connection's lock on `database`."""

    def __init__(
        self, warehouse: Warehouse, stored: StoredConnection, database: psycopg.Connection,
        options: load.Options, outcome: load.Outcome,
    ) -> None:  # fmt: skip
        self._warehouse, self._stored, self._database = warehouse, stored, database
        self._options, self._outcome = options, outcome
        outcome.rows = dict.fromkeys(RAW[stored.source], 0)
        self._tenant_id = stored.tenant.tenant_id
        self._journal = Journal(
            database, self._tenant_id, stored.connection_id, stored.source, options.clock, options.run_id
        )
        self._module = load.module_of(stored.source)
        self._landing = Landing(warehouse, stored.source, self._tenant_id, stored.connection_id)
        self._batch = Batch(stored.source)
        self._present: list[Present] = []
        self._meters: list[Meter] = []
        self._tables: dict[str, set[str]] = defaultdict(set)  # resource → tables that it has rows for

    def run(self) -> None:
        """Read every resource; an error that is not the whole connection's leaves the others to go on."""
        for load_id in self._landing.finish_pending():
            self._record(load_id, RAW[self._stored.source])
        self._journal.recover()
        request = self._request()
        readers = self._module.RESOURCES
        waiting, root = list(readers), getattr(self._module, "ROOT", "")
        try:
            while waiting:
                resource = waiting.pop(0)
                error = self._read(resource, readers[resource], request)
                if error is not None and (error.stops_the_connection or resource == root):
                    self._journal.skip(waiting, error)
                    break
            self._commit()
            self._sweep()
        finally:
            for meter in self._meters:
                meter.give_back()

    def _read(self, resource: str, reader: Callable[[Request], Reading], request: Request) -> SyncError | None:
        self._journal.begin(resource)
        present: list[Present] = []
        try:
            for item in reader(request):
                if isinstance(item, Rows):
                    self._batch.add(item.table, list(item.rows))
                    self._tables[resource].add(item.table)
                elif isinstance(item, Reached):
                    self._batch.cursors[f"{item.resource}|{item.scope}"] = item.value
                else:
                    present.append(item)
                if self._batch.size >= load.PACKAGE_ROWS:
                    self._commit(but=resource)
        except SyncError as error:
            return self._failed(resource, error)
        except UNEXPECTED as error:
            message = f"an answer about {resource} has an unexpected shape ({type(error).__name__}: {error})"
            return self._failed(resource, SyncError("unparsable", load.scrub(self._stored, message)))
        self._present += present
        return None

    def _failed(self, resource: str, error: SyncError) -> SyncError:
        self._journal.fail([resource], error)
        self._outcome.error = self._outcome.error or error
        self._outcome.failed += (resource,)
        return error

    def _commit(self, but: str | None = None) -> None:
        """Load what was read so far. `but` is still being read, so it has not succeeded yet."""
        batch, self._batch = self._batch, Batch(self._stored.source)
        load_id: str | None = None
        if batch.tables:
            try:
                load_id = self._landing.load(batch)
            except Exception as error:
                failure = SyncError(
                    "internal", load.scrub(self._stored, f"the rows could not be loaded: {_root(error)}")
                )
                self._outcome.failed += tuple(self._journal.running)
                self._journal.fail_all(failure)
                raise failure from None
            self._record(load_id, batch.tables)
        rows = {
            resource: sum(self._outcome.rows[table] for table in tables)
            for resource, tables in self._tables.items()
        }
        self._journal.succeed(load_id, rows, batch.cursors, but)

    def _record(self, load_id: str, tables: Iterable[str]) -> None:
        rows = self._journal.changed(load_id, tables)
        if any(rows.values()):
            self._journal.package(load_id)
        for table, count in rows.items():
            self._outcome.rows[table] += count

    def _sweep(self) -> None:
        for present in self._present:
            self._outcome.rows[present.table] += mark_deleted(
                self._database, RAW[self._stored.source][present.table], self._tenant_id,
                self._stored.connection_id, present, self._options.clock(),
            )  # fmt: skip

    def _request(self) -> Request:
        stored, now = self._stored, self._journal.as_of
        return Request(
            stored.connection,
            self._client(stored.connection.base_url),
            now,
            cursors={} if self._options.full else self._landing.cursors(),
            full=self._options.full,
            sweep=self._options.sweep,
            places=self._places(),
            wants_files=self._has_service_paths(),
            cache=ResponseCache(lambda: self._warehouse.connect("loader"), now),
            other_client=self._client,
            known=self._known,
            unfinished=self._unfinished,
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
        return Client(base_url, secrets=secrets, meter=meter, **self._module.client(self._stored.connection))

    def _places(self) -> Sequence[Place]:
        rows = self._database.execute(
            "select place_id, name, country_code, latitude, longitude from app.place where tenant_id = %s"
            " order by name",
            [self._tenant_id],
        ).fetchall()
        return [Place(*row) for row in rows]

    def _has_service_paths(self) -> bool:
        query = "select exists (select from app.service_path where tenant_id = %s)"
        row = self._database.execute(query, [self._tenant_id]).fetchone()
        return bool(row and row[0])

    def _known(self, table: str, repository: str, column: str, values: Sequence[str]) -> set[str]:
        """Which of `values` the warehouse has. A full sync knows nothing."""
        if self._options.full:
            return set()
        statement = sql.SQL(
            "select {column} from {table} where tenant_id = %s and connection_id = %s and repository = %s"
            " and {column} = any(%s)"
        ).format(column=sql.Identifier(column), table=sql.Identifier(f"raw_{self._stored.source}", table))
        owner = [str(self._tenant_id), str(self._stored.connection_id)]
        return {value for (value,) in self._database.execute(statement, [*owner, repository, list(values)]).fetchall()}

    def _unfinished(self, repository: str) -> set[int]:
        """Deployments that had no final status when they were last read."""
        rows = self._database.execute(
            """
            select d.id from raw_github.deployments as d
            where d.tenant_id = %s and d.connection_id = %s and d.repository = %s and d._deleted_at is null
              and not exists (
                select from raw_github.deployment_statuses as s
                where s.tenant_id = d.tenant_id and s.connection_id = d.connection_id and s.deployment_id = d.id
                  and s.state in ('success', 'failure', 'error', 'inactive')
              )
            """,
            [str(self._tenant_id), str(self._stored.connection_id), repository],
        ).fetchall()
        return {deployment_id for (deployment_id,) in rows}


def _root(error: BaseException) -> BaseException:
    """What was wrong at the bottom: dlt wraps it several times, with the rows' SQL in the message."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error
