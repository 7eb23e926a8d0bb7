"""A company follows from its charter alone, its past never changes, and its commits and books agree."""

import pytest

from pipelines.simulator.calendar import DAY, HOUR
from pipelines.simulator.clock import parse_instant
from pipelines.simulator.company import Charter, Company
from pipelines.simulator.truth_rows import changes, deployments, incidents, pull_requests

NOW = parse_instant("2026-06-01T12:00:00Z")
STYLES = ("trunk", "release", "monorepo")


def lived(style: str, days: int = 90, until: int = NOW, step: int | None = None, seed: int = 7) -> Company:
    """A company of that age at NOW; with a step, lived in many small ones."""
    company = Company(Charter("acme", style, seed=seed, days=days, time_zone="Europe/Berlin").founded(NOW))
    if step is not None:
        for instant in range(company.founded_at, until, step):
            company.live_until(instant)
    company.live_until(until)
    return company


def told(company: Company) -> list:
    return [deployments(company), changes(company), pull_requests(company), incidents(company)]


@pytest.mark.parametrize("style", STYLES)
def test_the_steps_in_which_time_passes_change_nothing(style):
    assert told(lived(style, days=40)) == told(lived(style, days=40, step=5 * HOUR + 7))


@pytest.mark.parametrize("style", STYLES)
def test_what_was_delivered_by_then_stays_as_it_was(style):
    earlier, later = lived(style, until=NOW - 20 * DAY), lived(style)

    assert changes(earlier) == changes(later)[: len(changes(earlier))]
    assert [c.sha for c in earlier.direct_commits] == [c.sha for c in later.direct_commits][
        : len(earlier.direct_commits)
    ]


def test_another_seed_is_another_company():
    assert told(lived("trunk", days=20)) != told(lived("trunk", days=20, seed=8))


@pytest.mark.parametrize("style", STYLES)
def test_every_parent_is_a_commit_and_merged_pull_requests_are_on_main(style):
    company = lived(style)
    for repository in company.repositories.values():
        on_main = {commit.sha for commit in repository.reachable("main")}
        assert all(parent in repository.commits for commit in repository.commits.values() for parent in commit.parents)
        for pull in repository.pull_requests:
            assert (pull.merge_commit_sha in on_main) == (pull.merged_at is not None)


def shas_of_changes(company: Company, repository: str) -> dict[str, tuple[str, str]]:
    """sha → the change it belongs to, read off the graph and the messages only."""
    found = company.repositories[repository]
    owner = {}
    for pull in found.pull_requests:
        if pull.merged_at is not None:
            key = ("pull_request", str(pull.number))
            owner |= {commit.sha: key for commit in pull.commits}
            owner[pull.merge_commit_sha] = key
    for commit in found.commits.values():
        _, picked, rest = commit.message.partition("(cherry picked from commit ")
        if picked:
            owner[commit.sha] = owner[rest.rstrip(")")]
    return owner


@pytest.mark.parametrize("style", STYLES)
def test_the_books_agree_with_the_ancestry_of_the_deployed_commits(style):
    company = lived(style)
    told_by_graph = set()
    for line in company.deliveries.lines.values():
        repository = company.repositories[line.repository]
        owner = shas_of_changes(company, line.repository)
        seen: set[str] = set()
        arrived: set[tuple[str, str]] = set()
        for deployment in line.successes:
            new = {commit.sha for commit in repository.reachable(deployment.sha)} - seen
            seen |= new
            keys = {owner.get(sha, ("commit", sha)) for sha in new} - arrived
            arrived |= keys
            told_by_graph |= {(line.service, line.environment.lower(), *key, deployment.deployment_id) for key in keys}

    told_by_books = {
        (row["service"], row["environment"], row["change_kind"], row["change_id"], row["deployment_id"])
        for row in changes(company)
    }
    assert told_by_books == told_by_graph


@pytest.mark.parametrize("style", STYLES)
def test_between_a_bad_deployment_and_its_remedy_nothing_else_reaches_that_production(style):
    company = lived(style, days=182)
    mended = [i for i in company.incidents if i.deployment_id and i.remediating_deployment_id]
    assert mended
    for incident in mended:
        ids = [d.deployment_id for d in company.deliveries.lines[incident.service, incident.environment].successes]
        assert ids.index(incident.remediating_deployment_id) == ids.index(incident.deployment_id) + 1


def test_a_bad_release_reaches_the_second_production_only_after_it_was_mended():
    company = lived("monorepo", days=182)
    by_id = {deployment.deployment_id: deployment for deployment in company.deployments}
    for incident in company.incidents:
        if incident.deployment_id and incident.remediating_deployment_id:
            bad, remedy = by_id[incident.deployment_id], by_id[incident.remediating_deployment_id]
            followed = company.deliveries.lines[incident.service, "production-eu"].successes
            assert not [d for d in followed if d.sha == bad.sha and d.created_at < remedy.finished_at]


@pytest.mark.parametrize("style", STYLES)
def test_nothing_of_the_future_can_be_seen(style):
    company = Company(Charter("acme", style, days=60, time_zone="Asia/Kolkata").founded(NOW))
    for now in range(company.founded_at, NOW, 11 * HOUR):
        company.live_until(now)
        pulls = [
            t for p in company.pull_requests for t in (p.created_at, p.updated_at, p.merged_at or 0, p.ready_at or 0)
        ]
        commits = [c.committed_at for r in company.repositories.values() for c in r.commits.values()]
        runs = [run.updated_at for r in company.repositories.values() for run in r.workflow_runs]
        ends = [i.resolved_at or i.started_at for i in company.incidents]
        assert max([0, *pulls, *commits, *runs, *ends]) <= now


def test_a_release_company_cherry_picks_its_hotfixes():
    company = lived("release", days=182)
    messages = [commit.message for r in company.repositories.values() for commit in r.commits.values()]
    assert any("(cherry picked from commit " in message for message in messages)


def share(found: list[bool]) -> float:
    return sum(found) / len(found)


def test_the_world_is_distributed_as_real_ones_are():
    companies = [lived(style, days=182) for style in STYLES]
    runs = [d.result for company in companies for d in company.deployments if d.result and d.remediates is None]
    pulls = [pull for company in companies for pull in company.pull_requests]
    commits = [commit for pull in pulls for commit in pull.commits]

    assert 0.12 < share([result == "failure" for result in runs]) < 0.18
    assert 0.06 < share([result == "cancelled" for result in runs]) < 0.10
    assert 0.08 < share([min(c.authored_at for c in pull.commits) > pull.created_at for pull in pulls]) < 0.20
    assert 0.17 < share([commit.authored_at != commit.committed_at for commit in commits]) < 0.31
    assert 0.09 < share([not commit.has_account for commit in commits]) < 0.20
    assert any(pull.is_fork_deleted for pull in pulls)
    assert any(pull.closed_at and not pull.merged_at and pull.merge_commit_sha for pull in pulls)
    assert {review.state for pull in pulls for review in pull.reviews} == {"APPROVED", "CHANGES_REQUESTED", "COMMENTED"}
    assert {i.remedy for c in companies for i in c.incidents} >= {"rollback", "revert", "hotfix", "forward_fix", None}


def test_a_charter_of_more_days_and_pull_requests_makes_a_bigger_company():
    small = Company(Charter("acme", days=30).founded(NOW))
    big = Company(Charter("acme", days=30, pull_requests_per_day=30, people=30).founded(NOW))
    for company in (small, big):
        company.live_until(NOW)
    assert len(big.pull_requests) > 6 * len(small.pull_requests)
    assert len({pull.author.login for pull in big.pull_requests}) > 20
