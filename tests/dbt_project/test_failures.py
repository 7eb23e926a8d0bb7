"""What failed in production, why it is thought so, and what mended it: small stories, worked out by hand."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.dbt_project.company import Company, at, sha
from tests.dbt_project.project import Project
from tests.dbt_project.team import Team

HOUR = 3600.0
STORIES: dict[str, Callable[[Company], None]] = {}


def story(tell: Callable[[Company], None]) -> Callable[[Company], None]:
    STORIES[tell.__name__] = tell
    return tell


def line(shop: Company, *hours: float) -> list[dict[str, Any]]:
    """Commits `c0`, `c1`, … in a line, each deployed by itself at one of these hours."""
    deployments = []
    for number, hour in enumerate(hours):
        shop.commit(f"c{number}", hour - 0.5, (f"c{number - 1}",) if number else ())
        deployments.append(shop.deploy(f"c{number}", hour - 0.1, hour))
    return deployments


@story
def already_over(shop: Company) -> None:
    """A person puts an incident down to a deployment that ended only after it; a text names what came after it."""
    line(shop, 1, 5)
    shop.incident(1, opened=3, closed=4)
    later = shop.deploy("c1", 8, 8.2, environment="production-eu")
    labels = [{"name": "incident"}, {"name": "cause:provider"}]
    shop.incident(2, opened=6, closed=7, labels=labels, body=f"Mended by deployment {later['id']}.")
    shop.sync(10)


BLAME = """
    insert into app.override (tenant_id, kind, subject, object, value, reason)
    select
        deployments.tenant_id, 'incident_cause', incidents.incident_id::text, deployments.deployment_id::text, true,
        'I saw it'
    from build.deployments as deployments
    inner join intermediate.int_incidents__mapped as incidents using (tenant_id)
    where tenant_id = %s and deployments.finished_at = %s and incidents.key like '%%#1'
"""


@story
def capitals(shop: Company) -> None:
    """An incident's environment and cause as people write them."""
    line(shop, 1, 20, 60)
    shop.incident(1, opened=21, closed=22, labels=[{"name": "incident"}, {"name": "Production"}])
    shop.incident(2, opened=61, closed=62, labels=[{"name": "incident"}, {"name": "Cause: Unknown"}])
    shop.sync(80)


@story
def named(shop: Company) -> None:
    """Incidents that name a pull request by its number, a commit by its first letters, and the first deployment."""
    shop.commit("c0", 0)
    shop.deploy("c0", 1, 1)
    for number, hour in enumerate((10, 20, 30), 1):
        shop.pull_request(
            number, opened=hour - 2, commits={f"w{number}": hour - 3}, merged=hour - 1, merge_sha=f"c{number}"
        )
        shop.commit(f"c{number}", hour - 1, (f"c{number - 1}",))
        shop.deploy(f"c{number}", hour, hour)
    shop.incident(91, opened=31, closed=32, body="Caused by #1, see also #3 which mends nothing.")
    shop.incident(92, opened=31, closed=33, body=f"Since {sha('c2')[:10]} all is slow; order 1234567 was deadbeef.")
    shop.incident(93, opened=40, closed=41, body=f"It was so from {sha('c0')} on.")
    shop.sync(50)


@story
def another_revert(shop: Company) -> None:
    """What an incident says is broken is not mended by the revert of something else."""
    shop.commit("c0", 0)
    shop.deploy("c0", 1, 1)
    for number, hour in enumerate((10, 20), 1):
        shop.pull_request(
            number, opened=hour - 2, commits={f"w{number}": hour - 3}, merged=hour - 1, merge_sha=f"c{number}"
        )
        shop.commit(f"c{number}", hour - 1, (f"c{number - 1}",))
        shop.deploy(f"c{number}", hour, hour)
    shop.incident(91, opened=21, closed=38)
    body = f"Reverts {shop.repository}#1"
    shop.pull_request(3, opened=22, commits={"w3": 22}, merged=23, merge_sha="c3", body=body)
    shop.commit("c3", 23, ("c2",))
    shop.deploy("c3", 24, 24)
    shop.sync(50)


