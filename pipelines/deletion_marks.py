"""The mark of a raw row that its source no longer has, in a package that the next build reads."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg import Connection, sql

from pipelines.raw_tables import Table


def mark(
    database: Connection, table: Table, owner: tuple[UUID, UUID], condition: sql.Composable, values: Sequence[Any],
    now: datetime,
) -> int:  # fmt: skip
    """Set `_deleted_at` of a connection's rows (`raw`) where `condition` holds; return how many."""
    statement = sql.SQL(
        "update {} as raw set _deleted_at = %s, _dlt_load_id = %s"
        " where raw.tenant_id = %s and raw.connection_id = %s and raw._deleted_at is null and {}"
    ).format(sql.Identifier(table.schema, table.name), condition)
    load_id = f"sweep-{uuid4()}"
    with database.transaction():
        count = database.execute(statement, [now, load_id, *map(str, owner), *values]).rowcount
        if count:
            database.execute(
                "insert into app.load_package (tenant_id, connection_id, load_id, source, tables)"
                " values (%s, %s, %s, %s, %s)",
                [*owner, load_id, table.source, [table.name]],
            )
    return count
