"""The issues' world: determined by its company, believable, and its histories tell what its truth says."""

import base64

import httpx
import pytest

from pipelines.simulator.clock import iso, parse_instant
from pipelines.simulator.company import Charter
from pipelines.simulator.issue_truth import issue_facts, issue_flow, sprint_facts
from pipelines.simulator.server import running
from pipelines.simulator.tracker import Tracker, tracker_of
from pipelines.simulator.tracker_words import WORKFLOWS
from pipelines.simulator.world import World, open_world

NOW = parse_instant("2026-06-01T12:00:00Z")
CHARTERS = tuple(
    charter.founded(NOW)
    for charter in (
        Charter("acme", "trunk", seed=11, days=182, time_zone="Europe/Berlin"),
        Charter("globex", "monorepo", seed=12, days=120, time_zone="America/New_York"),
        Charter("initech", "release", seed=13, days=120, time_zone="Asia/Kolkata"),
    )
)


def lived(world: World, slug: str) -> Tracker:
    tracker = tracker_of(world, slug)
    assert tracker is not None
    return tracker


@pytest.fixture(scope="module")
def world() -> World:
    return open_world(None, CHARTERS, NOW)


def told(world: World, slug: str) -> list[object]:
    tracker = lived(world, slug)
    histories = [(issue.key, h.history_id, h.at, h.changes) for issue in tracker.site.issues for h in issue.histories]
    return [issue_facts(world, tracker), [sprint_facts(tracker, s) for s in tracker.site.sprints], histories]


@pytest.mark.parametrize("slug", ["acme", "globex", "initech"])
def test_it_makes_no_difference_in_which_steps_the_world_lived(slug):
    at_once = open_world(None, CHARTERS, NOW)
    in_steps = open_world(None, CHARTERS, NOW - 30 * 86_400)
    # 7 hours and 13 minutes: steps that end inside days, sprints and incidents.
    while in_steps.clock.now() < NOW:
        lived(in_steps, slug)
        in_steps.clock.set(min(NOW, in_steps.clock.now() + 26_000))

    assert told(in_steps, slug) == told(at_once, slug)


def test_set_back_the_world_knows_nothing_of_what_comes(world):
    later = open_world(None, CHARTERS, NOW)
    lived(later, "acme")
    later.clock.set(NOW - 20 * 86_400)
    fresh = open_world(None, CHARTERS, NOW)
    fresh.clock.set(NOW - 20 * 86_400)

    assert told(later, "acme") == told(fresh, "acme")
    assert all(fact["updated_at"] <= iso(NOW - 20 * 86_400) for fact in issue_facts(later, lived(later, "acme")))


@pytest.mark.parametrize("slug", ["acme", "globex", "initech"])
def test_replaying_the_histories_gives_the_ledger_of_every_sprint(world, slug):
    """The rule of metrics.md applied to the histories alone; the ledger was written while living."""
    tracker = lived(world, slug)
    flow = WORKFLOWS[tracker.company.style]
    done_ids = {status.status_id for status in flow[1:] if status.category == "done"}
    points_field = {"trunk": "Story point estimate"}.get(tracker.company.style, "Story Points")

    def state(issue, until: int) -> tuple[set[str], float, bool]:
        """Sprints, points and doneness right after `until`, from today's values back through the histories."""
        sprints, points = {str(s.sprint_id) for s in issue.sprints}, issue.points
        status = issue.status.status_id
        for history in reversed(issue.histories):
            if history.at <= until:
                break
            for change in history.changes:
                if change.field == "Sprint":
                    sprints = {part for part in (change.before or "").split(", ") if part}
                elif change.field == points_field:
                    points = float(change.before_text) if change.before_text else None
                elif change.field == "status":
                    status = change.before
        return sprints, points or 0, status in done_ids

    closed = [sprint for sprint in tracker.site.sprints if sprint.complete_at is not None]
    assert len(closed) >= 7
    for sprint in closed:
        committed, completed = {}, {}
        for issue in tracker.site.issues:
            if issue.created_at <= sprint.start_at:
                held, points, _ = state(issue, sprint.start_at)
                if str(sprint.sprint_id) in held:
                    committed[issue.key] = points
            held, points, is_done = state(issue, sprint.complete_at)
            if str(sprint.sprint_id) in held and is_done and issue.created_at <= sprint.complete_at:
                completed[issue.key] = points
        assert committed == sprint.ledger.committed, sprint.name
        assert completed == sprint.ledger.completed, sprint.name


