"""Models built by the statements that dbt sent before."""

from collections.abc import Callable
from typing import Any

import pytest

from orchestration.dbt import Outcome
from orchestration.models import Manifest
from orchestration.statements import Statements
from pipelines.warehouse.connection import Warehouse

PARENT, CHILD = "model.clearsignal.parent", "model.clearsignal.child"
SENT = {
    PARENT: [
        '/* {"node_id": "parent"} */\n\n  select column_name from information_schema.columns where 1 = 0',
        "create temporary table parent__dbt_tmp as (select 1 + (select count(*) from marts.parent) as one);",
        "insert into marts.parent select one from parent__dbt_tmp",
        "COMMIT",
    ],
    CHILD: [
        "BEGIN",
        "insert into marts.child select count(*) from marts.parent",
        "delete from marts.news",
    ],
}


class Sender:
    """Stands for dbt: tells the statements of the models, and builds none."""

    def __init__(self, sent: dict[str, list[str]]) -> None:
        self.sent, self.asked = sent, 0

    def run(self, nodes: list[dict[str, Any]], heard: Callable[[str, str], None]) -> list[Outcome]:
        self.asked += 1
        for node in nodes:
            for statement in self.sent[node["unique_id"]]:
                heard(node["unique_id"], statement)
        return [Outcome(node["unique_id"], "success", 0.1, "by dbt", 0) for node in nodes]


def node(unique_id: str, *parents: str) -> dict[str, Any]:
    return {"unique_id": unique_id, "resource_type": "model", "depends_on": {"nodes": list(parents)}}


NODES = [node(CHILD, PARENT), node(PARENT)]


@pytest.fixture
def learned(warehouse: Warehouse) -> tuple[Statements, Sender]:
    """Statements that dbt has told once, and dbt."""
    with warehouse.connect("transformer") as database:
        database.execute("create table marts.parent (one bigint)")
        database.execute("create table marts.child (parents bigint)")
        database.execute("create table marts.news (one bigint)")
    dbt = Sender(dict(SENT))
    manifest = Manifest({"nodes": {one["unique_id"]: one for one in NODES}})
    statements = Statements(warehouse, dbt, manifest)  # type: ignore[arg-type]
    assert not statements.knows(NODES)
    assert {one.message for one in statements.run(NODES)} == {"by dbt"}
    return statements, dbt


def rows(warehouse: Warehouse) -> tuple[list[int], list[int]]:
    with warehouse.connect("transformer") as database:
        parents = database.execute("select one from marts.parent order by one").fetchall()
        children = database.execute("select parents from marts.child order by parents").fetchall()
    return [one for (one,) in parents], [count for (count,) in children]


def test_what_dbt_sent_once_is_sent_again_parents_first(
    warehouse: Warehouse, learned: tuple[Statements, Sender]
) -> None:
    statements, dbt = learned
    assert statements.knows(NODES)
    for _ in range(2):
        outcomes = statements.run(NODES)

    assert {one.unique_id: one.status for one in outcomes} == {PARENT: "success", CHILD: "success"}
    assert rows(warehouse) == ([1, 2], [1, 2])
    assert dbt.asked == 1


def test_a_model_that_is_new_has_dbt_build_all(warehouse: Warehouse, learned: tuple[Statements, Sender]) -> None:
    statements, dbt = learned
    other = node("model.clearsignal.other")
    dbt.sent["model.clearsignal.other"] = ["select 1"]

    statements.run([*NODES, other])

    assert dbt.asked == 2 and rows(warehouse) == ([], [])
    assert statements.knows([*NODES, other])


def test_a_statement_that_fails_leaves_nothing_of_its_model_and_has_dbt_build_all(
    warehouse: Warehouse, learned: tuple[Statements, Sender]
) -> None:
    statements, dbt = learned
    with warehouse.connect("transformer") as database:
        database.execute("drop table marts.news")

    outcomes = statements.run(NODES)

    assert {one.message for one in outcomes} == {"by dbt"} and dbt.asked == 2
    assert rows(warehouse) == ([1], [])
    with warehouse.connect("transformer") as database:
        database.execute("create table marts.news (one bigint)")
    statements.run(NODES)
    assert dbt.asked == 2 and rows(warehouse) == ([1, 2], [2])
