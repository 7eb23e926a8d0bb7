"""Bulk reads from a real Postgres."""

import psycopg

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
