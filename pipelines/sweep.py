"""Rows that the source no longer has are marked, not deleted, so that the next build can take them out of the marts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg import Connection, sql

from pipelines.raw_tables import TYPES, Table
from pipelines.sources.reading import Present


def mark_deleted(
    database: Connection, table: Table, tenant_id: UUID, connection_id: UUID, present: Present, now: datetime
) -> int:
    """Set `_deleted_at` where a row's key is not among `present.keys`; return how many. A package of their own.

    A row that shows up again loses its mark with the next merge.
    """
    absent = sql.SQL("not {} = any(%s::{}[])")
    return _mark(database, table, (tenant_id, connection_id), absent, present.keys, present.where, now)


def mark_gone(
    database: Connection, table: Table, tenant_id: UUID, connection_id: UUID, keys: Sequence[Any], now: datetime
) -> int:
    """Set `_deleted_at` where a row's key is among those that the source says are gone; return how many."""
    return _mark(database, table, (tenant_id, connection_id), sql.SQL("{} = any(%s::{}[])"), keys, {}, now)


def _mark(
    database: Connection, table: Table, owner: tuple[UUID, UUID], condition: sql.SQL, keys: Sequence[Any],
    where: Mapping[str, str], now: datetime,
) -> int:  # fmt: skip
    column = table.key[-1]
    statement = sql.SQL(
        "update {} set _deleted_at = %s, _dlt_load_id = %s"
        " where tenant_id = %s and connection_id = %s and _deleted_at is null and {}"
    ).format(
        sql.Identifier(table.schema, table.name),
        condition.format(sql.Identifier(column), sql.SQL(TYPES[table.columns[column]])),
    )
    load_id = f"sweep-{uuid4()}"
    values = [now, load_id, *map(str, owner), list(keys)]
    for name, value in where.items():
        statement += sql.SQL(" and {} = %s").format(sql.Identifier(name))
        values.append(value)
    with database.transaction():
        count = database.execute(statement, values).rowcount
        if count:
            database.execute(
                "insert into app.load_package (tenant_id, connection_id, load_id, source) values (%s, %s, %s, %s)",
                [*owner, load_id, table.source],
            )
    return count
