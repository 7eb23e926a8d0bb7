"""A data test costs its query; dbt judges what finds a row. (With dbt itself: tests/end_to_end/test_audit.py.)"""

from collections.abc import Iterable
from typing import Any

import psycopg

from orchestration import audit
from orchestration.builds import Build
from orchestration.dbt import Outcome
from pipelines.warehouse.connection import Warehouse

SQL = {
    "test.clearsignal.finds_nothing": "select 1 as one where false",
    "test.clearsignal.finds_a_row": "select 1 as one",
    "test.clearsignal.is_broken": "select nothing from nowhere",
}
TESTS = {unique_id: {"unique_id": unique_id, "name": unique_id.split(".")[2], "alias": unique_id.split(".")[2]}
         for unique_id in SQL}  # fmt: skip


class Judge:
    """Stands for dbt: knows the SQL, and calls what it is given a failure."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def compiled(self, tests: Iterable[dict[str, Any]]) -> dict[str, str]:
        return {test["unique_id"]: SQL[test["unique_id"]] for test in tests}

    def test(self, tests: Iterable[dict[str, Any]]) -> list[Outcome]:
        self.asked = {test["unique_id"] for test in tests}
        return [Outcome(unique_id, "fail", 0.04, "judged", 1) for unique_id in sorted(self.asked)]


def tables(database: psycopg.Connection) -> set[str]:
    return {name for (name,) in database.execute("select tablename from pg_tables where schemaname = 'build_failures'")}


def test_what_finds_no_row_is_not_given_to_dbt_and_its_old_failures_are_forgotten(warehouse: Warehouse):
    with warehouse.connect("transformer") as database:
        database.execute("create schema if not exists build_failures")
        for test in TESTS.values():
            database.execute(f"create table build_failures.{test['name']} as select 1 as one")
    judge, build = Judge(), Build(warehouse)

    outcomes = {one.unique_id: one.status for one in audit.run_tests(judge, TESTS, warehouse, build)}  # type: ignore[arg-type]

    assert judge.asked == {"test.clearsignal.finds_a_row", "test.clearsignal.is_broken"}
    assert outcomes == {unique_id: "fail" if unique_id in judge.asked else "pass" for unique_id in SQL}
    assert set(build.failures) == {"finds_a_row", "is_broken"}
    with warehouse.connect("transformer") as database:
        assert tables(database) == {"finds_a_row", "is_broken"}
    build.abandon()