@story
def attempts(shop: Company) -> None:
    """Runs of a workflow: touched long after its jobs, failed at first, failed when it was run again, without jobs."""
    with shop.project.warehouse.connect("loader") as database:
        database.execute(
            "insert into app.deployment_rule (tenant_id, position, origin, pattern) values (%s, 1, %s, '{deploy}')",
            [shop.tenant_id, "workflow_runs"],
        )
    ends = {
        1: [(1, 2, "success")],
        2: [(1, 3, "failure"), (2, 6, "success")],
        3: [(1, 8, "success"), (2, 9, "failure")],
    }
    for run, tried in ends.items():
        shop.commit(f"c{run}", run, (f"c{run - 1}",) if run > 1 else ())
        shop.add(
            "workflow_runs", id=run, name="deploy", head_branch="main", head_sha=sha(f"c{run}"), event="push",
            conclusion=tried[-1][2], run_attempt=len(tried), created_at=at(run), run_started_at=at(tried[-1][1] - 0.5),
            updated_at=at(30 + run),
        )  # fmt: skip
        for attempt, hour, conclusion in tried:
            for job, named in enumerate((conclusion, "skipped")):
                shop.add(
                    "workflow_jobs", id=100 * run + 10 * attempt + job, run_id=run, run_attempt=attempt,
                    name=f"job {job}", conclusion=named, status="completed",
                    started_at=at(hour - 0.5), completed_at=at(hour - 0.1 * job),
                )  # fmt: skip
    shop.add(
        "workflow_runs", id=4, name="deploy", head_branch="main", head_sha=sha("c3"), event="push",
        conclusion="failure", run_attempt=1, created_at=at(12), run_started_at=at(12), updated_at=at(13),
    )  # fmt: skip
    shop.sync(50)


@story
def bug(shop: Company) -> None:
    """Two bugs are mended: one was found in production, the other before."""
    shop.commit("c0", 0)
    shop.deploy("c0", 1, 1)
    for number, labels in ((81, ["Bug", "Production"]), (82, ["bug"])):
        shop.incident(number, opened=2, closed=25, labels=[{"name": name} for name in labels], title="The sum is wrong")
    for number, hour in enumerate((10, 20), 1):
        shop.pull_request(
            number, opened=hour - 2, commits={f"w{number}": hour - 3}, merged=hour - 1, merge_sha=f"c{number}",
            body=f"Fixes #{80 + number}",
        )  # fmt: skip
        shop.commit(f"c{number}", hour - 1, (f"c{number - 1}",))
        shop.deploy(f"c{number}", hour, hour)
    shop.sync(50)


@story
def lone_commits(shop: Company) -> None:
    """A clone tells which service of a monorepo a commit without a pull request concerns."""
    team = Team(shop)
    with shop.project.warehouse.connect("loader") as database:
        database.execute("delete from app.deployment_rule where tenant_id = %s", [shop.tenant_id])
        for position, service in enumerate(("web", "api")):
            database.execute(
                "insert into app.service_path (tenant_id, position, repository, path, service) values (%s,%s,%s,%s,%s)",
                [shop.tenant_id, position, shop.repository, f"{service}/**", service],
            )
    team.clone.commit("the beginning", 0, README="1")
    begun = team.clone.git("rev-parse", "HEAD").strip()
    team.clone.commit("a page", 2, **{"web/page": "1"})
    paged = team.clone.git("rev-parse", "HEAD").strip()
    team.clone.commit("both", 3, **{"web/page": "2", "api/sum": "1"})
    both = team.clone.git("rev-parse", "HEAD").strip()
    team.sync(4)
    for service in ("web", "api"):
        shop.deploy("the beginning", 1, 1, sha=begun, payload={"service": service})
        shop.deploy("a page", 5, 5, sha=paged, payload={"service": service})
        shop.deploy("both", 6, 6, sha=both, payload={"service": service})
    shop.sync(8)


