"""Projects, portfolios, teams, objectives and risks, on one story whose figures can be worked out by hand."""

from typing import Any
from uuid import UUID

import pytest

from pipelines.configuration import stored
from pipelines.connection_changes import Author
from tests.dbt_project.company import Company, at
from tests.dbt_project.previewed import rules_in_force, what_if
from tests.dbt_project.project import Project
from tests.dbt_project.tracker import Tracker

pytestmark = pytest.mark.slow  # a build of nearly everything
HOUR, DAY = 3600.0, 24
CONFIGURATION: dict[str, list[dict[str, Any]]] = {
    "teams": [{"team": "web", "repositories": ["sales/*"], "projects": [{"source": "jira", "project": "G"}]}],
    "project_parts": [
        {"project": "checkout", "part": "service", "pattern": "cart"},
        {"project": "checkout", "part": "service", "pattern": "search"},
        {"project": "growth", "part": "service", "pattern": "ads"},
        {"project": "growth", "part": "issue_project", "pattern": "G"},
        {"project": "alone", "part": "service", "pattern": "mail"},
    ],
    "portfolio_projects": [{"portfolio": "shop", "project": "checkout"}, {"portfolio": "shop", "project": "growth"}],
    "objectives": [{"objective": "grow", "owner": "ann"}, {"objective": "safety"}, {"objective": "later"}],
    "objective_rules": [
        {"objective": "grow", "field": "label", "pattern": "growth"},
        {"objective": "safety", "field": "epic", "pattern": "S-1"},
    ],
    "targets": [
        {"metric": "lead_time", "value": 2 * HOUR, "valid_from": "2026-03-01"},
        {
            "metric": "lead_time",
            "value": 6 * HOUR,
            "valid_from": "2026-03-04",
            "scope_kind": "portfolio",
            "scope": "shop",
        },
        {
            "metric": "lead_time",
            "value": 1 * HOUR,
            "valid_from": "2027-01-01",
            "scope_kind": "portfolio",
            "scope": "shop",
        },
    ],
    "risk_rules": [{"rule": "missed_target", "threshold": 1}, {"rule": "waiting_review", "is_enabled": False}],
}


def tell(shop: Company, tracker: Tracker) -> None:
    """Lead times of 3 (cart), 7 (search), 11 and 4 (ads) and 2 hours (mail)."""
    shop.add("repositories", id=1, name="shop", default_branch="main")
    shop.commit("a", 0)
    for service in ("cart", "search", "ads", "mail"):
        shop.deploy("a", 1, 1, payload={"service": service})
    shop.pull_request(1, opened=2, commits={"work": 2}, merged=3, merge_sha="b")
    shop.commit("b", 3, ("a",))
    for service, hours in (("cart", 5), ("search", 9), ("ads", 13), ("mail", 4)):
        shop.deploy("b", hours, hours, payload={"service": service})
    shop.pull_request(2, opened=14, commits={"more": 14}, merged=15, merge_sha="c")
    shop.commit("c", 15, ("b",))
    shop.deploy("c", 18, 18, payload={"service": "ads"})
    shop.deploy("c", 19, 19, payload={"service": "ads"}, state="failure")
    shop.pull_request(3, opened=20, commits={"forgotten": 20})
    shop.incident(9, opened=30)
    for key, fields in {"G-1": {"labels": ["growth"]}, "S-2": {"parent": {"key": "S-1"}}, "X-3": {}}.items():
        tracker.move(tracker.issue(key, 0, **fields), 10, "Done")
    tracker.move(tracker.issue("X-4", 0), 24, "Doing")


@pytest.fixture(scope="module")
def told(project: Project) -> Company:
    shop, tracker = Company(project, "sales", "UTC"), Tracker(project, "sales")
    tell(shop, tracker)
    shop.sync(20 * DAY)
    tracker.sync(20 * DAY)
    with project.warehouse.connect("loader") as database:
        for kind, rows in CONFIGURATION.items():
            stored.put(database, Author(shop.tenant_id), stored.kind_of(kind), rows, "as the story says")
        database.execute(
            "insert into app.connection (tenant_id, connection_id, source, name) values (%s, %s, 'jira', 'site')",
            [shop.tenant_id, UUID(int=7)],
        )
        database.execute(
            "insert into app.sync_run (tenant_id, connection_id, source, resource, finished_at, status, error_class,"
            " started_at) values (%s, %s, 'jira', 'issues', %s, 'failed', 'credentials', %s)",
            [shop.tenant_id, UUID(int=7), at(20 * DAY), at(20 * DAY)],
        )
    project.build(also="+path:models/marts/portfolio")
    return shop


