"""What counts as news: any other value, a new key, a row that was gone; not the same said in another form."""

from typing import Any
from uuid import uuid4

import pytest

from pipelines import raw_schema
from pipelines.landing.news import holds_news
from pipelines.landing.rows import cells
from pipelines.raw_tables import RAW
from pipelines.warehouse.connection import Warehouse

ISSUES = RAW["github"]["issues"]
OWNER = (str(uuid4()), str(uuid4()))
KEPT = {
    "id": 7, "repository": "acme/shop", "number": 1, "title": "It, \"breaks\"\n\\N", "body": None, "labels": ["a", "b"],
    "user": {"login": "ann", "id": 1}, "comments": 0, "created_at": "2026-06-01T12:00:00Z",
}  # fmt: skip


@pytest.fixture(scope="module")
def kept(shared_warehouse: Warehouse) -> Warehouse:
    raw_schema.ensure_tables(shared_warehouse, ["github"])
    (row,) = cells(ISSUES, [KEPT]).values()
    names = ", ".join(f'"{name}"' for name in ISSUES.columns)
    with shared_warehouse.connect("loader") as database:
        database.execute(
            f"insert into raw_github.issues (tenant_id, connection_id, {names}, _dlt_load_id)"  # type: ignore[arg-type]
            f" values ({', '.join(['%s'] * (len(ISSUES.columns) + 3))})",
            [*OWNER, *row, "one"],
        )
    return shared_warehouse


@pytest.mark.parametrize(
    ("other", "is_news"),
    [
        ({}, False),
        ({"user": {"id": 1, "login": "ann"}}, False),  # the same object
        ({"created_at": "2026-06-01T14:00:00+02:00"}, False),  # the same instant
        ({"body": ""}, False),  # empty text is kept as NULL
        ({"title": "Another"}, True),
        ({"body": "text"}, True),
        ({"comments": None}, True),
        ({"comments": 1}, True),
        ({"labels": ["b", "a"]}, True),
        ({"created_at": "2026-06-01T12:00:01Z"}, True),
        ({"id": 8}, True),
    ],
)
def test_a_row_is_news_where_it_says_something_else(kept: Warehouse, other: dict[str, Any], is_news: bool) -> None:
    with kept.connect("loader", autocommit=True) as database:
        assert holds_news(database, ISSUES, cells(ISSUES, [{**KEPT, **other}]), *OWNER) is is_news
        assert holds_news(database, ISSUES, cells(ISSUES, [KEPT, {**KEPT, "id": 9}]), *OWNER)  # one of many


def test_the_same_row_of_another_tenant_and_one_that_was_gone_are_news(kept: Warehouse) -> None:
    rows = cells(ISSUES, [KEPT])
    with kept.connect("loader", autocommit=True) as database:
        assert holds_news(database, ISSUES, rows, str(uuid4()), OWNER[1])
        assert holds_news(database, ISSUES, rows, OWNER[0], str(uuid4()))
        database.execute("update raw_github.issues set _deleted_at = now()")
        assert holds_news(database, ISSUES, rows, *OWNER)