def test_sprints_are_believable(world):
    for charter in CHARTERS:
        tracker = lived(world, charter.slug)
        main = tracker.site.projects[0].board_id
        closed = [s for s in tracker.site.sprints if s.complete_at is not None and s.board_id == main][2:]
        committed = sum(len(sprint.ledger.committed) for sprint in closed)
        carried = sum(len(sprint.ledger.carried) for sprint in closed)
        added = sum(len(sprint.ledger.added) for sprint in closed)
        assert 0.06 <= carried / committed <= 0.3, charter.slug
        assert 0.08 <= added / committed <= 0.6, charter.slug
    assert any(sprint.ledger.removed for c in CHARTERS for sprint in lived(world, c.slug).site.sprints)


def test_some_issues_come_back_and_some_are_decided_against(world):
    for charter in CHARTERS:
        issues = [issue for issue in lived(world, charter.slug).site.issues if issue.resolved_at]
        assert 0.02 <= sum(bool(issue.reopened_at) for issue in issues) / len(issues) <= 0.12
        assert 0.04 <= sum(issue.resolution == "Won't Do" for issue in issues) / len(issues) <= 0.16
        assert any(issue.points is None and issue.kind == "story" for issue in issues)


def test_an_incident_is_an_issue_from_notice_to_remedy(world):
    tracker = lived(world, "acme")
    incidents = [incident for incident in tracker.company.incidents if incident.tracked_in == "jira"]
    issues = {issue.incident.incident_id: issue for issue in tracker.site.issues if issue.incident}

    assert len(incidents) > 5
    assert set(issues) == {incident.incident_id for incident in incidents}
    for incident in incidents:
        issue = issues[incident.incident_id]
        assert issue.created_at == incident.started_at
        assert issue.resolved_at == ([incident.resolved_at] if incident.resolved_at else [])
        assert issue.component.lower() == incident.service
    linked = [issue for issue in issues.values() if any("/deployments/" in link.url for link in issue.remote_links)]
    assert linked


def test_customers_tell_an_incident_in_their_own_words(world):
    customers = lived(world, "acme").customers
    waves = [wave for wave in customers.waves.values() if len(wave) > 3]

    assert waves
    for wave in waves:
        subjects = {ticket.subject for ticket in wave}
        assert len(subjects) > 1
        assert wave[0].incident.title not in subjects


def test_tickets_lack_what_tickets_lack(world):
    tickets = [t for charter in CHARTERS for t in lived(world, charter.slug).customers.tickets]

    assert 0.5 <= sum(t.priority is None for t in tickets) / len(tickets) <= 0.7
    assert 0.3 <= sum(t.content is None for t in tickets) / len(tickets) <= 0.5
    assert (
        any(t.archived_at for t in tickets) and any(t.merged for t in tickets) and any(t.reopened_at for t in tickets)
    )
    assert len({t.ticket_id for t in tickets}) == len(tickets)
    assert all(len(str(t.ticket_id)) == 12 for t in tickets)


def test_the_flow_balances(world):
    """Created less resolved plus reopened is what is open."""
    for charter in CHARTERS:
        tracker = lived(world, charter.slug)
        facts = issue_facts(world, tracker)
        for source in ("jira", "hubspot", "github"):
            rows = [row for row in issue_flow(facts, tracker) if row["source"] == source]
            balance = sum(r["created_count"] - r["resolved_count"] + r["reopened_count"] for r in rows)
            still_open = sum(fact["source"] == source and fact["status"] == "open" for fact in facts)
            assert balance == still_open, (charter.slug, source)


def test_an_edit_by_hand_leaves_a_history_and_moves_the_truth():
    with running([Charter("acme", days=60)]) as simulator:
        headers = {"Authorization": "Basic " + base64.b64encode(b"a@b.example:jira-acme").decode()}
        site = httpx.Client(base_url=f"{simulator.url}/jira/acme/rest/api/3", headers=headers)
        before = next(f for f in simulator.truth("acme", "issues") if f["source"] == "jira" and f["status"] == "open")
        amend = {"company": "acme", "provider": "jira", "kind": "issues", "id": before["id"]}
        simulator.post("/world/records/edit", {**amend, "changes": {"status": "done", "priority": "Highest"}})

        after = next(f for f in simulator.truth("acme", "issues") if f["id"] == before["id"])
        issue = site.get(f"/issue/{before['key']}").json()["fields"]
        last = site.get(f"/issue/{before['key']}/changelog").json()["values"][-2:]
        assert after["status"] == "resolved" and after["resolved_at"] == "2026-06-01T12:00:00Z"
        assert issue["status"]["statusCategory"]["key"] == "done" and issue["priority"]["name"] == "Highest"
        assert {item["field"] for history in last for item in history["items"]} == {"status", "resolution", "priority"}

        simulator.post("/world/records/delete", amend)
        assert before["id"] not in {f["id"] for f in simulator.truth("acme", "issues") if f["source"] == "jira"}
        assert site.get(f"/issue/{before['key']}").status_code == 404
