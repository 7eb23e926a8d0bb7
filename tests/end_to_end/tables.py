"""What is in the tables: the published marts and the raw rows, to be compared with what should be there."""

from collections import Counter
from typing import Any

from psycopg import sql

from pipelines.raw_tables import RAW
from pipelines.warehouse.connection import Warehouse

Rows = Counter[str]


def marts(warehouse: Warehouse, schema: str = "marts") -> dict[str, Rows]:
    """Every published mart's rows as texts, whatever their order. The ids of tenants are written as their slugs."""
    with warehouse.connect("transformer") as connection:
        found = connection.execute("select tablename from pg_tables where schemaname = %s order by 1", [schema])
        names = [name for (name,) in found if not name.endswith("__changed")]
        return {name: _rows(connection, schema, name) for name in names}


def raw(warehouse: Warehouse) -> dict[str, Rows]:
    """Every raw table's rows without what says when and how they were loaded."""
    with warehouse.connect("loader") as connection:
        return {
            f"{source}.{name}": _rows(connection, f"raw_{source}", name, "_dlt_load_id", "_dlt_id")
            for source, tables in RAW.items()
            for name in tables
        }


def differences(before: dict[str, Rows], after: dict[str, Rows]) -> dict[str, dict[str, list[str]]]:
    """By table: a few of the rows that only one of the two has; nothing where they are equal."""
    found = {}
    for name in before.keys() | after.keys():
        gone, new = before.get(name, Counter()) - after.get(name, Counter()), after.get(name, Counter()) - before[name]
        if gone or new:
            found[name] = {"only before": sorted(gone.elements())[:3], "only after": sorted(new.elements())[:3]}
    return found


def _rows(connection: Any, schema: str, name: str, *without: str) -> Rows:
    statement = sql.SQL("select (to_jsonb(t) - %s::text[])::text from {} as t").format(sql.Identifier(schema, name))
    return Counter(row for (row,) in connection.execute(statement, [list(without)]))
