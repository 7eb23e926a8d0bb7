"""A tenant's marts as one DuckDB file, read through the API's role, so that the wall decides what is in it."""

import os
from pathlib import Path

import adbc_driver_postgresql.dbapi
import duckdb

import dbt_project
from pipelines import contracts
from pipelines.tenants import Tenant
from pipelines.warehouse.connection import Warehouse


class SnapshotFailed(Exception):
    """The file cannot be written. The message says what to do."""


def write(warehouse: Warehouse, tenant: Tenant, file: Path) -> dict[str, int]:
    """Write the file anew, whole or not at all. Returns the rows of each mart. Raises SnapshotFailed."""
    marts = contracts.read(dbt_project.manifest_path(warehouse.home))
    if not file.parent.is_dir():
        raise SnapshotFailed(f"there is no folder {file.parent}. Do: make it, or choose another file.")
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    try:
        rows = _copy(warehouse, tenant, list(marts.values()), draft)
        draft.replace(file)
    except OSError as error:
        raise SnapshotFailed(f"cannot write {file}: {error.strerror}. Do: choose another file.") from None
    except duckdb.IOException as error:
        raise SnapshotFailed(f"cannot write {file}: {str(error).splitlines()[0]}. Do: choose another file.") from None
    finally:
        draft.unlink(missing_ok=True)
    return rows


def _copy(warehouse: Warehouse, tenant: Tenant, marts: list[contracts.Mart], draft: Path) -> dict[str, int]:
    rows: dict[str, int] = {}
    with (
        adbc_driver_postgresql.dbapi.connect(warehouse.url("api")) as source,
        duckdb.connect(str(draft)) as target,
        source.cursor() as cursor,
    ):
        # First the tenant, for this transaction alone, then the reads: all marts of one age.
        cursor.execute("set transaction isolation level repeatable read")
        cursor.execute("select set_config('app.tenant_id', $1, true)", [str(tenant.tenant_id)])
        cursor.fetchall()
        for mart in marts:
            columns = ", ".join(_selected(column) for column in mart.columns if column.name != "tenant_id")
            cursor.execute("select to_regclass($1)::text", [f'marts."{mart.name}"'])
            if cursor.fetchall()[0][0] is None:
                continue
            cursor.execute(f'select {columns} from marts."{mart.name}"')
            found = cursor.fetch_arrow_table()
            target.register("found", found)
            target.execute(f'create table "{mart.name}" as select * from found')
            target.unregister("found")
            _describe(target, mart)
            rows[mart.name] = found.num_rows
    return rows


def _selected(column: contracts.Column) -> str:
    """Types that DuckDB would show as bytes travel as text."""
    cast = (
        "::text"
        if column.type in ("uuid", "json", "jsonb")
        else "::float8"
        if column.type.startswith("numeric")
        else ""
    )
    return f'"{column.name}"{cast} as "{column.name}"'


def _describe(target: duckdb.DuckDBPyConnection, mart: contracts.Mart) -> None:
    """The contract's words travel along."""
    target.execute(f'comment on table "{mart.name}" is {_quoted(mart.description)}')
    for column in mart.columns:
        if column.name != "tenant_id":
            unit = f" [{column.unit}]" if column.unit else ""
            target.execute(f'comment on column "{mart.name}"."{column.name}" is {_quoted(column.description + unit)}')


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
