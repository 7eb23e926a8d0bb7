"""Rows that the source no longer has are marked, not deleted, so that the next build can take them out of the marts.

What the source still has is what completeness is measured against.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg import Connection, sql

from pipelines.raw_tables import RAW, TYPES, Table
from pipelines.sources.reading import Present

Told = Sequence[tuple[str, Present]]  # with the resource that told


def settle(
    database: Connection, source: str, tenant_id: UUID, connection_id: UUID, told: Told, now: datetime
) -> dict[str, int]:
    """Mark what is gone, by what each resource told; return how many rows of each table."""
    marked: dict[str, int] = defaultdict(int)
    for _, present in told:
        table = RAW[source][present.table]
        marked[present.table] += mark_deleted(database, table, tenant_id, connection_id, present, now)
    return marked


def gaps(
    database: Connection, source: str, tenant_id: UUID, connection_id: UUID, told: Told, now: datetime
) -> dict[str, int]:
    """How many records of each resource the source has and we do not, of those that would fit; and write it down."""
    counts: dict[str, tuple[int, int]] = {}
    for resource, present in told:
        if present.table == resource:  # else: the parts of one record, not all of a resource
            at_source, kept = counts.get(resource, (0, 0))
            found = measure(database, RAW[source][resource], tenant_id, connection_id, present)
            counts[resource] = (at_source + len(set(present.keys)), kept + found)
    record_completeness(database, tenant_id, connection_id, counts, now)
    apart: dict[str, int] = dict(
        database.execute(
            "select table_name, count(*) from app.quarantine where tenant_id = %s and connection_id = %s group by 1",
            [tenant_id, connection_id],
        ).fetchall()
    )
    missing = {resource: at_source - kept for resource, (at_source, kept) in counts.items()}
    return {resource: count for resource, count in missing.items() if count > apart.get(resource, 0)}


def known_gaps(database: Connection, tenant_id: UUID, connection_id: UUID) -> dict[str, int]:
    """What was missing of each resource after the last sweep."""
    rows = database.execute(
        "select resource, source_count - kept_count from app.completeness where tenant_id = %s and connection_id = %s",
        [tenant_id, connection_id],
    ).fetchall()
    return dict(rows)


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
                "insert into app.load_package (tenant_id, connection_id, load_id, source, tables)"
                " values (%s, %s, %s, %s, %s)",
                [*owner, load_id, table.source, [table.name]],
            )
    return count


def measure(database: Connection, table: Table, tenant_id: UUID, connection_id: UUID, present: Present) -> int:
    """How many of `present.keys` are kept."""
    column = table.key[-1]
    statement = sql.SQL(
        "select count(*) from {table} where tenant_id = %s and connection_id = %s and _deleted_at is null"
        " and {column} = any(%s::{kind}[])"
    ).format(
        table=sql.Identifier(table.schema, table.name),
        column=sql.Identifier(column),
        kind=sql.SQL(TYPES[table.columns[column]]),
    )
    values = [str(tenant_id), str(connection_id), list(present.keys)]
    for name, value in present.where.items():
        statement += sql.SQL(" and {} = %s").format(sql.Identifier(name))
        values.append(value)
    row = database.execute(statement, values).fetchone()
    return row[0] if row else 0


def record_completeness(
    database: Connection, tenant_id: UUID, connection_id: UUID, counts: Mapping[str, tuple[int, int]], now: datetime
) -> None:
    """Write down by resource what the source has and what is kept of it, as this sweep found it."""
    for resource, (source_count, kept_count) in counts.items():
        database.execute(
            """
            insert into app.completeness (tenant_id, connection_id, resource, source_count, kept_count, measured_at)
            values (%s, %s, %s, %s, %s, %s)
            on conflict (tenant_id, connection_id, resource) do update set source_count = excluded.source_count,
                kept_count = excluded.kept_count, measured_at = excluded.measured_at
            """,
            [tenant_id, connection_id, resource, source_count, kept_count, now],
        )
