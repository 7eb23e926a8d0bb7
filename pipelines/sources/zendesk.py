"""Zendesk Support → raw_zendesk, by its incremental exports: what changed since a time, deleted tickets among it.

The exports compare `start_time` with the time of *any* change (`generated_timestamp` of a ticket), leave out the last
minute, and allow ten requests a minute. Archived tickets are in them, while the list of tickets does not show those.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from pipelines import answers
from pipelines.answers import Answer
from pipelines.http import Client
from pipelines.sources.reading import Gone, Reached, Reading, Request, Rows, present
from pipelines.sync_error import SyncError

LOOKBACK = timedelta(minutes=5)
EXPORTS = "/api/v2/incremental"
TICKETS = f"{EXPORTS}/tickets/cursor.json"
DELETED = "deleted"


def limits(connection: Any) -> dict[str, int]:
    """None to keep: a minute's limit is told by 429 and a time to wait."""
    return {}


def client(connection: Any) -> dict[str, Any]:
    """How Zendesk wants to be asked."""
    return {"auth": (f"{connection.email}/token", str.__str__(connection.token)), "check": check}


def check(answer: Answer) -> None:
    """Only administrators may export, and a 403 does not say so."""
    if answer.status == 403:
        message = f"Zendesk refuses {urlsplit(answer.url).path}: {answer.excerpt()!r}"
        cure = "use the API token of an administrator, for nobody else may export."
        raise SyncError("permission", message, http_status=403, what_to_do=cure)
    answers.check(answer)


def organizations(request: Request) -> Reading:
    """The customers. A deleted one is in no export, so a sweep reads them all."""
    since = start(request, "organizations")
    pages = by_time(request.client, f"{EXPORTS}/organizations.json", "organizations", since)
    yield from _swept(request, "organizations", pages)


def users(request: Request) -> Reading:
    """Who asks and who answers. A deleted one stays as not active; who is deleted for good is in no export."""
    since = start(request, "users")
    pages = by_cursor(request.client, f"{EXPORTS}/users/cursor.json", "users", start_time=since)
    yield from _swept(request, "users", pages)


def _swept(request: Request, name: str, pages: Iterator[list[dict]]) -> Reading:
    """A resource that a sweep exports whole."""
    found: list[dict] = []
    for page in pages:
        yield Rows(name, page)
        found += [{"id": one.get("id")} for one in page]
        yield from reached(request, name, [one["updated_at"] for one in page])
    if request.sweep:
        yield from present(name, {}, found)


def tickets(request: Request) -> Reading:
    """Tickets that changed; a deleted one comes once more with that status, and is gone."""
    asked = {"start_time": start(request, "tickets"), "include": "metric_sets"}
    for page in by_cursor(request.client, TICKETS, "tickets", **asked):
        yield Rows("tickets", [ticket(request.connection, one) for one in page if one["status"] != DELETED])
        if gone := [one["id"] for one in page if one["status"] == DELETED]:
            yield Gone("tickets", gone)
        yield from reached(request, "tickets", [_iso(one["generated_timestamp"]) for one in page])
    if request.sweep:
        live = by_cursor(request.client, TICKETS, "tickets", start_time=0, exclude_deleted="true")
        yield from present("tickets", {}, (one for page in live for one in page))


def ticket(connection: Any, found: dict) -> dict[str, Any]:
    """The row of a ticket with its metric set. Its `url` is the page that people open, not the API's."""
    fields = {one["id"]: one["value"] for one in found.get("custom_fields") or []}
    return {
        **found,
        "channel": (found.get("via") or {}).get("channel"),
        "jira_issue_key": fields.get(connection.jira_key_field),
        "generated_at": _iso(found["generated_timestamp"]),
        "solved_at": (found.get("metric_set") or {}).get("solved_at"),
        "url": f"{connection.base_url.rstrip('/')}/agent/tickets/{found['id']}",
    }


def status_changes(request: Request) -> Reading:
    """Which status each ticket was given when, out of the stream of everything that happens to tickets."""
    since = start(request, "status_changes")
    for page in by_time(request.client, f"{EXPORTS}/ticket_events.json", "ticket_events", since):
        yield Rows("status_changes", [
            {
                **change, "ticket_id": event["ticket_id"], "previous_status": change.get("previous_value"),
                "updater_id": event.get("updater_id"), "changed_at": _iso(event["timestamp"]),
            }
            for event in page for change in event["child_events"] if change.get("status")
        ])  # fmt: skip
        yield from reached(request, "status_changes", [_iso(event["timestamp"]) for event in page])


def start(request: Request, resource: str) -> int:
    """The second from which on a resource is exported, 0 for all. A sweep reads organizations and users whole."""
    since = request.since(resource, "account", LOOKBACK)
    if since is None or (request.sweep and resource in ("organizations", "users")):
        return 0
    return int(since.timestamp())


def reached(request: Request, resource: str, times: list[str]) -> Iterator[Reached]:
    """After each page, for exports are in the order of change: one that breaks off goes on there."""
    return request.reached(resource, "account", times)


def by_cursor(client: Client, path: str, key: str, **params: Any) -> Iterator[list[dict]]:
    """Pages of a cursor export. Only the first request names a time."""
    seen: set[str] = set()
    more = {name: value for name, value in params.items() if name != "start_time"}
    while True:
        page = client.json(path, params)
        yield page[key]
        if page["end_of_stream"]:
            return
        cursor = page["after_cursor"]
        if not cursor or cursor in seen:
            raise SyncError("unparsable", f"Zendesk's export {path} answers the same cursor twice")
        seen.add(cursor)
        params = {**more, "cursor": cursor}


def by_time(client: Client, path: str, key: str, since: int) -> Iterator[list[dict]]:
    """Pages of a time export, each from the last one's end on: what changed in that second comes twice."""
    while True:
        page = client.json(path, {"start_time": since})
        yield page[key]
        if page["end_of_stream"]:
            return
        if not page["end_time"] or page["end_time"] <= since:
            raise SyncError("unparsable", f"Zendesk's export {path} answers the same page twice")
        since = page["end_time"]


def _iso(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat()


RESOURCES: dict[str, Callable[[Request], Reading]] = {
    "organizations": organizations,
    "users": users,
    "tickets": tickets,
    "status_changes": status_changes,
}
