"""What the API tells is what happened: three company styles, compared with the simulator's own books."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

import pytest

from tests import conftest
from tests.end_to_end import stack as house

FACTS = ("service", "environment", "sha", "is_failed", "is_rollback", "is_redeploy")
WORLDS = {  # seeds that live in one warehouse, read by one load and one transform
    (1,): (),
    (2, 3): [pytest.mark.slow],
    tuple(range(1, 21)): [pytest.mark.slow, pytest.mark.soak],
}
several = [pytest.param(seeds, marks=marks, id=f"{len(seeds)} seeds") for seeds, marks in WORLDS.items() if marks]
each_company = pytest.mark.parametrize(
    ("living", "slug"),
    [
        pytest.param(seeds, slug, marks=marks, id=f"{slug} of {len(seeds)}")
        for seeds, marks in WORLDS.items()
        for slug in house.slugs_of(seeds)
    ],
    indirect=["living"],
    scope="module",
)


@pytest.fixture(scope="module")
def living(request, postgres, tmp_path_factory) -> Iterator[tuple[house.Stack, house.Api]]:
    """Companies that were read on one day, lived on for a day, and were read again."""
    warehouse = conftest.clone(postgres, tmp_path_factory.mktemp("home"))
    with pytest.MonkeyPatch.context() as patch, house.companies(*request.param) as simulator:
        for name, value in house.environment(warehouse).items():
            patch.setenv(name, value)
        stack = house.Stack(warehouse, simulator)
        stack.sync()
        if len(request.param) > 1:  # one company of a style is built at once, several bit by bit
            stack.transform()
        simulator.advance(days=1)
        stack.sync(sweep=True)
        stack.transform()
        with house.served(warehouse) as api:
            yield stack, api
    conftest.drop(postgres, warehouse)


def at(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


@each_company
def test_deployments_are_those_that_happened(living, slug):
    stack, api = living
    rows = {row["external_id"]: row for row in api.rows(slug, "deployments")}
    truth = {str(row["id"]): row for row in stack.truth(slug, "deployments")}

    assert rows.keys() == truth.keys()
    for number, happened in truth.items():
        row = rows[number]
        told = tuple(row[name] for name in FACTS)
        assert told == tuple(happened[name] for name in FACTS), number
        if happened["result"] == "success":
            assert at(row["finished_at"]) == at(happened["finished_at"]), number


@each_company
def test_every_change_is_found_in_the_deployment_that_first_delivered_it(living, slug):
    stack, api = living
    deployments = {row["deployment_id"]: row["external_id"] for row in api.rows(slug, "deployments")}
    rows = {
        (row["service"], row["environment"], row["repository"], row["change_kind"],
         str(row["number"]) if row["change_kind"] == "pull_request" else row["sha"]): row
        for row in api.rows(slug, "change_deployments")
    }  # fmt: skip
    truth = {
        (row["service"], row["environment"], row["repository"], row["change_kind"], row["change_id"]): row
        for row in stack.truth(slug, "changes")
        if row["touches_service"]
    }
    assert rows.keys() == truth.keys()
    for key, happened in truth.items():
        row = rows[key]
        assert deployments[row["deployment_id"]] == str(happened["deployment_id"]), key
        assert row["is_baseline"] == happened["is_baseline"], key
        if not happened["is_baseline"]:
            assert row["lead_time_seconds"] == happened["lead_time_seconds"], key


@each_company
def test_pull_requests_have_the_timestamps_that_they_had(living, slug):
    stack, api = living
    rows = {(row["repository"], row["number"]): row for row in api.rows(slug, "pull_requests")}
    truth = {(row["repository"], row["number"]): row for row in stack.truth(slug, "pull_requests")}
    names = [
        "first_commit_at",
        "opened_at",
        "ready_at",
        "first_review_at",
        "first_approval_at",
        "merged_at",
        "deployed_at",
    ]

    assert rows.keys() == truth.keys()
    for key, happened in truth.items():
        assert [at(rows[key][name]) for name in names] == [at(happened[name]) for name in names], key


@each_company
def test_the_parts_of_a_pull_request_sum_to_its_total(living, slug):
    _, api = living
    parts = ["coding", "pickup", "review", "merge_wait", "deploy_wait", "deploy_run"]
    measured = [row for row in api.rows(slug, "pull_requests") if row["total_seconds"] is not None]

    assert measured
    for row in measured:
        assert sum(row[f"{part}_seconds"] for part in parts) == pytest.approx(row["total_seconds"], abs=1e-6)


@each_company
def test_people_wrote_merged_and_reviewed_what_they_did(living, slug):
    stack, api = living
    truth = stack.truth(slug, "people")
    names = ["repository", "week", "contributor", "commit_count", "opened_count", "merged_count", "reviewed_count"]
    rows = {tuple(row[name] for name in names) for row in api.rows(slug, "contributors_weekly")}

    assert rows == {tuple(row[name] for name in names) for row in truth}


@each_company
def test_who_reviewed_whom_is_told(living, slug):
    stack, api = living
    pairs: Counter[tuple[str, str, str]] = Counter()
    for row in api.rows(slug, "review_pairs"):
        pairs[row["repository"], row["author"], row["reviewer"]] += row["pull_request_count"]
    happened: Counter[tuple[str, str, str]] = Counter()
    for pull in stack.truth(slug, "pull_requests"):
        if not pull["is_bot"]:
            happened.update((pull["repository"], pull["author"], reviewer) for reviewer in pull["reviewers"])

    assert pairs == happened


@each_company
def test_pull_requests_were_merged_in_the_way_of_the_company(living, slug):
    stack, api = living
    rows = {(row["repository"], row["number"]): row["merge_method"] for row in api.rows(slug, "pull_requests")}
    truth = {(row["repository"], row["number"]): row["merge_method"] for row in stack.truth(slug, "pull_requests")}

    assert rows == truth


@each_company
def test_dora_by_day_counts_what_happened(living, slug):
    stack, api = living
    names = ["deployment_count", "failed_count", "rollback_count"]
    rows = {
        (row["service"], row["day"]): [row[name] for name in names]
        for row in api.rows(slug, "dora_daily", environment_class="production")
    }
    truth = {
        (row["service"], row["day"]): [row[name] for name in names]
        for row in stack.simulator.get(f"/truth/{slug}/dora?by=day")
    }
    for key, counts in truth.items():  # a failed first try is observed a little earlier than the first success
        assert rows[key] == counts, key


@each_company
def test_the_deployments_that_broke_production_are_found(living, slug):
    """Evidence is not exact: what nobody wrote down is not seen, and what was reverted need not have been broken."""
    stack, api = living
    truth = {str(row["id"]) for row in stack.truth(slug, "deployments") if row["caused_incident"]}
    found = {row["external_id"] for row in api.rows(slug, "deployments", is_change_failure="true")}

    assert truth
    assert len(truth & found) >= 0.9 * len(truth)
    assert len(found - truth) <= max(2, 0.25 * len(found))


@each_company
def test_issues_are_those_that_exist(living, slug):
    stack, api = living
    rows = {(row["source"], row["key"]): row for row in api.rows(slug, "issues")}
    truth = {(row["source"], row["key"]): row for row in stack.truth(slug, "issues")}

    assert rows.keys() == truth.keys()
    for key, happened in truth.items():
        row = rows[key]
        assert (row["title"], row["status"]) == (happened["title"], happened["status"]), key
        assert (at(row["created_at"]), at(row["resolved_at"])) == (
            at(happened["created_at"]),
            at(happened["resolved_at"]),
        ), key


@each_company
def test_tickets_are_followed_by_the_issue_that_support_wrote_into_them(living, slug):
    stack, api = living
    truth = {row["key"]: row for row in stack.truth(slug, "issues") if row["source"] == "hubspot"}
    rows = [row for row in api.rows(slug, "ticket_deliveries") if row["issue_method"] == "ticket_field"]

    assert {(row["ticket_key"], row["issue_key"]) for row in rows} == {
        (key, row["jira_issue_key"]) for key, row in truth.items() if row["jira_issue_key"]
    }
    assert {row["ticket_key"] for row in api.rows(slug, "ticket_deliveries")} == truth.keys()
    assert any(row["waited_seconds"] for row in rows)


@each_company
def test_what_a_tickets_own_field_puts_together_tells_of_one_incident(living, slug):
    stack, api = living
    incident = {(row["source"], row["key"]): row["incident_id"] for row in stack.truth(slug, "issues")}
    members = {row["issue_id"]: row for row in api.rows(slug, "duplicate_members")}
    linked = [row for row in members.values() if row["method"] == "ticket_field"]

    assert linked
    for row in linked:
        joined = members[row["joined_issue_id"]]
        assert incident[row["source"], row["key"]] == incident[joined["source"], joined["key"]], row["key"]


@each_company
def test_issue_flow_counts_each_day_as_it_was(living, slug):
    stack, api = living
    names = ["created_count", "resolved_count", "reopened_count"]
    told: Counter[tuple[str, str, str]] = Counter()
    for row in api.rows(slug, "issue_flow_daily"):
        told.update({(row["source"], row["day"], name): row[name] for name in names if row[name]})
    happened: Counter[tuple[str, str, str]] = Counter()
    for row in stack.truth(slug, "issue_flow"):
        happened.update({(row["source"], row["day"], name): row[name] for name in names if row[name]})

    assert told == happened


@each_company
def test_sprints_hold_what_their_ledger_says(living, slug):
    stack, api = living
    names = ["committed_points", "added_points", "removed_points", "completed_points", "carried_over_points"]
    rows = {row["name"]: row for row in api.rows(slug, "sprint_velocity")}
    closed = [row for row in stack.truth(slug, "sprints") if row["state"] == "closed"]

    assert closed
    for sprint in closed:
        assert [rows[sprint["name"]][name] for name in names] == [sprint[name] for name in names], sprint["name"]


@pytest.mark.parametrize("living", several, indirect=True, scope="module")
def test_every_day_later_the_marts_equal_a_full_refresh(living):
    stack, _ = living
    before = checksums(stack)
    stack.transform(full=True)
    assert checksums(stack) == before


def checksums(stack: house.Stack) -> dict[str, tuple[int, str | None]]:
    """Rows and a checksum of each published mart, whatever the order of its rows."""
    found = {}
    with stack.warehouse.connect("transformer") as connection:
        for (mart,) in connection.execute("select tablename from pg_tables where schemaname = 'marts' order by 1"):
            query = f"select count(*), sum(hashtextextended(row_to_json(m)::text, 0))::text from marts.{mart} as m"
            found[mart] = connection.execute(query).fetchone()
    return found
