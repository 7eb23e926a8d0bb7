"""What KPIs and sprints are made of: the cases give the figures again, and what is left out says why."""

from collections.abc import Iterator
from typing import Any

import pytest

import dbt_project
from api import evidence_reading
from pipelines import accounts, tenants
from pipelines.configuration import stored
from pipelines.connection_changes import Author
from pipelines.delivery import walk
from pipelines.publish import publish
from tests import parsed
from tests.api.conftest import PASSWORD, Served, serve
from tests.dbt_project.company import Company, at
from tests.dbt_project.kpi_cases import CONFIGURATION, answer, tell_issues, tell_pulls
from tests.dbt_project.project import FIRST, Project
from tests.dbt_project.tracker import Tracker

DAY = 24
MARTS = ("kpi_evidence", "sprint_evidence", "executive_kpis", "team_scorecard")
PUBLISHED = (*MARTS, "metric_evidence", "dora_summary", "project_members", "sprint_velocity", "rules_in_force")
KPIS = {*evidence_reading.PULLS, *evidence_reading.ISSUES}
SELECTED = " ".join(f"+{name}" for name in PUBLISHED)


def build(project: Project, full: bool = False) -> None:
    """As a transform does, without what no KPI hangs on."""
    build_id = project.open()
    project.run(FIRST, full)
    walk.first_deployments(project.warehouse, full=full)
    project.run(SELECTED, full, exclude=FIRST)
    project.close(build_id)


@pytest.fixture(scope="module")
def told(project: Project) -> Tracker:
    shop, tracker = Company(project, "cases", "UTC"), Tracker(project, "cases-tracker")
    quiet = Tracker(project, "quiet-cases")
    tracker.tenant_id = shop.tenant_id
    tell_pulls(shop)
    tell_issues(tracker)
    tell_issues(quiet)
    shop.sync(9 * DAY)
    tracker.sync(9 * DAY)
    quiet.sync(9 * DAY)
    with project.warehouse.connect("loader") as database:
        for kind, rows in CONFIGURATION.items():
            stored.put(database, Author(shop.tenant_id), stored.kind_of(kind), rows, "as the story says")
    build(project)
    return tracker


def cases(told: Tracker, mart: str, metric: str, **fields: Any) -> dict[str, str | None]:
    """{reference: why left out} of a metric's cases."""
    return {
        row["reference"].removeprefix("cases/shop"): row["left_out_because"]
        for row in told.rows(mart, "happened_at desc, reference")
        if row["metric"] == metric and all(row[name] == value for name, value in fields.items())
    }


def kpi(told: Tracker, kind: str, scope: str, metric: str) -> tuple[float | None, int]:
    (row,) = [
        row for row in told.rows("executive_kpis")
        if (row["scope_kind"], row["scope"], row["definition_id"], row["window_days"]) == (kind, scope, metric, 30)
    ]  # fmt: skip
    return row["value"], row["n"]


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("cycle_time", {"#1": None, "#2": "bot", "#3": "not_deployed"}),
        ("review_time", {"#1": None, "#2": "bot", "#3": None}),
        ("merged_pull_requests",
         {"#1": None, "#2": "bot", "#3": None, "#4": "closed_unmerged", "#5": "draft", "#6": "open"}),
        ("issues_resolved", {"W-1": None, "W-4": None, "X-2": "not_delivered"}),
        ("time_to_resolve", {"W-1": None, "W-4": None, "X-2": None}),
        ("open_issues", dict.fromkeys(("W-1", "W-2", "W-3", "W-4", "W-5", "X-1", "X-2"))),
    ],
)  # fmt: skip
def test_each_case_is_counted_or_says_why_it_is_not(told, metric, expected):
    assert cases(told, "kpi_evidence", metric) == expected


def test_the_figures_are_those_of_the_story(told):
    assert kpi(told, "tenant", "all", "cycle_time") == (3 * 3600, 1)
    assert kpi(told, "portfolio", "shop", "merged_pull_requests") == (2, 2)
    assert kpi(told, "project", "checkout", "issues_resolved") == (2, 2)
    assert kpi(told, "team", "web", "open_issues") == (3, 3)
    assert kpi(told, "objective", "grow", "time_to_resolve") == (70 * 3600, 1)
    assert kpi(told, "objective", "unlinked", "open_issues") == (4, 4)


def test_a_reopened_issue_is_a_case_for_each_stretch(told):
    stretches = [
        (row["happened_at"], row["ended_on"]) for row in told.rows("kpi_evidence", "happened_at")
        if row["metric"] == "open_issues" and row["reference"] == "W-4"
    ]  # fmt: skip

    assert stretches == [(at(0), at(60).date()), (at(61), at(70).date())]


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("sprint_committed", {"W-1": None, "W-2": None, "W-3": None, "X-1": None, "W-4": "added_later"}),
        ("sprint_completed", {"W-1": None, "W-4": None, "W-2": "not_done", "W-3": "removed", "X-1": "not_done"}),
        ("sprint_carried_over", {"W-2": None, "X-1": None, "W-1": "done", "W-4": "done", "W-3": "removed"}),
    ],
)
def test_each_issue_of_a_sprint_is_in_its_figures_or_says_why_not(told, metric, expected):
    assert cases(told, "sprint_evidence", metric, sprint="First") == {**expected, "W-5": "sub_task"}


