"""When the planner's statistics of raw tables are taken."""

from concurrent.futures import ThreadPoolExecutor

from pipelines import raw_schema
from pipelines.warehouse.connection import Warehouse

TABLE = "raw_github.tags"
ADD = f"""
    insert into {TABLE} (tenant_id, connection_id, repository, name, _dlt_load_id)
    select gen_random_uuid(), gen_random_uuid(), 'acme/shop', gen_random_uuid(), '1' from generate_series(1, %s)
"""


def add(warehouse: Warehouse, count: int) -> int:
    """Add rows, refresh the statistics, and tell how often they were taken until then."""
    with warehouse.connect("loader") as database:
        database.execute("select pg_stat_force_next_flush()")
        database.execute(ADD, [count])
    raw_schema.refresh_statistics(warehouse)
    with warehouse.connect("loader") as database:
        query = "select analyze_count from pg_stat_user_tables where relid = %s::regclass"
        (taken,) = database.execute(query, [TABLE]).fetchone()  # type: ignore[misc]
    return taken


def test_statistics_are_taken_where_a_tenth_of_a_table_has_changed(warehouse: Warehouse) -> None:
    raw_schema.ensure_tables(warehouse, ["github"])
    with warehouse.connect("loader") as database:
        database.execute(f"alter table {TABLE} set (autovacuum_enabled = false)")  # it would be sooner

    assert [add(warehouse, count) for count in (2000, 100, 500)] == [1, 1, 2]


def test_what_is_there_is_not_waited_for(warehouse: Warehouse) -> None:
    raw_schema.ensure_tables(warehouse, ["github"])
    with ThreadPoolExecutor(1) as pool, warehouse.connect("loader") as writing:
        writing.execute(ADD, [1])
        pool.submit(raw_schema.ensure_tables, warehouse, ["github"]).result(20)
    with warehouse.connect("loader") as database:
        database.execute("drop table raw_github.branches")
    raw_schema.ensure_tables(warehouse, ["github"])

    with warehouse.connect("loader") as database:
        assert database.execute("select count(*) from raw_github.branches").fetchone() == (0,)