@pytest.fixture(scope="module")
def told(project: Project) -> dict[str, Company]:
    companies = {}
    for name, tell in STORIES.items():
        companies[name] = Company(project, name.replace("_", "-"), "UTC")
        tell(companies[name])
    project.build()
    shop = companies["already_over"]
    with project.warehouse.connect_as_administrator() as database:
        assert database.execute(BLAME, [shop.tenant_id, at(5)]).rowcount == 1
    shop.commit("news", 10, ("c1",))
    shop.sync(11)
    project.build()
    return companies


def of_commits(shop: Company) -> dict[str, dict[str, Any]]:
    """The deployments, by the name of the commit."""
    names = {sha(f"c{number}"): f"c{number}" for number in range(5)}
    return {names[row["sha"]]: row for row in shop.rows("deployments", order="finished_at") if row["sha"] in names}


def test_an_incident_that_was_over_before_the_deployment_measures_no_recovery(told):
    rows = [row for row in told["already_over"].rows("deployments", order="finished_at") if row["sha"] == sha("c1")]
    cases = {
        row["deployment_id"]: row
        for row in told["already_over"].rows("metric_evidence")
        if row["metric"] == "recovery_time"
    }

    assert [(row["is_change_failure"], row["recovery_seconds"]) for row in rows] == [(True, None), (False, None)]
    assert cases[rows[0]["deployment_id"]]["left_out_because"] == "not_measurable"


def test_environment_and_cause_are_read_in_any_case_and_an_unknown_cause_acquits_nobody(told):
    rows = of_commits(told["capitals"])

    assert [rows[name]["change_failure_kind"] for name in ("c0", "c1", "c2")] == [
        None,
        "incident_nearby",
        "incident_nearby",
    ]


def test_an_incident_names_its_cause_as_people_do(told):
    rows = of_commits(told["named"])
    evidence = {
        (row["deployment_id"], piece["kind"], piece["reference"])
        for row in told["named"].rows("metric_evidence")
        if row["metric"] == "change_failure_rate"
        for piece in row["evidence"] or ()
    }

    said = {
        name: {(kind, key[-3:]) for one, kind, key in evidence if one == rows[name]["deployment_id"]} for name in rows
    }
    assert said == {
        "c0": {("incident_link", "#93")},
        "c1": {("incident_link", "#91")},
        "c2": {("incident_link", "#92")},
        "c3": {("incident_link", "#91")},  # it is named, and was out before
    }


def test_only_the_revert_of_what_it_brought_mends_a_deployment(told):
    rows = of_commits(told["another_revert"])

    assert rows["c1"]["recovery_seconds"] == 14 * HOUR
    assert rows["c2"]["change_failure_kind"] == "incident_nearby"
    assert (rows["c2"]["remediating_deployment_id"], rows["c2"]["recovery_seconds"]) == (None, 18 * HOUR)


def test_a_run_ends_with_the_jobs_of_the_first_attempt_that_succeeded(told):
    rows = told["attempts"].rows("deployments", order="external_id")

    assert [(row["status"], row["finished_at"]) for row in rows] == [
        ("success", at(2)), ("success", at(6)), ("success", at(8)), ("failure", at(13)),
    ]  # fmt: skip
    assert [row["started_at"] for row in rows] == [at(1.5), at(5.5), at(7.5), at(12)]


def test_the_fix_of_a_bug_that_was_found_in_production_is_rework(told):
    rows = of_commits(told["bug"])
    (piece,) = [
        piece
        for row in told["bug"].rows("metric_evidence")
        if row["metric"] == "rework_rate" and row["is_in_numerator"]
        for piece in row["evidence"]
    ]

    assert {name: row["is_rework"] for name, row in rows.items()} == {"c0": False, "c1": True, "c2": False}
    assert (piece["kind"], piece["reference"]) == ("bug_fix", f"{told['bug'].repository}#81")


def test_a_lone_commit_goes_out_with_the_services_whose_files_it_touches(told):
    rows = [row for row in told["lone_commits"].rows("change_deployments") if not row["is_baseline"]]

    assert sorted((row["title"], row["service"]) for row in rows) == [
        ("a page", "web"),
        ("both", "api"),
        ("both", "web"),
    ]
