"""The same models by DuckDB on two threads: its input moved out of Postgres by ADBC, its marts moved back into it."""

import time
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import duckdb

import dbt_project
from orchestration.models import Manifest
from pipelines.warehouse.connection import Warehouse
from tests.benchmarks.duckdb_dialect import translate

BACK = "from_duckdb"  # the schema of the marts that come back


class DuckModels:
    """Models, parents first, with all that they read. Raises sqlglot.ParseError for SQL that is not understood."""

    def __init__(self, warehouse: Warehouse, manifest: Manifest, models: list[str]) -> None:
        self.nodes = nodes = manifest.content["nodes"] | manifest.content["sources"]
        self.models = models
        compiled = dbt_project.target_dir(warehouse.home) / "compiled" / "clearsignal"
        self.queries = {key: translate(_read(compiled, nodes[key])) for key in self.models}
        self.inputs = sorted({read for key in self.models for read in _parents(nodes[key]) if read not in self.queries})
        self.postgres = adbc.connect(warehouse.admin_url, autocommit=True)
        self.duckdb = duckdb.connect()
        self.duckdb.execute("attach ':memory:' as clearsignal; use clearsignal; set threads = 2; set timezone = 'UTC'")
        for schema in {nodes[key]["schema"] for key in [*self.models, *self.inputs]}:
            self.duckdb.execute(f'create schema "{schema}"')

    def move_out(self) -> int:
        """All that the models read; how many rows it is."""
        rows = 0
        for key in self.inputs:
            name = relation(self.nodes[key])
            with self.postgres.cursor() as cursor:
                cursor.execute(f"select * from {name}")
                arrow = cursor.fetch_arrow_table()
            self.duckdb.register("arrived", arrow)
            self.duckdb.execute(f"create table {name} as select * from arrived")
            self.duckdb.unregister("arrived")
            rows += arrow.num_rows
        return rows

    def run(self) -> dict[str, float]:
        """Every model as what it is to dbt, a view or a table; the seconds of each."""
        seconds = {}
        for key, query in self.queries.items():
            began = time.monotonic()
            node = self.nodes[key]
            kind = "view" if node["config"]["materialized"] == "view" else "table"
            try:
                self.duckdb.execute(f"create {kind} {relation(node)} as {query}")
                if node["config"].get("keeps_changes"):  # its changed keys: see macros/touched.sql
                    kept = [*node["config"]["unique_key"], *node["config"].get("changes_of", [])]
                    keys = f"select {', '.join(kept)}, null::bigint as build_id"
                    changed = f"{node['schema']}.{node['name']}__changed"
                    self.duckdb.execute(f"create table {changed} as {keys} from {relation(node)} limit 0")
            except duckdb.Error as error:
                raise RuntimeError(f"DuckDB cannot run {key}: {error}") from error
            seconds[node["name"]] = time.monotonic() - began
        return seconds

    def move_back(self) -> dict[str, int]:
        """Every table into schema `from_duckdb`; how many rows each has."""
        rows = {}
        with self.postgres.cursor() as cursor:
            cursor.execute(f"create schema {BACK}")
            for key in self.models:
                if self.nodes[key]["config"]["materialized"] != "view":
                    name = self.nodes[key]["name"]
                    arrow = self.duckdb.sql(_finite(self.duckdb, relation(self.nodes[key]))).to_arrow_table()
                    cursor.adbc_ingest(name, arrow, mode="create", db_schema_name=BACK)
                    rows[name] = arrow.num_rows
        return rows

    def close(self) -> None:
        """Part from both."""
        self.duckdb.close()
        self.postgres.close()


def _finite(database: duckdb.DuckDBPyConnection, name: str) -> str:
    """All its rows, with NULL for what never ends: Arrow has no infinite day."""
    table = database.table(name)
    kinds = zip(table.columns, map(str, table.types), strict=True)
    moments = [column for column, kind in kinds if kind in ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE")]
    finite = ", ".join(f'case when isfinite("{each}") then "{each}" end as "{each}"' for each in moments)
    return f"select *{f' replace ({finite})' if finite else ''} from {name}"


def relation(node: dict[str, Any]) -> str:
    """Schema and name, quoted."""
    return f'"{node["schema"]}"."{node.get("identifier") or node.get("alias") or node["name"]}"'


def _parents(node: dict[str, Any]) -> list[str]:
    return node.get("depends_on", {}).get("nodes", [])


def _read(compiled: Path, node: dict[str, Any]) -> str:
    return (compiled / node["original_file_path"]).read_text()
