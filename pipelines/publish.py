"""build → marts: one transaction for the whole set, so that no reader ever sees half of it or two ages in one answer.

dbt's strategy `touched` leaves the keys of all rows it inserted, changed or deleted in `build.<mart>__changed`.
Publishing moves exactly those keys and removes them, so what a held tenant missed is moved by its next publish.
A mart whose build table was rebuilt, or whose contract changed, is copied whole and takes its place by a rename.
"""

import logging
import time
from collections.abc import Collection, Iterable, Mapping
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from msgspec import Struct, field
from psycopg import sql
from psycopg.sql import Composable, Identifier

from pipelines import mart_tables
from pipelines.contracts import Mart
from pipelines.warehouse.connection import Warehouse

CHANNEL = "clearsignal_published"
# A long read delays a publish, and while the swap waits for it other readers wait too: a tenth of a second at first,
# later two, with as long a pause between; the API's readers give up after three (api/database.py).
SWAP_WAITS = [0.1, 0.1, 0.2, 0.2, 0.5, 0.5, 1.0, 1.0, *[2.0] * 12]
logger = logging.getLogger(__name__)


class PublishReport(Struct):
    """What a publish did. `changed` counts the moved keys of each mart, `replaced` names those copied whole."""

    publish_id: int
    changed: dict[str, int] = field(default_factory=dict)
    replaced: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    tenants: set[UUID] = field(default_factory=set)


def publish(warehouse: Warehouse, marts: Mapping[str, Mart], held: Collection[UUID] = ()) -> PublishReport:
    """Move what changed since each tenant's last publish to `marts`; tenants in `held` keep their old version.

    A mart whose contract changed is left as it is (`kept`) while a tenant is held, for old rows do not fit it.
    Raises psycopg.errors.LockNotAvailable where readers hold a table for longer than a minute.
    """
    with warehouse.connect("transformer") as connection:
        connection.execute("select pg_advisory_xact_lock(hashtext('clearsignal publish'))")
        report = PublishReport(_scalar(connection, "select nextval('app.publish_id')"))
        moves = [_Move(connection, mart, list(held)) for mart in marts.values()]
        for move in (move for move in moves if move.is_built):
            if move.is_whole and held and not move.same_contract:
                report.kept.append(move.mart.name)
            elif move.is_whole:
                move.copy_whole()
                report.replaced.append(move.mart.name)
            else:
                report.changed[move.mart.name] = move.touched()
        _swap(connection, [move for move in moves if move.mart.name in report.replaced])
        done = {*report.replaced, *report.changed}
        report.tenants = _count_versions(connection, report, [move for move in moves if move.mart.name in done])
        connection.execute("select pg_notify(%s, %s)", [CHANNEL, str(report.publish_id)])
    return report


class _Move:
    """One mart on its way from `build` to `marts`."""

    def __init__(self, connection: psycopg.Connection, mart: Mart, held: list[UUID]) -> None:
        self.connection, self.mart, self.held = connection, mart, held
        self.built, self.changed = Identifier("build", mart.name), Identifier("build", f"{mart.name}__changed")
        self.published, self.next = Identifier("marts", mart.name), f"{mart.name}__next"
        self.columns = sql.SQL(", ").join(Identifier(column.name) for column in mart.columns)
        self.key = sql.SQL(", ").join(map(Identifier, mart.key))
        self.oid = _scalar(connection, "select to_regclass(%s)::oid", [f'build."{mart.name}"'])
        self.has_changed = _scalar(connection, "select to_regclass(%s)", [f'build."{mart.name}__changed"'])
        self.is_built = self.oid is not None
        last = connection.execute(
            "select build_oid, contract_checksum from app.mart_publication where mart = %s", [mart.name]
        ).fetchone()
        exists = _scalar(connection, "select to_regclass(%s)", [f'marts."{mart.name}"']) is not None
        self.same_contract = exists and last is not None and last[1] == mart.checksum
        self.is_whole = not (self.same_contract and last is not None and last[0] == self.oid and self.has_changed)
        self.tenants: set[UUID] = set()

    def run(self, statement: str, *parts: Composable, **values: object) -> psycopg.Cursor:
        return self.connection.execute(sql.SQL(statement).format(*parts), values or None)

    def touched(self) -> int:
        """Move the changed keys; return how many."""
        self.run("drop table if exists moving")
        moving = (
            "create temp table moving on commit drop as select distinct {} from {} where tenant_id <> all (%(held)s)"
        )
        self.run(moving, self.key, self.changed, held=self.held)
        self.run("delete from {} using moving where {}", self.published, self._same(self.published))
        columns = sql.SQL(", ").join(sql.SQL("new.{}").format(Identifier(column.name)) for column in self.mart.columns)
        self.run(
            "insert into {} ({}) select {} from {} as new inner join moving using ({})",
            self.published, self.columns, columns, self.built, self.key,
        )  # fmt: skip
        self.run("delete from {} using moving where {}", self.changed, self._same(self.changed))
        self.tenants = {row[0] for row in self.run("select distinct tenant_id from moving")}
        return int(_scalar(self.connection, "select count(*) from moving"))

    def copy_whole(self) -> None:
        """Fill the next table; held tenants keep their old rows, and all of theirs wait to be moved."""
        self.run("drop table if exists {}", Identifier("marts", self.next))
        for statement in mart_tables.create(self.mart, self.next):
            self.connection.execute(statement)
        fill = "insert into {} ({}) select {} from {} where tenant_id <> all (%(held)s)"
        target = Identifier("marts", self.next)
        self.run(fill, target, self.columns, self.columns, self.built, held=self.held)
        if self.held and self.same_contract:
            old = "insert into {} ({}) select {} from {} where tenant_id = any (%(held)s)"
            self.run(old, target, self.columns, self.columns, self.published, held=self.held)
        if self.has_changed:
            self.run("delete from {} where tenant_id <> all (%(held)s)", self.changed, held=self.held)
            for each in [self.built, self.published] if self.held and self.same_contract else []:
                waiting = "insert into {} ({}) select {} from {} where tenant_id = any (%(held)s)"
                self.run(waiting, self.changed, self.key, self.key, each, held=self.held)
        for statement in mart_tables.index(self.mart, self.next):
            self.connection.execute(statement)
        everyone = self.connection.execute("select tenant_id from app.tenant where tenant_id <> all (%s)", [self.held])
        self.tenants = {row[0] for row in everyone}

    def _same(self, table: Identifier) -> Composable:
        pairs = [
            sql.SQL("{}.{} = moving.{}").format(table, Identifier(name), Identifier(name)) for name in self.mart.key
        ]
        return sql.SQL(" and ").join(pairs)


