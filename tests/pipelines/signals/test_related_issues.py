"""Mentions, similar issues and duplicates between Postgres and Python, against a real database."""

from uuid import UUID

import pytest

from pipelines import signals
from pipelines.warehouse.connection import Warehouse

ACME, GLOBEX = UUID(int=1 << 96), UUID(int=2 << 96)
INPUTS = """
create schema if not exists intermediate;
create table intermediate.int_tenants__touched (tenant_id uuid);
create table intermediate.int_issues__unioned (tenant_id uuid, issue_id uuid, title text, body_text text);
create table intermediate.int_issues__names (tenant_id uuid, kind text, name text);
create table intermediate.int_issues__links (tenant_id uuid, issue_id uuid, linked_issue_id uuid, method text);
create view intermediate.int_issues__comparable as
    select *, '2026-03-02Z'::timestamptz as created_at, null::timestamptz as resolved_at, true as is_report
    from intermediate.int_issues__unioned;
insert into intermediate.int_tenants__touched select tenant_id from app.tenant;
"""


@pytest.fixture
def filled(warehouse: Warehouse) -> Warehouse:
    """The same three texts at two tenants, of whom Acme alone calls something by its name."""
    with warehouse.connect("loader") as connection:
        for tenant, slug in ((ACME, "acme"), (GLOBEX, "globex")):
            connection.execute(
                "insert into app.tenant (tenant_id, slug, name) values (%s, %s, %s)", (tenant, slug, slug)
            )
    execute(warehouse, INPUTS)
    for tenant in (ACME, GLOBEX):
        for number, title in enumerate(("Checkout shows a wrong total", "Checkout shows a wrong total", "Other words")):
            key = UUID(int=tenant.int + number)
            execute(warehouse, "insert into intermediate.int_issues__unioned values (%s, %s, %s)", tenant, key, title)
    execute(warehouse, "insert into intermediate.int_issues__names values (%s, 'component', 'Checkout')", ACME)
    return warehouse


def execute(warehouse: Warehouse, query: str, *values: object) -> list[tuple]:
    with warehouse.connect("transformer") as connection:
        cursor = connection.execute(query, values or None)
        return cursor.fetchall() if cursor.description else []


def rows(warehouse: Warehouse) -> list[list[tuple]]:
    tables = ("issue_mentions", "similar_issues", "duplicate_members")
    return [execute(warehouse, f"select * from ml.{table} order by 1, 2, 3, 4") for table in tables]


def both(warehouse: Warehouse, full: bool = False) -> tuple[dict[str, int], dict[str, int]]:
    return signals.find_mentions(warehouse, full), signals.group_issues(warehouse, full)


def test_each_tenant_has_its_own_names_and_groups(filled: Warehouse):
    both(filled)
    mentions, similar, members = rows(filled)

    assert {(row[0], row[3], row[5]) for row in mentions} == {(ACME, "Checkout", 0)}
    assert all(row[1].int >> 96 == row[3].int >> 96 == row[0].int >> 96 for row in similar)
    assert [(row[0], row[2]) for row in members] == [(ACME, ACME)] * 2 + [(GLOBEX, GLOBEX)] * 2


def test_nothing_is_looked_at_again_that_did_not_change(filled: Warehouse):
    both(filled)
    before = rows(filled)

    mentions, groups = both(filled)
    assert (mentions["searched"], groups["compared"]) == (0, 0)
    mentions, groups = both(filled, full=True)
    assert (mentions["written"], groups["written"], groups["deleted"]) == (0, 0, 0)
    assert rows(filled) == before


def test_a_text_that_changed_or_vanished_and_a_new_name_reach_the_rows(filled: Warehouse):
    both(filled)
    execute(filled, "update intermediate.int_issues__unioned set title = 'Quite other words' where issue_id = %s", ACME)
    execute(filled, "delete from intermediate.int_issues__unioned where issue_id = %s", GLOBEX)
    execute(filled, "insert into intermediate.int_issues__names values (%s, 'component', 'words')", ACME)
    execute(filled, "insert into intermediate.int_issues__links values (%s, %s, %s, 'jira_link')",
            ACME, ACME, UUID(int=ACME.int + 2))  # fmt: skip
    mentions, _ = both(filled)
    found = rows(filled)

    assert mentions["searched"] == 3
    assert [(row[1].int - ACME.int, row[3]) for row in found[0]] == [(0, "words"), (1, "Checkout"), (2, "words")]
    assert [(row[1].int - ACME.int, row[3]) for row in found[2]] == [(0, "first_report"), (2, "jira_link")]
    execute(filled, "truncate ml.issue_mentions, ml.issue_scans, ml.similar_issues, ml.duplicate_members")
    both(filled, full=True)
    assert rows(filled) == found


def test_only_tenants_with_news_are_read_and_those_that_left_are_forgotten(filled: Warehouse):
    both(filled)
    execute(filled, "delete from intermediate.int_tenants__touched")
    execute(filled, "update intermediate.int_issues__unioned set title = 'Search'")
    assert both(filled)[0]["searched"] == 0

    with filled.connect("loader") as connection:
        connection.execute("delete from app.tenant where tenant_id = %s", (GLOBEX,))
    execute(filled, "delete from intermediate.int_issues__unioned where tenant_id = %s", GLOBEX)
    both(filled)
    assert {row[0] for table in rows(filled) for row in table} == {ACME}
