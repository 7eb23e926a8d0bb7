"""A team's pull requests, issues and sprints: a case of each KPI, and one for each reason to leave it out."""

from collections import Counter
from typing import Any
from urllib.parse import urlencode

from tests.api.conftest import Served
from tests.dbt_project.company import Company, at
from tests.dbt_project.tracker import Tracker

CONFIGURATION: dict[str, list[dict[str, Any]]] = {
    "teams": [
        {"team": "web", "repositories": ["cases/*"], "projects": [{"source": "jira", "project": "W"}]},
        {"team": "idle", "repositories": [], "projects": []},
    ],
    "project_parts": [
        {"project": "checkout", "part": "repository", "pattern": "cases/shop"},
        {"project": "checkout", "part": "issue_project", "pattern": "W"},
        {"project": "checkout", "part": "service", "pattern": "*"},
    ],
    "portfolio_projects": [{"portfolio": "shop", "project": "checkout"}],
    "objectives": [{"objective": "grow"}],
    "objective_rules": [{"objective": "grow", "field": "label", "pattern": "growth"}],
}


def tell_pulls(shop: Company) -> None:
    """One delivered after 3 hours, one of a bot, one never deployed; one given up, one a draft, one open."""
    shop.commit("a", 0)
    shop.deploy("a", 1, 1)
    shop.pull_request(1, opened=2, commits={"work": 2}, merged=4, merge_sha="b")
    shop.review(1, 2.5, state="COMMENTED")
    shop.review(1, 3.5)
    shop.commit("b", 4, ("a",))
    shop.pull_request(2, 2, {"bump": 2}, merged=4.5, merge_sha="c", user={"login": "renovate[bot]", "type": "Bot"})
    shop.commit("c", 4.5, ("b",))
    shop.deploy("c", 5, 5)
    shop.pull_request(3, 6, {"late": 6}, merged=7, merge_sha="d")
    shop.commit("d", 7, ("c",))
    shop.pull_request(4, 8, {"vain": 8}, state="closed", closed_at=at(9))
    shop.pull_request(5, 8, {"half": 8}, draft=True)
    shop.pull_request(6, 8, {"open": 8})


def tell_issues(tracker: Tracker) -> dict[str, dict[str, Any]]:
    """A sprint with an issue that is done, carried over, taken out or came late; a sub-task; other issues."""
    tracker.add("jira", "boards", id=1, name="Board", project_key="W")
    first, second = tracker.sprint("First", 10, 90), tracker.sprint("Second", 100)
    issues = {
        key: tracker.issue(key, 0, story_points=points) for key, points in (("W-1", 5.0), ("W-2", 3.0), ("W-3", 2.0))
    }
    for each in issues.values():
        tracker.put(each, 1, first)
    tracker.move(issues["W-1"], 50, "Done")
    tracker.put(issues["W-2"], 91, first, second)
    tracker.put(issues["W-3"], 40)
    late = issues["W-4"] = tracker.issue("W-4", 0, labels=["growth"])
    tracker.put(late, 20, first)
    tracker.move(late, 60, "Done")
    tracker.move(late, 61, "Doing")
    tracker.move(late, 70, "Done")
    part = tracker.issue("W-5", 0, issuetype={"name": "Sub-task", "subtask": True}, story_points=13.0)
    part["sprints"] = [{"id": first["id"], "name": "First"}]
    other = tracker.issue("X-1", 0, story_points=8.0)  # of nobody's project, on the same board
    tracker.put(other, 1, first)
    tracker.move(tracker.issue("X-2", 0, resolution={"name": "Won't Do"}), 30, "Done")
    return issues


def answer(served: Served, metric: str, **asked: Any) -> tuple[float | None, int]:
    """Value and n of a figure as its evidence tells them, and as its shown cases do."""
    found = served.get(f"/api/v1/evidence/{metric}?limit=1000&" + urlencode(asked), slug="cases", role="viewer")
    assert found.status_code == 200, found.text
    data = found.json()["data"]
    assert sum(case["is_counted"] for case in data["cases"]) == data["n"]
    left_out = Counter(case["left_out_because"] for case in data["cases"] if not case["is_counted"])
    assert {each["reason"]: each["case_count"] for each in data["left_out"]} == left_out
    every = served.get(data["all_cases"], slug="cases", role="viewer")
    assert {case["case_id"] for case in data["cases"]} <= {row["case_id"] for row in every.json()["data"]}
    return data["value"], data["n"]