def test_a_running_sprint_carries_nothing_over_yet(told):
    assert cases(told, "sprint_evidence", "sprint_carried_over", sprint="Second") == {"W-2": "running"}


def test_a_teams_sprints_are_of_its_own_issues_alone(told):
    rows = {(row["team"], row["window_days"]): row for row in told.rows("team_scorecard")}
    web, idle = rows["web", 7], rows["idle", 30]

    assert (web["closed_sprint_count"], web["sprint_committed_count"], web["sprint_committed_points"]) == (1, 3, 10)
    assert (web["sprint_completed_count"], web["sprint_completed_points"], web["say_do_ratio"]) == (2, 5, 0.5)
    assert (web["sprint_carried_over_count"], web["sprint_carried_over_points"]) == (1, 3)
    assert web["say_do_ratio_of_issues"] == pytest.approx(2 / 3)
    assert {idle[name] for name in idle if "sprint" in name or "say_do" in name} == {None}


def test_the_cases_give_the_published_figures_again(project, told):
    selected = ["kpi_evidence_gives_the_kpis_again", "sprint_evidence_gives_the_sprints_again"]
    done = project.dbt("test", "--select", *selected, *MARTS, "--indirect-selection", "cautious", "--store-failures",
                       manifest=project.manifest)  # fmt: skip

    assert set(selected) <= {result.node.name for result in done.result.results}


@pytest.fixture(scope="module")
def served(project: Project, told: Tracker) -> Iterator[Served]:
    """The API over these marts, for the story's tenant."""
    every = parsed.marts()
    publish(project.warehouse, {name: every[name] for name in PUBLISHED})
    path = dbt_project.manifest_path(project.warehouse.home)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(parsed.manifest_path(project.warehouse).read_bytes())
    tenant = tenants.find(project.warehouse, str(told.tenant_id))
    accounts.create_user(project.warehouse, "viewer@cases.example", "viewer", PASSWORD, tenant, "viewer")
    yield from serve(project.warehouse, tenant, tenant)


def test_the_evidence_of_each_kpi_is_what_is_published(served, told):
    kinds = evidence_reading.GRAINS
    wanted, found, metrics = {}, {}, set()
    for row in told.rows("executive_kpis"):
        key = (row["definition_id"], row["scope_kind"], row["scope"], row["window_days"])
        if row["scope_kind"] in kinds[row["definition_id"]].scope_kinds and (
            row["definition_id"] in KPIS or row["scope_kind"] in ("project", "portfolio")
        ):
            wanted[key] = (row["value"], row["n"])
            found[key] = answer(served, key[0], scope_kind=key[1], scope=key[2], window_days=key[3])
            metrics.add(row["definition_id"])

    assert found == wanted
    assert metrics >= {*KPIS, "lead_time", "deployment_frequency", "change_failure_rate"}


@pytest.mark.parametrize("figure", ["committed", "completed", "carried_over"])
def test_the_evidence_of_each_sprint_and_team_is_what_is_published(served, told, figure):
    for row in told.rows("sprint_velocity"):
        found = answer(served, f"sprint_{figure}", scope_kind="sprint", scope=row["sprint_id"])
        assert found == (row[f"{figure}_points"], row[f"{figure}_count"] or 0), row["name"]
    for row in told.rows("team_scorecard"):
        window = {"scope": row["team"], "window_days": row["window_days"]}
        found = answer(served, f"sprint_{figure}", scope_kind="team", **window)
        assert found == (row[f"sprint_{figure}_points"], row[f"sprint_{figure}_count"] or 0), window


@pytest.mark.slow  # five more builds
def test_incremental_equals_full_whatever_moved(project, told):
    quiet = project.checksums(MARTS)
    build(project)
    assert project.checksums(MARTS) == quiet
    gone = told.issue("W-8", 90)
    told.move(gone, 110, "Done")
    told.sync(9 * DAY)
    build(project)
    assert cases(told, "kpi_evidence", "issues_resolved")["W-8"] is None
    told.gone("jira", "issues", gone, 9 * DAY)
    told.sync(9 * DAY)
    build(project)
    assert "W-8" not in cases(told, "kpi_evidence", "issues_resolved")
    with project.warehouse.connect("loader") as database:
        rules = {"teams": CONFIGURATION["teams"][:1], "project_parts": CONFIGURATION["project_parts"][:1]}
        for kind, rows in rules.items():
            stored.put(database, Author(told.tenant_id), stored.kind_of(kind), rows, "W is nobody's project")
    told.move(told.issue("W-9", 100), 120, "Done")
    told.sync(10 * DAY)
    build(project)
    incremental = project.checksums(MARTS)
    figures = kpi(told, "project", "checkout", "merged_pull_requests")
    build(project, full=True)

    assert project.checksums(MARTS) == incremental
    assert figures == (2, 2) and cases(told, "kpi_evidence", "issues_resolved", project="checkout") == {}
