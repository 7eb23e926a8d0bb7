"""The record of each try: `app.sync_run` by resource, `app.load_package` by committed package."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from psycopg import Connection, sql

from pipelines.raw_tables import RAW
from pipelines.sources.reading import PAST
from pipelines.sync_error import SyncError

KILLED = "the process that ran this sync ended before it did"


@dataclass
class Journal:
    """What happens in one sync of one connection. `database` commits each statement by itself."""

    database: Connection
    tenant_id: UUID
    connection_id: UUID
    source: str
    clock: Callable[[], datetime]
    run_id: str | None = None
    quarantined: Mapping[str, int] = field(default_factory=dict)  # resource → records that did not fit
    as_of: datetime = field(init=False)
    _running: dict[str, UUID] = field(default_factory=dict)
    _loading: dict[str, UUID] = field(default_factory=dict)  # those whose last package is being loaded

    def __post_init__(self) -> None:
        self.as_of = self.clock()

    @property
    def running(self) -> list[str]:
        """What was begun and is neither committed nor failed."""
        return list(dict.fromkeys([*self._loading, *self._running]))

    def begin(self, resources: Iterable[str]) -> None:
        """These resources are being read from now on."""
        with self.database.transaction():
            for resource in resources:
                self._running[resource] = self._insert(resource, "running")

    def read(self, but: Collection[str] = ()) -> None:
        """All that was begun and has not failed, `but` what is still read, is in the package that is loaded next."""
        self._loading |= {name: self._running.pop(name) for name in list(self._running) if name not in but}

    def succeed(self, load_id: str | None, rows: Mapping[str, int], cursors: Mapping[str, str]) -> list[str]:
        """What was read is in committed packages; return it."""
        done, self._loading = self._loading, {}
        with self.database.transaction():
            for resource, key in done.items():
                reached = [
                    cursor.partition(PAST)[0] for scope, cursor in cursors.items() if scope.startswith(f"{resource}|")
                ]
                self.database.execute(
                    """
                    update app.sync_run set status = 'succeeded', finished_at = %s, row_count = %s, cursor_value = %s,
                        load_id = %s, quarantined_count = %s
                    where tenant_id = %s and sync_run_id = %s
                    """,
                    [self.clock(), rows.get(resource, 0), max(reached, default=None), load_id,
                     self.quarantined.get(resource, 0), self.tenant_id, key],
                )  # fmt: skip
        return list(done)

    def fail(self, resources: Iterable[str], error: SyncError) -> None:
        """These resources could not be read or committed."""
        for resource in resources:
            key = self._running.pop(resource, None) or self._insert(resource, "running")
            self._close(key, "failed", error)

    def fail_all(self, error: SyncError) -> None:
        """What was begun could not be committed."""
        loading, self._loading = self._loading, {}
        for key in loading.values():
            self._close(key, "failed", error)
        self.fail(list(self._running), error)

    def skip(self, resources: Iterable[str], error: SyncError) -> None:
        """These were not tried, or not to their end, since the connection had failed already."""
        for resource in resources:
            key = self._running.pop(resource, None) or self._insert(resource, "skipped")
            self._close(key, "skipped", error)

    def package(self, load_id: str, tables: list[str] | None = None) -> None:
        """A committed package that changed rows, where `tables` are known in these alone: the next build reads it."""
        self.database.execute(
            "insert into app.load_package (tenant_id, connection_id, load_id, source, tables)"
            " values (%s, %s, %s, %s, %s) on conflict do nothing",
            [self.tenant_id, self.connection_id, load_id, self.source, tables],
        )

    def changed(self, load_id: str, tables: Iterable[str]) -> dict[str, int]:
        """How many rows of each table a package wrote: those that were new or differed."""
        counts = {}
        for name in tables:
            statement = sql.SQL(
                "select count(*) from {} where _dlt_load_id = %s and tenant_id = %s and connection_id = %s"
            )
            row = self.database.execute(
                statement.format(sql.Identifier(f"raw_{self.source}", name)),
                [load_id, str(self.tenant_id), str(self.connection_id)],
            ).fetchone()
            counts[name] = row[0] if row else 0
        return counts

    def was_killed(self) -> bool:
        """Whether a sync of this connection ended before it could say so.

        The caller holds the connection's lock, so nothing that is running here is alive.
        """
        row = self.database.execute(
            "select exists (select from app.sync_run"
            " where tenant_id = %s and connection_id = %s and status = 'running')",
            [self.tenant_id, self.connection_id],
        ).fetchone()
        return row == (True,)

    def recover(self) -> None:
        """Record what a killed process committed unseen and close what it left running: both, or the next one will.

        The caller has waited for what it was committing.
        """
        with self.database.transaction():
            self.record_unrecorded()
            self.database.execute(
                """
                update app.sync_run
                set status = 'failed', finished_at = %s, error_class = 'internal', error_message = %s
                where tenant_id = %s and connection_id = %s and status = 'running'
                """,
                [self.clock(), KILLED, self.tenant_id, self.connection_id],
            )

    def record_unrecorded(self) -> None:
        """Record every package that has rows but no record.

        A package is committed table by table: one that broke off has left rows, which are right, and which the next
        package finds unchanged and leaves as they are. Without a record no build would ever read them.
        """
        owner = [str(self.tenant_id), str(self.connection_id)]
        for name in RAW[self.source]:
            statement = sql.SQL(
                "select distinct _dlt_load_id from {} where tenant_id = %s and connection_id = %s and _dlt_load_id"
                " not in (select load_id from app.load_package where tenant_id = %s and connection_id = %s)"
            ).format(sql.Identifier(f"raw_{self.source}", name))
            for (load_id,) in self.database.execute(statement, [*owner, self.tenant_id, self.connection_id]).fetchall():
                self.package(load_id)

    def _insert(self, resource: str, status: str) -> UUID:
        key = uuid4()
        self.database.execute(
            """
            insert into app.sync_run
                (tenant_id, sync_run_id, connection_id, source, resource, started_at, status, as_of, dagster_run_id)
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
            """,
            [self.tenant_id, key, self.connection_id, self.source, resource, self.clock(), status, self.as_of,
             self.run_id],
        )  # fmt: skip
        return key

    def _close(self, key: UUID, status: str, error: SyncError) -> None:
        self.database.execute(
            """
            update app.sync_run
            set status = %s, finished_at = %s, error_class = %s, error_message = %s, http_status = %s
            where tenant_id = %s and sync_run_id = %s
            """,
            [status, self.clock(), error.error_class, f"{error.message} Do: {error.what_to_do}", error.http_status,
             self.tenant_id, key],
        )  # fmt: skip
