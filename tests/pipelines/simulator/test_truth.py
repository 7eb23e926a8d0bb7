"""What the truth routes tell fits together, and fits what GitHub's handlers show."""

import httpx
import pytest

from pipelines.simulator.clock import parse_instant
from pipelines.simulator.company import Charter
from pipelines.simulator.server import running

STYLES = {"acme": "trunk", "globex": "monorepo", "initech": "release"}


@pytest.fixture(scope="module")
def simulator():
    charters = [Charter(slug, style, days=90, time_zone="America/New_York") for slug, style in STYLES.items()]
    with running(charters) as found:
        yield found


def shown(simulator, slug: str, path: str) -> list:
    """All rows that GitHub's API shows, of all of the company's repositories."""
    headers = {"Authorization": f"Bearer github-{slug}"}
    rows = []
    with httpx.Client(base_url=simulator.url + "/github", headers=headers) as client:
        for repository in client.get("/user/repos").json():
            url = f"/repos/{repository['full_name']}{path}"
            while url:
                answer = client.get(url)
                rows += answer.json()
                url = answer.links.get("next", {}).get("url")
    return rows


@pytest.mark.parametrize("slug", STYLES)
def test_the_days_add_up_to_the_whole(simulator, slug):
    whole = {row["service"]: row for row in simulator.truth(slug, "dora")}
    days = simulator.truth(slug, "dora?by=day")
    for service in whole.keys() - {None}:
        mine = [row for row in days if row["service"] == service]
        for figure in ("deployment_count", "change_failure_count", "rollback_count"):
            assert sum(row[figure] for row in mine) == whole[service][figure]
        together = sorted(seconds for row in mine for seconds in row["lead_time_seconds"])
        assert together == whole[service]["lead_time_seconds"]
    counts = [whole[service]["deployment_count"] for service in whole.keys() - {None}]
    assert whole[None]["deployment_count"] == sum(counts) > 0


@pytest.mark.parametrize("slug", STYLES)
def test_rates_lie_between_zero_and_one_and_nothing_is_negative(simulator, slug):
    for row in simulator.truth(slug, "dora?by=day"):
        assert row["change_failure_rate"] is None or 0 <= row["change_failure_rate"] <= 1
        assert all(seconds > 0 for seconds in row["lead_time_seconds"] + row["recovery_seconds"])


@pytest.mark.parametrize("slug", STYLES)
def test_the_deployments_are_those_that_github_shows(simulator, slug):
    told = {row["id"]: row for row in simulator.truth(slug, "deployments")}
    listed = {row["id"]: row for row in shown(simulator, slug, "/deployments?per_page=100")}

    assert told.keys() == listed.keys()
    for number, row in told.items():
        assert row["sha"] == listed[number]["sha"]
        assert row["environment"] == listed[number]["environment"].lower()


@pytest.mark.parametrize("slug", STYLES)
def test_a_pull_request_goes_from_commit_to_production_in_order(simulator, slug):
    delivered = [row for row in simulator.truth(slug, "pull_requests") if row["deployed_at"]]
    assert len(delivered) > 20
    for row in delivered:
        times = [row["opened_at"], row["ready_at"], row["merged_at"], row["deploy_started_at"], row["deployed_at"]]
        assert times == sorted(times)
        if row["first_approval_at"]:
            assert row["ready_at"] <= row["first_review_at"] <= row["first_approval_at"] <= row["merged_at"]


@pytest.mark.parametrize("slug", STYLES)
def test_an_incident_begins_after_its_deployment_and_ends_after_its_remedy(simulator, slug):
    deployments = {row["id"]: row for row in simulator.truth(slug, "deployments")}
    caused = [row for row in simulator.truth(slug, "incidents") if row["deployment_id"]]
    assert caused
    for row in caused:
        bad = deployments[row["deployment_id"]]
        assert bad["caused_incident"]
        assert bad["finished_at"] < row["started_at"]
        assert 0 < parse_instant(row["started_at"]) - parse_instant(bad["finished_at"]) < 24 * 3600
        if row["remediating_deployment_id"] and row["resolved_at"]:
            remedy = deployments[row["remediating_deployment_id"]]
            assert row["started_at"] < remedy["finished_at"] < row["resolved_at"]
            assert remedy["is_rollback"] == (row["remedy"] == "rollback")


def test_rows_can_be_filtered(simulator):
    rows = simulator.truth("acme", "changes?environment=production&is_baseline=false")
    assert rows
    assert {(row["environment"], row["is_baseline"]) for row in rows} == {("production", False)}


def test_a_company_that_is_not_there_is_not_found(simulator):
    assert httpx.get(simulator.url + "/truth/nobody/dora").status_code == 404
