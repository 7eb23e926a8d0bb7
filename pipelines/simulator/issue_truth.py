"""What really happened to issues and sprints: read off the events of the world, without a rule of the marts."""

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from litestar import Response, get
from litestar.datastructures import State

from pipelines.simulator.clock import iso, maybe_iso, parse_instant
from pipelines.simulator.tracker import Tracker, tracker_of
from pipelines.simulator.tracker_records import Sprint

if TYPE_CHECKING:
    from pipelines.simulator.world import World


def sprint_facts(tracker: Tracker, sprint: Sprint) -> dict[str, Any]:
    """The sprint's ledger, without issues that were deleted by hand since. While it runs, `completed` is what is done
    so far, and what is carried over is null: it is not known yet."""
    ledger, is_closed = sprint.ledger, sprint.complete_at is not None
    gone = {tracker.site.by_name[number].key for number in tracker.site.deleted if number in tracker.site.by_name}
    parts: dict[str, list[tuple[str, float]] | None] = {
        "committed": list(ledger.committed.items()),
        "added": ledger.added,
        "removed": ledger.removed,
        "completed": list(ledger.completed.items()) if is_closed else _done_so_far(tracker, sprint),
        "wont_do": list(ledger.wont_do.items()) if is_closed else None,
        "carried_over": list(ledger.carried.items()) if is_closed else None,
    }
    facts: dict[str, Any] = {
        "id": sprint.sprint_id,
        "board_id": sprint.board_id,
        "name": sprint.name,
        "state": sprint.state,
        "started_at": maybe_iso(sprint.start_at),
        "closed_at": maybe_iso(sprint.complete_at),
    }
    for name, entries in parts.items():
        kept = None if entries is None else [(key, points) for key, points in entries if key not in gone]
        facts[name] = None if kept is None else sorted(key for key, _ in kept)
        facts[f"{name}_points"] = None if kept is None else sum(points for _, points in kept)
    return facts


def _done_so_far(tracker: Tracker, sprint: Sprint) -> list[tuple[str, float]]:
    return [(i.key, i.points or 0) for i in tracker.site.issues if sprint in i.sprints and i.is_done]


def issue_facts(world: "World", tracker: Tracker) -> list[dict[str, Any]]:
    """Every issue that exists now, of all three systems."""
    return [*_of_jira(tracker), *_of_hubspot(tracker), *_of_github(world, tracker)]


def _of_jira(tracker: Tracker) -> list[dict[str, Any]]:
    return [
        {
            "source": "jira",
            "id": str(issue.issue_id),
            "key": issue.key,
            "type": issue.kind,
            "title": issue.summary,
            "component": issue.component,
            "priority": issue.priority,
            "labels": list(issue.labels),
            "points": issue.points,
            "status": "resolved" if issue.is_done else "open",
            "status_name": issue.status.name,
            "resolution": issue.resolution,
            "is_wont_do": issue.resolution == "Won't Do",
            "incident_id": issue.incident.incident_id if issue.incident else None,
            "created_at": iso(issue.created_at),
            "resolved_at": iso(issue.resolved_at[-1]) if issue.is_done else None,
            "resolutions": [iso(at) for at in issue.resolved_at],
            "reopenings": [iso(at) for at in issue.reopened_at],
            "updated_at": iso(issue.updated_at),
        }
        for issue in tracker.site.issues
        if str(issue.issue_id) not in tracker.site.deleted
    ]


