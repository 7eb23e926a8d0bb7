"""A small package → its raw tables and dlt's own, in one transaction and without dlt's steps.

Those cost a fifth of a second of CPU, however few rows there are (decision 43). What is written is what dlt would
write: its merge, its state, its record of the load. So either way goes on where the other has stopped.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, datetime
from functools import cache
from typing import Any

import psycopg2
from dlt.common.storages.load_package import create_load_id
from dlt.common.utils import uniq_id
from dlt.common.versioned_state import decompress_state
from dlt.destinations.impl.postgres.configuration import PostgresCredentials
from dlt.destinations.sql_jobs import SqlMergeFollowupJob
from dlt.pipeline.state_sync import (
    PIPELINE_STATE_ENGINE_VERSION,
    generate_pipeline_state_version_hash,
    migrate_state_to_current,
    state_doc,
)

from pipelines.landing.dlt_source import Owner, columns
from pipelines.landing.locks import landing_schema, share
from pipelines.landing.postgres import Client, Postgres
from pipelines.landing.rows import Cells, header, lines
from pipelines.landing.sessions import SESSIONS
from pipelines.raw_tables import RAW, Table
from pipelines.warehouse.connection import Warehouse

MOST_ROWS = 10_000  # of a small package: with more of them dlt's steps count for little, and it merges tables at once
State = dict[str, Any]  # dlt's, of one pipeline


@contextmanager
def transaction(warehouse: Warehouse, source: str) -> Iterator[Any]:
    """A cursor of a session that this source has used before; what it did is committed at the end."""
    address = warehouse.url("loader")
    kind = f"{address} {source}"  # for the temporary tables that it has
    session = SESSIONS.take(kind, lambda: psycopg2.connect(address), keeps_tables=True)
    try:
        with session, session.cursor() as cursor:
            yield cursor
    finally:
        SESSIONS.give(kind, session)


def state(cursor: Any, source: str, pipeline_name: str) -> State:
    """What the newest committed package of a pipeline left, empty where there is none."""
    cursor.execute(f"select to_regclass('raw_{source}._dlt_pipeline_state') is not null")
    if not cursor.fetchone()[0]:
        return {}
    cursor.execute(
        f"select s.state from raw_{source}._dlt_pipeline_state as s"
        f" join raw_{source}._dlt_loads as l on l.load_id = s._dlt_load_id"
        " where s.pipeline_name = %s and l.status = 0 order by l.load_id desc limit 1",
        [pipeline_name],
    )
    found = cursor.fetchone()
    return dict(migrate_state_to_current(pipeline_name, decompress_state(found[0]))) if found else {}


def commit(
    cursor: Any, source: str, owner: Owner, tables: Mapping[str, dict[Cells, Cells]], after: State | None
) -> str:
    """Write rows, the state `after` them where it is another one, and the record of the load; its id."""
    share(cursor, landing_schema(source, owner[1]), for_transaction=True)
    load_id = create_load_id()
    for name, rows in tables.items():
        _merge(cursor, RAW[source][name], owner, load_id, rows)
    if after is not None:
        doc: dict[str, Any] = {**state_doc(after, load_id), "_dlt_id": uniq_id(10)}  # type: ignore[arg-type]
        cursor.execute(
            f"insert into raw_{source}._dlt_pipeline_state ({', '.join(doc)}) values ({', '.join(['%s'] * len(doc))})",
            list(doc.values()),
        )
    cursor.execute(
        f"insert into raw_{source}._dlt_loads (load_id, schema_name, status, inserted_at, schema_version_hash)"
        " values (%s, %s, 0, %s, (select version_hash from"
        f" raw_{source}._dlt_version where schema_name = %s order by inserted_at desc limit 1))",
        [load_id, source, datetime.now(UTC), source],
    )
    return load_id


def moved(before: State, source: str, pipeline_name: str, cursors: Mapping[str, str]) -> State:
    """The state after a package with these cursors."""
    after = deepcopy(before) or _first(source, pipeline_name)
    after["sources"].setdefault(source, {}).setdefault("cursors", {}).update(cursors)
    after["_local"] = {}
    after["_state_version"] += 1
    after["_version_hash"] = generate_pipeline_state_version_hash(after)  # type: ignore[arg-type]
    return after


def _first(source: str, pipeline_name: str) -> State:
    """As dlt begins."""
    return {
        "_state_version": 0,
        "_state_engine_version": PIPELINE_STATE_ENGINE_VERSION,
        "pipeline_name": pipeline_name,
        "default_schema_name": source,
        "dataset_name": f"raw_{source}",
        "schema_names": [source],
        "destination_type": Postgres.destination_type,
        "destination_name": None,
        "sources": {},
    }


def _merge(cursor: Any, table: Table, owner: Owner, load_id: str, rows: dict[Cells, Cells]) -> None:
    file = io.BytesIO()
    text = io.TextIOWrapper(file, "utf-8", newline="")  # StringIO would take four bytes a character
    csv.writer(text).writerows(lines(table, *owner, load_id, rows.values()))
    text.flush()
    file.seek(0)
    names = ", ".join(f'"{name}"' for name in header(table))
    arriving = f'pg_temp."{table.name}"'  # is made once a session
    cursor.execute(
        f'create temporary table if not exists {arriving} (like {table.schema}."{table.name}") on commit delete rows'
    )
    cursor.copy_expert(f"copy {arriving} ({names}) from stdin (format csv)", file)
    cursor.execute(_merge_statement(table.source, table.name))


@cache
def _merge_statement(source: str, name: str) -> str:
    """dlt's own merge by the primary key, which leaves rows alone that did not change, from a temporary table."""
    table = RAW[source][name]
    prepared = {name: {**column, "primary_key": name in table.full_key} for name, column in columns(table).items()}
    nowhere = PostgresCredentials("postgresql://nobody:none@localhost/none")
    client = Client(table.schema, "pg_temp", nowhere, Postgres(credentials=nowhere).capabilities())
    chain: Any = [{"name": table.name, "columns": prepared}]
    (statement,) = SqlMergeFollowupJob.gen_upsert_sql(chain, client, skip_unchanged=True)
    return statement
