"""Dates of delivery and story points between Postgres and polars, against a real database."""

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

import pytest

from pipelines import signals
from pipelines.warehouse.connection import Warehouse

ACME, GLOBEX = UUID(int=1 << 96), UUID(int=2 << 96)
SITES = UUID(int=7), UUID(int=8)
MONDAY = date(2026, 1, 5)
TODAY = date(2026, 6, 3)
INPUTS = """
create schema if not exists intermediate;
create schema if not exists build;
create table build.throughput_weekly (
    tenant_id uuid, source text, project text, team text, week date, delivered_count bigint
);
create table intermediate.int_throughput__scopes (
    tenant_id uuid, source text, project text, scope_kind text, scope_id text, scope text, remaining_count bigint
);
create table intermediate.int_throughput__work_items (
    tenant_id uuid, issue_id uuid, connection_id uuid, source text, key text, project text, title text, body_text text,
    status text, story_points float8, created_at timestamptz
);
create table intermediate.int_issues__scoring_days (tenant_id uuid, source text, scored_on date);
"""


@pytest.fixture
def filled(warehouse: Warehouse) -> Iterator[Warehouse]:
    execute(warehouse, INPUTS)
    for tenant in (ACME, GLOBEX):
        execute(warehouse, "insert into intermediate.int_issues__scoring_days values (%s, 'jira', %s)", tenant, TODAY)
    yield warehouse


def execute(warehouse: Warehouse, query: str, *values: object) -> list[tuple]:
    with warehouse.connect("transformer") as connection:
        cursor = connection.execute(query, values or None)
        return cursor.fetchall() if cursor.description else []


def add_weeks(warehouse: Warehouse, tenant: UUID, *teams: list[int]) -> None:
    for team, counts in enumerate(teams):
        for number, count in enumerate(counts):
            values = (tenant, str(team), MONDAY + timedelta(weeks=number), count)
            execute(warehouse, "insert into build.throughput_weekly values (%s, 'jira', 'SHOP', %s, %s, %s)", *values)


def add_scope(warehouse: Warehouse, tenant: UUID, kind: str, remaining: int) -> None:
    execute(
        warehouse,
        "insert into intermediate.int_throughput__scopes values (%s, 'jira', 'SHOP', %s, 'all', 'SHOP', %s)",
        *(tenant, kind, remaining),
    )


def add_issues(warehouse: Warehouse, tenant: UUID, points: float | None, count: int, site: UUID = SITES[0]) -> None:
    execute(
        warehouse,
        "insert into intermediate.int_throughput__work_items"
        " select %s, gen_random_uuid(), %s, 'jira', 'SHOP-' || n, 'SHOP', 'Change the colour of page ' || n, null,"
        " 'open', %s, now() from generate_series(1, %s) as n",
        *(tenant, site, points, count),
    )


def test_a_project_gets_dates_for_its_scopes_and_counts_for_twelve_weeks(filled: Warehouse):
    add_weeks(filled, ACME, [3] * 10, [4] * 10)  # its teams add up to seven a week
    add_scope(filled, ACME, "backlog", 70)
    add_scope(filled, ACME, "sprint", 0)

    answer = signals.forecast_delivery(filled)

    assert answer == {"projects": 1, "refused": 1, "written": 14, "deleted": 0}
    rows = execute(
        filled,
        "select scope_kind, made_on, day_p50, day_p95, week_count, weekly_mean, backtest_n, coverage_85, refusal_reason"
        " from ml.delivery_forecasts order by 1",
    )
    done = TODAY + timedelta(days=70)
    assert rows == [
        ("backlog", TODAY, done, done, 10, 7.0, 1, 1.0, None),
        ("sprint", TODAY, None, None, 10, 7.0, None, None, "Nothing is open."),
    ]
    ahead = execute(filled, "select day, count_p50, count_p85 from ml.throughput_forecasts order by day")
    assert (len(ahead), ahead[3]) == (12, (TODAY + timedelta(weeks=4), 28, 28))


def test_the_same_rows_on_the_same_day_give_the_same_forecast_and_each_tenant_its_own(filled: Warehouse):
    for tenant in (ACME, GLOBEX):
        add_weeks(filled, tenant, [0, 9, 2, 5, 0, 7, 3, 1])
        add_scope(filled, tenant, "backlog", 40)
    signals.forecast_delivery(filled)
    before = execute(filled, "select * from ml.delivery_forecasts where tenant_id = %s", ACME)

    assert signals.forecast_delivery(filled)["written"] == 0
    execute(filled, "delete from build.throughput_weekly where tenant_id = %s", GLOBEX)
    assert signals.forecast_delivery(filled, [ACME])["written"] == 0
    assert signals.forecast_delivery(filled)["deleted"] == 12  # Globex's counts: without weeks it is refused
    assert execute(filled, "select * from ml.delivery_forecasts where tenant_id = %s", ACME) == before
    reasons = dict(execute(filled, "select tenant_id, refusal_reason from ml.delivery_forecasts"))
    assert reasons == {ACME: None, GLOBEX: "Only 0 complete weeks; a forecast needs 6."}


def test_points_come_from_the_tenants_own_issues_and_with_their_evidence(filled: Warehouse):
    add_issues(filled, ACME, 5.0, 25)
    add_issues(filled, ACME, None, 1)
    add_issues(filled, GLOBEX, 8.0, 19)  # one too few, and Acme's do not help
    add_issues(filled, GLOBEX, None, 1)

    answer = signals.estimate_points(filled)

    assert answer == {"tenants": 2, "refused": 1, "written": 2, "deleted": 0}
    rows = execute(
        filled,
        "select tenant_id, estimate, n, known_n, jsonb_array_length(neighbours::jsonb), refusal_reason"
        " from ml.story_point_estimates order by known_n desc",
    )
    assert rows[0] == (ACME, 5.0, 9, 25, 5, None)
    assert rows[1][1:] == (None, 0, 19, None, "Only 19 estimated issues in the project; an estimate needs 20.")


def test_two_sites_with_a_project_of_one_name_are_not_asked_for_each_other(filled: Warehouse):
    add_issues(filled, ACME, 5.0, 25, SITES[0])
    add_issues(filled, ACME, None, 1, SITES[1])

    signals.estimate_points(filled)

    assert execute(filled, "select known_n, estimate from ml.story_point_estimates") == [(0, None)]


def test_only_tenants_whose_issues_changed_are_estimated_again(filled: Warehouse):
    for tenant in (ACME, GLOBEX):
        add_issues(filled, tenant, 5.0, 25)
        add_issues(filled, tenant, None, 1)
    signals.estimate_points(filled)

    assert signals.estimate_points(filled) == {"tenants": 0, "refused": 0, "written": 0, "deleted": 0}
    execute(filled, "update intermediate.int_throughput__work_items set story_points = 2 where tenant_id = %s", ACME)
    assert signals.estimate_points(filled) == {"tenants": 1, "refused": 0, "written": 0, "deleted": 1}
    execute(filled, "delete from intermediate.int_throughput__work_items where tenant_id = %s", GLOBEX)
    assert signals.estimate_points(filled)["deleted"] == 1
