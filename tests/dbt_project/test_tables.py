"""How the tables of the marts are made: as their contract says, whoever makes the table."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.dbt_project.project import Project

MART, MODELS = "market_prices", "+market_prices"
SHAPE = """
    select attname, format_type(atttypid, atttypmod), attnotnull
    from pg_attribute
    where attrelid = 'build.market_prices'::regclass and attnum > 0 and not attisdropped
    order by attnum
"""
KEY = """
    select pg_get_constraintdef(oid) from pg_constraint
    where conrelid = 'build.market_prices'::regclass and contype = 'p'
"""


@pytest.fixture
def mart(project: Project) -> Iterator[Any]:
    """The mart's node, as it was before the test afterwards."""
    node = project.manifest.nodes[f"model.clearsignal.{MART}"]
    kinds = {name: column.data_type for name, column in node.columns.items()}
    yield node
    for name, kind in kinds.items():
        node.columns[name].data_type = kind


def test_a_mart_has_the_columns_and_the_key_of_its_contract(project: Project, mart: Any) -> None:
    project.open()
    project.run(MODELS, full=True)

    with project.warehouse.connect("transformer") as database:
        columns, (key,) = database.execute(SHAPE).fetchall(), database.execute(KEY).fetchone()
    assert [(name, kind) for name, kind, _ in columns] == [
        (column.name, column.data_type.replace("timestamptz", "timestamp with time zone"))
        for column in mart.columns.values()
    ]
    required = {column.name for column in mart.columns.values() if column.constraints}
    assert {name for name, _, is_required in columns if is_required} == required | {"tenant_id", "symbol", "priced_at"}
    assert key == "PRIMARY KEY (tenant_id, symbol, priced_at)"


def test_a_query_that_breaks_its_contract_makes_no_table(project: Project, mart: Any) -> None:
    project.open()
    project.run(MODELS, full=True)
    mart.columns["volume"].data_type = "text"

    with pytest.raises(AssertionError, match=r"(?s)contract.*volume"):
        project.open()
        project.run(MART, full=True)

    with project.warehouse.connect("transformer") as database:
        kinds = {name: kind for name, kind, _ in database.execute(SHAPE).fetchall()}
    assert kinds["volume"] != "text"


def test_statistics_are_taken_anew_where_a_tenth_of_a_mart_changed_and_not_elsewhere(project: Project) -> None:
    insert = (
        "insert into build.market_prices (tenant_id, symbol, priced_at, day, price)"
        " select gen_random_uuid(), 'ACME', now(), current_date, 1 from generate_series(1, 100)"
    )
    project.open()
    project.run(MODELS, full=True)
    taken = [_times_analyzed(project)]
    with project.warehouse.connect("transformer") as database:
        database.execute("alter table build.market_prices set (autovacuum_enabled = false)")  # it would be sooner
        database.execute("select pg_stat_force_next_flush()")
        database.execute(insert)
    for _ in range(2):
        project.open()
        project.run(MODELS)
        taken.append(_times_analyzed(project))

    assert taken[1] == taken[0] + 1
    assert taken[2] == taken[1]


def _times_analyzed(project: Project) -> int:
    with project.warehouse.connect("transformer") as database:
        query = "select analyze_count from pg_stat_all_tables where relid = 'build.market_prices'::regclass"
        (count,) = database.execute(query).fetchone() or (0,)
    return count
