"""A package as dlt reads it: one CSV file a table, with the table's own columns, and the cursors as source state."""

import csv
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dlt
from dlt.common.storages.load_package import load_package_state
from dlt.extract.extractors import with_file_import

from pipelines.landing.rows import Cells, header, lines
from pipelines.raw_tables import RAW, Table

UUID_HINT = "x-uuid"
Owner = tuple[str, str]  # tenant, connection


def columns(table: Table) -> Any:
    """As dlt's schema has them. It knows no UUID: that is a text with a hint, which `postgres.py` reads."""
    needed = {*table.full_key, "_dlt_load_id"}
    return {
        name: {
            "name": name,
            "nullable": name not in needed,
            **({"data_type": "text", UUID_HINT: True} if kind == "uuid" else {"data_type": kind}),
        }
        for name, kind in table.all_columns.items()
    }


def packaged(source: str, owner: Owner, tables: Mapping[str, dict[Cells, Cells]], cursors: Mapping[str, str]) -> Any:
    """The dlt source of one package."""

    @dlt.source(name=source, max_table_nesting=0)
    def package() -> Iterator[Any]:
        for name, rows in tables.items():
            yield _resource(RAW[source][name], owner, rows, cursors)

    return package()


def _resource(table: Table, owner: Owner, rows: dict[Cells, Cells], cursors: Mapping[str, str]) -> Any:
    @dlt.resource(
        name=table.name,
        primary_key=list(table.full_key),
        write_disposition={"disposition": "merge", "strategy": "upsert", "skip_unchanged_rows": True},
        columns=columns(table),
    )
    def imported() -> Iterator[Any]:
        dlt.current.source_state().setdefault("cursors", {}).update(cursors)
        load_id = load_package_state()["load_id"]
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / f"{table.name}.csv"
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(header(table))
                writer.writerows(lines(table, *owner, load_id, rows.values()))
            yield with_file_import(str(path), "csv", len(rows))

    return imported