def kpi(shop: Company, kind: str, scope: str, metric: str, days: int = 30) -> dict[str, Any]:
    (row,) = [
        row for row in shop.rows("executive_kpis")
        if (row["scope_kind"], row["scope"], row["definition_id"], row["window_days"]) == (kind, scope, metric, days)
    ]  # fmt: skip
    return row


def test_a_portfolios_median_is_of_all_its_changes_and_not_of_its_projects_medians(told):
    found = {
        (row["scope_kind"], row["scope"]): row["lead_time_p50_seconds"] / HOUR
        for row in told.rows("portfolio")
        if row["window_days"] == 30 and row["lead_time_p50_seconds"]
    }

    assert found == {
        ("service", "cart"): 3, ("service", "search"): 7, ("service", "ads"): 7.5, ("service", "mail"): 2,
        ("project", "checkout"): 5, ("project", "growth"): 7.5, ("project", "alone"): 2, ("portfolio", "shop"): 5.5,
    }  # fmt: skip
    parents = {row["scope"]: row["parent"] for row in told.rows("portfolio")}
    assert (parents["cart"], parents["checkout"], parents["alone"]) == ("checkout", "shop", None)


def test_the_effort_of_all_objectives_and_the_unlinked_rest_is_the_whole(told):
    efforts = {
        row["scope"]: (row["resolved_issue_count"], row["effort_share"])
        for row in told.rows("portfolio")
        if row["scope_kind"] == "objective" and row["window_days"] == 30
    }

    assert efforts == {
        "grow": (1, pytest.approx(1 / 3)), "safety": (1, pytest.approx(1 / 3)), "later": (None, 0),
        "unlinked": (1, pytest.approx(1 / 3)),
    }  # fmt: skip
    assert kpi(told, "objective", "unlinked", "open_issues")["value"] == 2  # the incident and what is being done


def test_the_effort_for_an_objective_is_told_by_project(told):
    efforts = {
        (row["project"], row["portfolio"], row["objective"]): (row["n"], row["share_of_project"])
        for row in told.rows("objective_effort")
        if row["window_days"] == 30
    }

    assert efforts == {
        ("growth", "shop", "grow"): (1, 1), ("none", "none", "safety"): (1, 0.5),
        ("none", "none", "unlinked"): (1, 0.5),
    }  # fmt: skip


def test_a_team_has_what_its_repositories_and_projects_have(told):
    (web,) = [row for row in told.rows("team_scorecard") if row["window_days"] == 30]

    assert (web["team"], web["deployment_count"], web["merged_pull_request_count"]) == ("web", 9, 2)
    assert (web["resolved_issue_count"], web["lead_time_p50_seconds"], web["n"]) == (1, 4 * HOUR, 5)


def test_a_target_holds_from_its_day_on_and_for_its_scope(told):
    whole, shop = kpi(told, "tenant", "all", "lead_time"), kpi(told, "portfolio", "shop", "lead_time")

    assert (whole["target"], whole["is_target_met"]) == (2 * HOUR, False)
    assert (shop["target"], shop["is_target_met"]) == (6 * HOUR, True)
    assert kpi(told, "project", "growth", "lead_time")["target"] is None


def test_a_project_of_one_service_has_the_services_figures(told):
    names = ("value", "previous_value", "n", "coverage")
    for metric in ("lead_time", "deployment_frequency", "change_failure_rate", "recovery_time"):
        project, service = kpi(told, "project", "alone", metric), kpi(told, "service", "mail", metric)
        assert [project[name] for name in names] == [service[name] for name in names], metric


def test_risks_say_what_waits_since_when_and_whose_it_is(told):
    risks = {row["rule"]: row for row in told.rows("risks")}

    assert set(risks) == {"open_incident", "stuck_pull_request", "ageing_work", "missed_target", "failing_sync"}
    stuck = risks["stuck_pull_request"]
    assert (stuck["owner"], stuck["since"], stuck["age_days"], stuck["repository"]) == ("ada", at(20), 19, "sales/shop")
    assert (risks["ageing_work"]["since"], risks["ageing_work"]["measured"]) == (at(24), 19)
    assert risks["open_incident"]["severity"] == 5
    insights = {row["rule"]: row["case_count"] for row in told.rows("repository_insights")}
    assert insights == {"stuck_pull_request": 1, "open_incident": 1}


