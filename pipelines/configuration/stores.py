"""Where the rows of a kind lie: mostly in one table, in their order. Read and replaced as a whole, of one tenant.

`database` is the tenant's own role or the loader; the statements name the tenant for the sake of the latter.
"""

from collections.abc import Sequence
from typing import Any, Protocol
from uuid import UUID

import msgspec
from msgspec import Struct
from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier, Placeholder
from psycopg.types.json import Jsonb

Rows = list[dict[str, Any]]


class Store(Protocol):
    """How a kind's rows are kept."""

    def read(self, database: Connection, tenant_id: UUID) -> Rows:
        """The tenant's rows in their order, as their fields."""

    def replace(self, database: Connection, tenant_id: UUID, rows: Sequence[Struct]) -> None:
        """Let these be the tenant's rows, and no others."""


class Table(Struct, frozen=True):
    """One table of `app`, its columns named as the fields; the place of a row is in `position`, where order matters."""

    name: str
    fields: tuple[str, ...]
    order: str = "position"

    def read(self, database: Connection, tenant_id: UUID) -> Rows:
        """The tenant's rows in their order."""
        columns = SQL(", ").join(map(Identifier, self.fields))
        query = SQL("select {} from {} where tenant_id = %s order by ").format(columns, Identifier("app", self.name))
        with database.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query + SQL(self.order), [tenant_id]).fetchall()

    def replace(self, database: Connection, tenant_id: UUID, rows: Sequence[Struct]) -> None:
        """All rows go, these come, with positions from 1 on."""
        table = Identifier("app", self.name)
        database.execute(SQL("delete from {} where tenant_id = %s").format(table), [tenant_id])
        place = ("position",) if self.order == "position" else ()
        columns = ("tenant_id", *place, *self.fields)
        insert = SQL("insert into {} ({}) values ({})").format(
            table, SQL(", ").join(map(Identifier, columns)), SQL(", ").join([Placeholder()] * len(columns))
        )
        with database.cursor() as cursor:
            given = (
                [tenant_id, *(position for _ in place), *(_bound(getattr(row, field)) for field in self.fields)]
                for position, row in enumerate(rows, 1)
            )
            cursor.executemany(insert, given)


def _bound(value: Any) -> Any:
    """The value as psycopg takes it: a tuple would become a row, where an array is meant."""
    return list(value) if isinstance(value, tuple) else value


class Settings(Struct, frozen=True):
    """Single values: the time zone is a column of the tenant, all others are rows of `app.tenant_setting`."""

    def read(self, database: Connection, tenant_id: UUID) -> Rows:
        """The time zone, which every tenant has, and what else was set."""
        zone = database.execute("select time_zone from app.tenant where tenant_id = %s", [tenant_id]).fetchone()
        others = database.execute(
            "select name, value from app.tenant_setting where tenant_id = %s order by name", [tenant_id]
        ).fetchall()
        return [{"name": name, "value": value} for name, value in [("time_zone", zone and zone[0]), *others]]

    def replace(self, database: Connection, tenant_id: UUID, rows: Sequence[Struct]) -> None:
        """What is not among the rows is as by default, but for the time zone, which stays."""
        database.execute("delete from app.tenant_setting where tenant_id = %s", [tenant_id])
        for row in rows:
            setting = msgspec.to_builtins(row, enc_hook=str)
            if setting["name"] == "time_zone":
                change = "update app.tenant set time_zone = %s where tenant_id = %s"
                database.execute(change, [setting["value"], tenant_id])
            else:
                insert = "insert into app.tenant_setting (tenant_id, name, value) values (%s, %s, %s)"
                database.execute(insert, [tenant_id, setting["name"], Jsonb(setting["value"])])