def _of_hubspot(tracker: Tracker) -> list[dict[str, Any]]:
    return [
        {
            "source": "hubspot",
            "id": str(ticket.ticket_id),
            "key": str(ticket.ticket_id),
            "type": "ticket",
            "title": ticket.subject,
            "component": None,
            "priority": ticket.priority,
            "companies": sorted({contact.customer.name for contact in ticket.contacts}),
            "jira_issue_key": ticket.jira_issue_key,
            "status": "resolved" if ticket.is_closed else "open",
            "status_name": ticket.stage.label,
            "incident_id": ticket.incident.incident_id if ticket.incident else None,
            "created_at": iso(ticket.created_at),
            "resolved_at": iso(ticket.resolved_at[-1]) if ticket.is_closed else None,
            "resolutions": [iso(at) for at in ticket.resolved_at],
            "reopenings": [iso(at) for at in ticket.reopened_at],
            "updated_at": iso(ticket.updated_at),
        }
        for ticket in tracker.customers.tickets
        if ticket.is_there and str(ticket.ticket_id) not in tracker.customers.deleted
    ]


def _of_github(world: "World", tracker: Tracker) -> list[dict[str, Any]]:
    company, found = tracker.company, []
    for repository in company.repositories.values():
        events: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
        for event in repository.issue_events:
            events[event.number, event.event].append(event.created_at)
        for issue in repository.issues:
            if world.amendments.is_deleted(company.slug, "github", "issues", issue.issue_id):
                continue
            found.append(
                {
                    "source": "github",
                    "id": str(issue.issue_id),
                    "key": f"{repository.full_name}#{issue.number}",
                    "type": "issue",
                    "title": issue.title,
                    "component": None,
                    "priority": None,
                    "labels": list(issue.labels),
                    "status": "open" if issue.closed_at is None else "resolved",
                    "status_name": "open" if issue.closed_at is None else "closed",
                    "is_wont_do": issue.state_reason == "not_planned",
                    "incident_id": issue.incident_id,
                    "created_at": iso(issue.created_at),
                    "resolved_at": maybe_iso(issue.closed_at),
                    "resolutions": [iso(at) for at in sorted(events[issue.number, "closed"])],
                    "reopenings": [iso(at) for at in sorted(events[issue.number, "reopened"])],
                    "updated_at": iso(issue.updated_at),
                }
            )
    return found


def issue_flow(facts: list[dict[str, Any]], tracker: Tracker) -> list[dict[str, Any]]:
    """Per source and local day: how many were created, how often one was resolved or reopened, and how many of those
    that are resolved now became so for the last time on that day. Days without any are left out."""
    counts: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(
        lambda: {"created_count": 0, "resolved_count": 0, "reopened_count": 0, "last_resolved_count": 0}
    )

    def count(source: str, instants: list[str], what: str) -> None:
        for text in instants:
            day = tracker.company.calendar.day_of(parse_instant(text)).isoformat()
            counts[source, day][what] += 1

    for fact in facts:
        count(fact["source"], [fact["created_at"]], "created_count")
        count(fact["source"], fact["resolutions"], "resolved_count")
        count(fact["source"], fact["reopenings"], "reopened_count")
        count(fact["source"], [fact["resolved_at"]] if fact["resolved_at"] else [], "last_resolved_count")
    return [{"source": source, "day": day, **counts[source, day]} for source, day in sorted(counts)]


def _missing(slug: str) -> Response:
    return Response({"message": f"There is no company {slug}."}, status_code=404)


@get("/truth/{slug:str}/sprints", sync_to_thread=False)
def read_sprints(state: State, slug: str) -> Response:
    """Every sprint that has started."""
    tracker = tracker_of(state.world, slug)
    if tracker is None:
        return _missing(slug)
    return Response([sprint_facts(tracker, sprint) for sprint in tracker.site.sprints if sprint.start_at is not None])


@get("/truth/{slug:str}/issues", sync_to_thread=False)
def read_issues(state: State, slug: str) -> Response:
    tracker = tracker_of(state.world, slug)
    return _missing(slug) if tracker is None else Response(issue_facts(state.world, tracker))


@get("/truth/{slug:str}/issue_flow", sync_to_thread=False)
def read_issue_flow(state: State, slug: str) -> Response:
    tracker = tracker_of(state.world, slug)
    return _missing(slug) if tracker is None else Response(issue_flow(issue_facts(state.world, tracker), tracker))


HANDLERS = [read_sprints, read_issues, read_issue_flow]
