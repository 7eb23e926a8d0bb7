"""Evidence of KPIs and sprints over HTTP: windows, scopes, and what is refused. Of delivery: test_overrides.py."""

from datetime import date
from uuid import UUID, uuid4

import pytest

from pipelines import contracts
from tests.api.real_contracts import insert

# In the names of tests, so the same in all workers.
SPRINT, RUNNING, UNDATED, EMPTY = (UUID(int=number) for number in range(1, 5))
STRETCHES = ((1, None), (2, 10), (3, 20), (25, None))  # days in May on which an issue was opened and resolved


@pytest.fixture(scope="module")
def told(real):
    """Issues of acme that were open in May, and sprints that closed, run or say nothing."""
    marts = contracts.read(real.services.registry.manifest)
    with real.warehouse.connect("transformer") as database:

        def put(mart, **given):
            insert(database, marts[mart], real.acme, {n: v for n, v in given.items() if v is not None})

        for kind, scope in (("tenant", "all"), ("team", "web"), ("objective", "unlinked")):
            given = {"scope_kind": kind, "scope": scope, "definition_id": "open_issues", "unit": "count"}
            put("executive_kpis", **given, window_days=7, as_of=date(2026, 5, 31))
        for number, (opened, resolved) in enumerate(STRETCHES):
            put("kpi_evidence", evidence_id=uuid4(), metric="open_issues", case_kind="issue", case_id=f"i{number}",
                source="jira", issue_project="W", teams=["web"], objective="unlinked", day=date(2026, 5, opened),
                happened_at=f"2026-05-{opened:02}T12:00Z", ended_on=resolved and date(2026, 5, resolved),
                is_counted=True)  # fmt: skip
        for key, closed, reason in (
            (SPRINT, 15, None),
            (RUNNING, None, None),
            (UNDATED, None, "No date."),
            (EMPTY, 9, None),
        ):
            put("sprint_velocity", sprint_id=key, name="Sprint", started_at=None if reason else "2026-05-01T23:30Z",
                closed_at=closed and f"2026-05-{closed:02}T12:00Z", unmeasured_reason=reason)  # fmt: skip
        for sprint, metric, points, reason in (
            (SPRINT, "sprint_committed", 3.0, None), (SPRINT, "sprint_committed", None, None),
            (SPRINT, "sprint_committed", 8.0, "added_later"), (RUNNING, "sprint_carried_over", 5.0, "running"),
            (UNDATED, "sprint_committed", 5.0, "unmeasured_sprint"),
        ):  # fmt: skip
            put("sprint_evidence", evidence_id=uuid4(), metric=metric, case_kind="issue", case_id="i", sprint_id=sprint,
                teams=["web"], day=date(2026, 5, 15) if sprint == SPRINT else None, points=points,
                is_counted=reason is None, left_out_because=reason)  # fmt: skip
        put("team_scorecard", team="web", window_days=7, as_of=date(2026, 5, 31))
    return real


def found(told, path):
    answer = told.get(f"/api/v1/evidence/{path}", role="viewer")
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


@pytest.mark.parametrize(
    ("window", "still_open", "resolved"),
    [("window_days=7", 2, 0), ("window_days=20", 2, 1), ("first_day=2026-05-01&last_day=2026-05-05", 3, 0),
     ("first_day=2026-05-01&last_day=2026-05-10", 2, 1)],
)  # fmt: skip
def test_what_is_open_is_told_of_the_last_day_and_what_was_resolved_before_is_left_out(
    told, window, still_open, resolved
):
    data = found(told, f"open_issues?scope_kind=team&scope=web&{window}")

    assert (data["value"], data["n"], data["numerator"], data["unit"]) == (still_open, still_open, None, "count")
    assert data["left_out"] == ([{"reason": "resolved", "case_count": resolved}] if resolved else [])
    assert {case["project"] for case in data["cases"]} == {"W"}


@pytest.mark.parametrize(
    ("sprint", "metric", "value", "n", "days"),
    [
        (SPRINT, "sprint_committed", 3, 2, ("2026-05-01", "2026-05-15")),
        (RUNNING, "sprint_committed", 0, 0, ("2026-05-01", None)),
        (RUNNING, "sprint_carried_over", None, 0, ("2026-05-01", None)),
        (UNDATED, "sprint_committed", None, 0, (None, None)),
        (EMPTY, "sprint_carried_over", 0, 0, ("2026-05-01", "2026-05-09")),
    ],
)
def test_a_sprint_has_days_of_its_own_and_what_it_does_not_measure_is_null(told, sprint, metric, value, n, days):
    data = found(told, f"{metric}?scope_kind=sprint&scope={sprint}")

    assert (data["value"], data["n"], (data["first_day"], data["last_day"])) == (value, n, days)


def test_a_team_without_a_closed_sprint_in_the_window_has_no_figure(told):
    assert found(told, "sprint_committed?scope_kind=team&scope=web&window_days=30")["value"] == 3
    assert found(told, "sprint_committed?scope_kind=team&scope=web&window_days=7")["value"] is None


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("open_issue", 404, "open_issues"),
        ("open_issues?scope_kind=service&scope=shop", 400, "tenant, team, project, portfolio, objective"),
        ("sprint_committed", 400, "sprint, team"),
        ("sprint_committed?scope_kind=sprint&scope=First", 404, "no sprint"),
        (f"sprint_committed?scope_kind=sprint&scope={SPRINT}&first_day=2026-05-01", 400, "first_day"),
        ("open_issues?scope_kind=team&scope=wep", 404, "web"),
    ],
)
def test_what_a_figure_does_not_have_is_said(told, path, status, words):
    answer = told.get(f"/api/v1/evidence/{path}", role="viewer")

    assert answer.status_code == status and words in answer.text


def test_evidence_of_anothers_sprint_is_no_evidence(told):
    answer = told.get(f"/api/v1/evidence/sprint_committed?scope_kind=sprint&scope={SPRINT}", slug="globex")

    assert answer.status_code == 404