def _swap(connection: psycopg.Connection, moves: list[_Move]) -> None:
    """All renames together, last, so that the exclusive locks are held for milliseconds.

    The API's readers hold `app.mart_version` while they read: whoever's snapshot is older than the new tables would
    find them empty. So the swap waits for the readers under way, and later ones wait for it.
    """
    if not moves:
        return
    statements = [statement for move in moves for statement in mart_tables.swap(move.mart, move.next)]
    for attempt, seconds in enumerate(SWAP_WAITS, 1):
        try:
            with connection.transaction():
                connection.execute(f"set local lock_timeout = '{seconds}s'")
                connection.execute("lock table app.mart_version in access exclusive mode")
                for statement in statements:
                    connection.execute(statement)
            return
        except psycopg.errors.LockNotAvailable:
            logger.info("publish waits for a long read to end (try %s of %s)", attempt, len(SWAP_WAITS))
            if attempt == len(SWAP_WAITS):
                raise
            time.sleep(seconds)


def _count_versions(connection: psycopg.Connection, report: PublishReport, moves: Iterable[_Move]) -> set[UUID]:
    """A new version for each tenant whose rows, or whose `as_of`, moved; a first one for everybody."""
    seen: set[UUID] = set()
    for move in moves:
        rows = connection.execute(
            VERSIONS,
            {
                "mart": move.mart.name,
                "checksum": move.mart.checksum,
                "publish": report.publish_id,
                "moved": list(move.tenants),
                "held": move.held,
            },
        )
        seen |= {row[0] for row in rows}
        connection.execute(PUBLICATION, [move.mart.name, move.oid, move.mart.checksum])
    return seen


def _scalar(connection: psycopg.Connection, statement: LiteralString, values: list[str] | None = None) -> Any:
    row = connection.execute(statement, values).fetchone()
    return row[0] if row else None


PUBLICATION = """
insert into app.mart_publication (mart, build_oid, contract_checksum) values (%s, %s, %s)
on conflict (mart) do update
set build_oid = excluded.build_oid, contract_checksum = excluded.contract_checksum, published_at = now()
"""
VERSIONS = """
with tenants as (
    select tenant.tenant_id, max(run.as_of) filter (where run.status = 'succeeded') as as_of
    from app.tenant as tenant
    left join app.sync_run as run using (tenant_id)
    where tenant.tenant_id <> all (%(held)s)
    group by tenant.tenant_id
)
insert into app.mart_version as known (tenant_id, mart, version, contract_checksum, as_of, publish_id)
select tenant_id, %(mart)s, 1, %(checksum)s, as_of, %(publish)s from tenants
on conflict (tenant_id, mart) do update
set version = known.version + 1, contract_checksum = excluded.contract_checksum, as_of = excluded.as_of,
    published_at = now(), publish_id = excluded.publish_id
where known.tenant_id = any (%(moved)s) or known.as_of is distinct from excluded.as_of
    or known.contract_checksum <> excluded.contract_checksum
returning tenant_id
"""