def test_a_preview_judges_projects_and_objectives_as_the_models_do(project, told):
    marts = ("project_members", "objective_issues")
    (parts,) = rules_in_force(project, [told.tenant_id], "project_parts", *marts)
    (issues,) = rules_in_force(project, [told.tenant_id], "objective_rules", *marts)

    assert (parts.matched, issues.matched, issues.total) == (5, 2, 5)
    assert parts.changes == issues.changes == []


PUBLISHED = ("project_members", "objective_issues", "executive_kpis", "risks", "pull_requests", "deployments")


@pytest.mark.parametrize(
    ("kind", "matched"),
    [
        ("portfolio_projects", 4),
        ("objectives", 2),
        ("targets", 2),
        ("risk_rules", 1),
        ("teams", 3),
        ("holidays", 0),
        ("settings", 10),
    ],
)
def test_a_preview_of_what_is_in_force_changes_nothing(project, told, kind, matched):
    (found,) = rules_in_force(project, [told.tenant_id], kind, *PUBLISHED)

    assert found.changes == []
    assert found.matched == matched


@pytest.mark.parametrize(
    ("kind", "rows", "changes"),
    [
        ("portfolio_projects", [{"portfolio": "shop", "project": "growth"}], {("checkout", "shop", "no portfolio")}),
        ("objectives", [{"objective": "safety"}], {("grow", "an objective", "none, though rules name it")}),
        (
            "targets",
            [
                {"metric": "lead_time", "value": 1, "valid_from": "2026-03-01"},
                {"metric": "lead_time", "value": 9 * HOUR, "valid_from": "2026-03-02"},  # the newer one counts
            ],
            {
                ("Lead time for changes of all", "7200: missed", "32400: met"),
                ("Lead time for changes of shop", "21600: met", "no target"),
            },
        ),
        (
            "risk_rules",
            [{"rule": "stuck_pull_request", "threshold": 30}, {"rule": "open_incident", "severity": 2}],
            {
                ("stuck_pull_request: sales/shop#3 PR 3", "severity 3", "no risk"),
                ("open_incident: sales/shop#9 Checkout is down", "severity 5", "severity 2"),
            },
        ),
        (
            "holidays",
            [{"day": "2026-03-02"}, {"day": "2026-03-03", "team": "web"}],
            {("2026-03-02 web", "a day of work or of the weekend", "a day off")},
        ),
        (
            "settings",
            [{"name": "time_zone", "value": "Asia/Tokyo"}],
            {
                ("2026-03-02 17:00 UTC", "2026-03-02", "2026-03-03"),
                ("2026-03-02 21:00 UTC", "2026-03-02", "2026-03-03"),
            },
        ),
    ],
)
def test_a_preview_tells_what_other_rows_would_change(project, told, kind, rows, changes):
    found = what_if(project, told.tenant_id, kind, rows)

    assert {(change.name, change.now, change.then) for change in found.changes} == changes


def test_the_projects_own_tests_pass_on_this_story(project, told):
    project.dbt(
        "test",
        "--select",
        "path:models/marts/portfolio",
        "path:tests/portfolio",
        "--store-failures",
        manifest=project.manifest,
    )


def test_incremental_equals_full(project, told):
    marts = (
        "executive_kpis", "team_scorecard", "portfolio", "risks", "repository_insights", "project_members",
        "objective_issues", "objective_effort",
    )  # fmt: skip
    with project.warehouse.connect("loader") as database:
        database.execute("delete from app.sync_run where tenant_id = %s and status = 'failed'", [told.tenant_id])
    project.build(also="+path:models/marts/portfolio")  # without any news
    rules = {row["rule"] for row in told.rows("risks")}
    with project.warehouse.connect("loader") as database:
        rows = CONFIGURATION["project_parts"][1:]
        stored.put(database, Author(told.tenant_id), stored.kind_of("project_parts"), rows, "cart is nobody's")
    project.build(also="+path:models/marts/portfolio")
    incremental = project.checksums(marts)
    leads = {row["scope"]: row["lead_time_p50_seconds"] for row in told.rows("portfolio") if row["window_days"] == 30}
    project.build(full=True, also="+path:models/marts/portfolio")

    assert project.checksums(marts) == incremental
    assert "failing_sync" not in rules and "ageing_work" in rules
    assert (leads["checkout"], leads["shop"]) == (7 * HOUR, 7 * HOUR)
