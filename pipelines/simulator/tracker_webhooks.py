"""What Jira and HubSpot would have told: issues created, changed and deleted; tickets, companies and contacts too."""

from collections.abc import Iterator
from typing import Any

from pipelines.simulator.hubspot_objects import LivedStore as Portal
from pipelines.simulator.hubspot_objects import Record
from pipelines.simulator.jira_answers import shown
from pipelines.simulator.jira_store import LivedStore as Site
from pipelines.simulator.told import Told
from pipelines.simulator.tracker import Tracker, tracker_of
from pipelines.simulator.world import World

KINDS = {"tickets": "ticket", "companies": "company", "contacts": "contact"}


def jira(world: World, slug: str, since: int) -> list[Told]:
    """Everything after `since`, oldest first. Raises ValueError for an unknown company."""
    site = Site(_tracker(world, slug))
    told = [event for row in site.rows() for event in _issue(site, row)]
    for (owner, provider, kind, key), at in world.amendments.deleted.items():
        if (owner, provider) == (slug, "jira"):
            told += _deletion(site, kind, key, at)
    return sorted((event for event in told if event.at > since), key=lambda event: (event.at, event.about))


def _deletion(site: Site, kind: str, key: str, at: int) -> Iterator[Told]:
    """What Jira tells of a record's end, of the kinds of which it does."""
    if kind == "issues":
        issue = {"id": key, "key": site.site.by_name[key].key, "fields": {}}
        yield _jira(at, "jira:issue_deleted", key, {"issue": issue})
    elif kind in ("sprints", "boards"):
        yield _jira(at, f"{kind[:-1]}_deleted", key, {kind[:-1]: {"id": int(key)}})
    elif kind == "worklogs" and (of_issue := site.site.removals.found.get((kind, key))) is not None:
        worklog = {"id": key, "issueId": str(of_issue.issue_id)}
        yield _jira(at, "worklog_deleted", key, {"worklog": worklog})


def _issue(site: Site, row: Any) -> Iterator[Told]:
    issue = shown(site, row, ["*all"], "")
    yield _jira(row.created, "jira:issue_created", row.issue_id, {"issue": issue})
    if row.updated > row.created:
        last = site.histories(row)[-1:]
        changes = {"changelog": {"id": last[0]["id"], "items": last[0]["items"]}} if last else {}
        told = {"issue": issue, "issue_event_type_name": "issue_generic", **changes}
        yield _jira(row.updated, "jira:issue_updated", row.issue_id, told)


def _jira(at: int, name: str, key: object, body: dict[str, Any]) -> Told:
    user = {"accountId": "557058:000000000001", "displayName": "Clearsignal", "active": True}
    whole = {"timestamp": at * 1000, "webhookEvent": name, "user": user, **body}
    return Told(at, name, f"{name} {key} {at}", whole)


def hubspot(world: World, slug: str, since: int) -> list[Told]:
    """Everything after `since`, oldest first, one property at a time. Raises ValueError for an unknown company."""
    portal = Portal(_tracker(world, slug).customers)
    told = [
        event
        for kind in KINDS
        for record in portal.records(kind)
        for event in _record(kind, record)
        if event.at > since
    ]
    for (owner, provider, kind, key), at in world.amendments.deleted.items():
        if (owner, provider) == (slug, "hubspot") and kind in KINDS and at > since:
            told.append(_hubspot(at, f"{KINDS[kind]}.deletion", int(key), {}))
    return sorted(told, key=lambda event: (event.at, event.about))


def _record(kind: str, record: Record) -> Iterator[Told]:
    name = KINDS[kind]
    yield _hubspot(record.created_at, f"{name}.creation", record.record_id, {})
    for field, steps in record.history.items():
        for at, value in steps[1:]:
            change = {"propertyName": field, "propertyValue": value}
            yield _hubspot(at, f"{name}.propertyChange", record.record_id, change)
    if record.archived_at is not None:
        yield _hubspot(record.archived_at, f"{name}.deletion", record.record_id, {})


def _hubspot(at: int, name: str, key: int, change: dict[str, Any]) -> Told:
    number = sum(map(ord, name)) + key + at
    event = {
        "eventId": number % 2**31, "subscriptionId": 100, "portalId": 1, "appId": 2, "occurredAt": at * 1000,
        "subscriptionType": name, "attemptNumber": 0, "objectId": key, "changeSource": "CRM_UI", **change,
    }  # fmt: skip
    return Told(at, name, f"{name} {key} {at} {change.get('propertyName')}", event)


def _tracker(world: World, slug: str) -> Tracker:
    found = tracker_of(world, slug)
    if found is None:
        raise ValueError(f"company: there is no {slug!r}")
    return found
