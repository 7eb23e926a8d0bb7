"""Rows between Postgres and polars, in bulk: read by ADBC as Arrow, written by COPY, and only what differs.

For the tables of schema `ml`, which stand outside the wall; uuids are text in frames.
"""

import atexit
import json
import threading
from collections.abc import Sequence
from typing import Any

import polars as pl
import psycopg
from psycopg import sql

from pipelines.warehouse.connection import Warehouse

NULL = "\\N"
_of_thread = threading.local()


def read(warehouse: Warehouse, query: str) -> pl.DataFrame:
    """The rows of a query as the transformer sees them. Cast uuid to text and numeric to float8 in the query."""
    with _connection(warehouse).cursor() as cursor:
        cursor.execute(query)
        return pl.DataFrame(pl.from_arrow(cursor.fetch_arrow_table()))


def _connection(warehouse: Warehouse) -> Any:
    """This thread's connection: ADBC reads all types of the database at each start, some tenths of a second."""
    from adbc_driver_postgresql import dbapi

    url = warehouse.url("transformer")
    if getattr(_of_thread, "url", None) == url and _is_alive(_of_thread.connection):
        return _of_thread.connection
    if hasattr(_of_thread, "connection"):
        _of_thread.connection.close()
    _of_thread.connection, _of_thread.url = dbapi.connect(url, autocommit=True), url
    atexit.register(_of_thread.connection.close)  # the driver cannot be closed once the interpreter is
    return _of_thread.connection


def _is_alive(connection: Any) -> bool:
    """False after the server was started anew."""
    from adbc_driver_postgresql import dbapi

    try:
        with connection.cursor() as cursor:
            cursor.execute("select")
    except dbapi.Error:
        return False
    return True


def records(rows: Sequence[dict[str, object]], columns: str) -> str:
    """Rows as a table expression for a FROM clause, such as `records(rows, "graph int, tenant_id uuid")`."""
    text = sql.quote(json.dumps(rows))
    return f"jsonb_to_recordset({text}::jsonb) as given({columns})"


def store(
    connection: psycopg.Connection, table: str, key: Sequence[str], new: pl.DataFrame, old: pl.DataFrame
) -> dict[str, int]:
    """Make the rows of `old` become `new` in `table`: counts of rows written and deleted.

    Both have the same columns, `key` among them; what is equal in both is not touched.
    """
    old = old.cast(dict(new.schema))  # type: ignore[arg-type]
    changed = new.join(old, on=new.columns, how="anti", nulls_equal=True)
    gone = old.join(new, on=list(key), how="anti").select(key)
    delete(connection, table, gone)
    upsert(connection, table, key, changed)
    return {"written": changed.height, "deleted": gone.height}


def upsert(connection: psycopg.Connection, table: str, key: Sequence[str], rows: pl.DataFrame) -> None:
    """Insert the rows, or overwrite those of the same key."""
    if rows.is_empty():
        return
    _land(connection, table, rows)
    facts = [column for column in rows.columns if column not in key]
    values = sql.SQL(", ").join(sql.SQL("{0} = excluded.{0}").format(sql.Identifier(column)) for column in facts)
    connection.execute(
        sql.SQL("insert into {table} ({columns}) select {columns} from landed on conflict ({key}) do {then}").format(
            table=_name(table),
            columns=_columns(rows.columns),
            key=_columns(key),
            then=sql.SQL("update set {}").format(values) if facts else sql.SQL("nothing"),
        )
    )
    # The models read it next: without statistics of what is new, a join is planned as of a row, and may take minutes.
    connection.execute("select ml.refresh_statistics(%s::regclass)", [table])


def delete(connection: psycopg.Connection, table: str, keys: pl.DataFrame) -> None:
    """Delete the rows with these keys."""
    if keys.is_empty():
        return
    _land(connection, table, keys)
    same = sql.SQL(" and ").join(
        sql.SQL("kept.{0} = landed.{0}").format(sql.Identifier(column)) for column in keys.columns
    )
    connection.execute(sql.SQL("delete from {} as kept using landed where {}").format(_name(table), same))


def _land(connection: psycopg.Connection, table: str, rows: pl.DataFrame) -> None:
    """COPY the rows into a temporary table with the types of `table`."""
    connection.execute("drop table if exists landed")
    connection.execute(
        sql.SQL("create temporary table landed on commit drop as select {} from {} with no data").format(
            _columns(rows.columns), _name(table)
        )
    )
    copy = sql.SQL("copy landed ({}) from stdin (format csv, null {})").format(
        _columns(rows.columns), sql.Literal(NULL)
    )
    with connection.cursor() as cursor, cursor.copy(copy) as stream:
        stream.write(rows.write_csv(include_header=False, null_value=NULL))


def _name(table: str) -> sql.Identifier:
    return sql.Identifier(*table.split("."))


def _columns(names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name in names)
