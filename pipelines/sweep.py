"""Rows that the source no longer has are marked, not deleted, so that the next build can take them out of the marts.

What the source still has is what completeness is measured against.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection, sql

from pipelines import deletion_marks, orphans
from pipelines.raw_tables import RAW, TYPES, Table
from pipelines.sources.reading import Present

Told = Sequence[tuple[str, Present]]  # with the resource that told


def settle(
    database: Connection, source: str, tenant_id: UUID, connection_id: UUID, told: Told, now: datetime,
    *, is_sweep: bool = False,
) -> dict[str, int]:  # fmt: skip
    """Mark what is gone, by what each resource told, with what belonged to it; return how many rows of each table.

    A sweep also looks for parts that came after their record was marked.
    """
    marked: dict[str, int] = defaultdict(int)
    for _, present in latest(told):
        table = RAW[source][present.table]
        marked[present.table] += mark_deleted(database, table, tenant_id, connection_id, present, now)
    parents = list(RAW[source]) if is_sweep else [name for name, count in marked.items() if count]
    for name, count in orphans.mark(database, source, (tenant_id, connection_id), parents, now).items():
        marked[name] += count
    return marked


def latest(told: Told) -> list[tuple[str, Present]]:
    """What was told last of each list, and at once what was told of the records of a table.

    A record that is read twice may have got a part in between, so the parts of both times count.
    """
    found: dict[tuple[Any, ...], tuple[str, Present]] = {}
    for resource, present in told:
        one = tuple(sorted((name, value) for name, value in present.where.items() if isinstance(value, str)))
        key = (resource, present.table, one, present.is_of_records)
        if present.is_of_records:
            where = {name: value if isinstance(value, str) else [] for name, value in present.where.items()}
            _, merged = found.setdefault(key, (resource, Present(present.table, where, [])))
            merged.keys.extend(present.keys)  # type: ignore[attr-defined]
            for name, value in merged.where.items():
                if isinstance(value, list):
                    value.extend(present.where[name])
        else:
            found[key] = (resource, present)
    return list(found.values())


def gaps(
    database: Connection, source: str, tenant_id: UUID, connection_id: UUID, told: Told, now: datetime
) -> dict[str, int]:
    """How many records of each resource the source has and we do not, of those that would fit; and write it down."""
    counts: dict[str, tuple[int, int]] = {}
    for resource, present in latest(told):
        if present.table != resource or present.is_of_records:
            continue  # the parts of some records, not all of a resource
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
    absent, values = _among(table, present.keys)
    within, more = _within(table, present)
    return deletion_marks.mark(
        database, table, (tenant_id, connection_id), sql.SQL("not {}{}").format(absent, within), [values, *more], now
    )


def mark_gone(
    database: Connection, table: Table, tenant_id: UUID, connection_id: UUID, keys: Sequence[Any], now: datetime
) -> int:
    """Set `_deleted_at` where a row's key is among those that the source says are gone; return how many."""
    gone, values = _among(table, keys)
    return deletion_marks.mark(database, table, (tenant_id, connection_id), gone, [values], now)


def _among(table: Table, keys: Sequence[Any]) -> tuple[sql.Composable, list[Any]]:
    """Whether a row's key is one of these. Those that fit no key are no row's."""
    column = table.key[-1]
    kind = table.columns[column]
    return sql.SQL("raw.{} = any(%s::{}[])").format(sql.Identifier(column), sql.SQL(TYPES[kind])), _fitting(kind, keys)


def _fitting(kind: str, keys: Sequence[Any]) -> list[Any]:
    if kind != "bigint":
        return [str(key) for key in keys]
    return [int(key) for key in keys if str(key).removeprefix("-").isdecimal() and abs(int(key)) < 2**63]


def _within(table: Table, present: Present) -> tuple[sql.Composable, list[Any]]:
    """The rows that `present` speaks of, as what follows another condition."""
    conditions, values = list[sql.Composable](), list[Any]()
    for name, value in present.where.items():
        kind, is_one = table.columns[name], isinstance(value, str)
        compared = sql.SQL("%s") if is_one else sql.SQL("any(%s::{}[])").format(sql.SQL(TYPES[kind]))
        conditions.append(sql.SQL(" and raw.{} = {}").format(sql.Identifier(name), compared))
        values.append(value if is_one else _fitting(kind, value))
    if present.since is not None:
        conditions.append(sql.SQL(" and raw.{} >= %s").format(sql.Identifier(present.since[0])))
        values.append(present.since[1])
    return sql.SQL("").join(conditions), values


def measure(database: Connection, table: Table, tenant_id: UUID, connection_id: UUID, present: Present) -> int:
    """How many of `present.keys` are kept."""
    known, values = _among(table, present.keys)
    within, more = _within(table, present._replace(since=None))
    statement = sql.SQL(
        "select count(*) from {} as raw where tenant_id = %s and connection_id = %s and _deleted_at is null and {}{}"
    ).format(sql.Identifier(table.schema, table.name), known, within)
    row = database.execute(statement, [str(tenant_id), str(connection_id), values, *more]).fetchone()
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
