"""Bulk reads from a real Postgres."""

from uuid import UUID

import polars as pl
import psycopg
import pytest

from pipelines import frames
from pipelines.warehouse.connection import Warehouse


def test_a_read_sees_what_was_committed_before_it_and_outlives_a_lost_connection(warehouse: Warehouse):
    assert frames.read(warehouse, "select 1 as one")["one"].item() == 1
    with psycopg.connect(warehouse.admin_url, autocommit=True) as connection:
        connection.execute("create table app.seen as select 2 as two")
        connection.execute("grant select on app.seen to clearsignal_transformer")
        assert frames.read(warehouse, "select two from app.seen")["two"].item() == 2
        ended = connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'clearsignal_transformer'"
        ).fetchall()
    assert ended, "the connection is kept from read to read"
    assert frames.read(warehouse, "select two from app.seen")["two"].item() == 2


def test_a_failed_query_does_not_spoil_the_next(warehouse: Warehouse):
    from adbc_driver_postgresql import dbapi

    try:
        frames.read(warehouse, "select nothing from nowhere")
    except dbapi.ProgrammingError as error:
        assert "nowhere" in str(error)
    else:
        raise AssertionError("it must fail")
    assert frames.read(warehouse, "select 3 as three")["three"].item() == 3


def test_what_was_written_has_statistics_at_once_and_few_more_rows_leave_them(warehouse: Warehouse):
    def written(first: int, count: int) -> float:
        """Rows of the table, as the planner knows them."""
        rows = pl.DataFrame(
            {"tenant_id": [str(UUID(int=1))] * count, "repository": ["acme/shop"] * count,
             "sha": [str(number) for number in range(first, first + count)]}
        )  # fmt: skip
        with warehouse.connect("transformer") as connection:
            frames.upsert(connection, "ml.missing_commits", ["tenant_id", "repository", "sha"], rows)
        with warehouse.connect("transformer") as connection:
            query = "select reltuples from pg_class where oid = 'ml.missing_commits'::regclass"
            return connection.execute(query).fetchone()[0]

    assert written(0, 1000) == 1000
    assert written(1000, 20) == 1020  # what a transaction writes counts as changed after its own statistics
    assert written(1020, 20) == 1020
    assert written(1040, 500) == 1540


def test_the_statistics_of_other_schemas_are_not_the_transformers_to_take(warehouse: Warehouse):
    with warehouse.connect("transformer") as connection:
        connection.execute("select ml.refresh_statistics('app.tenant'::regclass)")
        query = "select last_analyze from pg_stat_all_tables where relid = 'app.tenant'::regclass"
        assert connection.execute(query).fetchone() == (None,)
    with pytest.raises(psycopg.errors.InsufficientPrivilege), warehouse.connect("loader") as connection:
        connection.execute("select ml.refresh_statistics('ml.missing_commits'::regclass)")
