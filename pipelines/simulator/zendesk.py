"""Zendesk Support's incremental exports: by cursor (tickets, users) and by time (organizations, ticket events)."""

import base64
import binascii
import time
from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from litestar import Request, Response, get
from litestar.datastructures import State

from pipelines.simulator import zendesk_objects as objects
from pipelines.simulator.customers import Customers
from pipelines.simulator.tracker import tracker_of
from pipelines.simulator.world import World

EXPORTS = "/zendesk/{slug:str}/api/v2/incremental"
PAGE, RECENT_SECONDS, MINUTE = 1000, 60, 60
ACCOUNT_LIMIT = {"X-Rate-Limit": "700", "X-Rate-Limit-Remaining": "699"}
Stamped = tuple[int, dict[str, Any]]  # an object and the second of its last change
# World → account → end of its minute, exports in it.
_used: "WeakKeyDictionary[World, dict[str, tuple[float, int]]]" = WeakKeyDictionary()


class Refused(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, error: str, description: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(description)
        self.response = Response({"error": error, "description": description}, status_code=status, headers=headers)


def answered(request: Request, state: State, slug: str, export: Callable[[Customers, int], dict[str, Any]]) -> Response:
    """The answer of a signed-in administrator. `export` gets the last second that may be shown."""
    tracker = tracker_of(state.world, slug)
    if tracker is None:
        return Response({"error": "RecordNotFound", "description": "Not found"}, status_code=404)
    if _credentials(request) != (f"admin@{slug}.example/token", f"zendesk-{slug}"):
        return Response({"error": "Couldn't authenticate you"}, status_code=401)
    try:
        _spend(state.world, slug)
        return Response(export(tracker.customers, state.world.clock.now() - RECENT_SECONDS), headers=ACCOUNT_LIMIT)
    except Refused as refusal:
        return refusal.response


def _credentials(request: Request) -> tuple[str, ...]:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ()
    return (user, password) if scheme.lower() == "basic" else ()


def _spend(world: World, slug: str) -> None:
    """Count an export by the wall clock. Raises Refused where the minute's are used up."""
    now, limit, counts = time.time(), world.settings["zendesk_exports_per_minute"], _used.setdefault(world, {})
    end, used = counts.get(slug, (0.0, 0))
    if now >= end:
        end, used = now + MINUTE, 0
    if limit is not None and used >= limit:
        description = "Number of allowed incremental export API requests per minute exceeded"
        raise Refused(429, "APIRateLimitExceeded", description, {"Retry-After": str(int(end - now) + 1)})
    counts[slug] = (end, used + 1)


def _number(request: Request, name: str, default: int | None = None) -> int:
    try:
        return int(request.query_params.get(name, "" if default is None else default))
    except ValueError:
        raise Refused(400, "InvalidValue", f"{name} must be a number") from None


def _start(request: Request, last: int) -> int:
    start = _number(request, "start_time")
    if start > last:
        raise Refused(422, "InvalidValue", "Too recent start_time. Use a start_time older than 60 seconds")
    return start


def by_cursor(request: Request, key: str, found: Sequence[Stamped], last: int) -> dict[str, Any]:
    """A page behind the cursor (a second and an id, wrapped), or from `start_time` on."""
    given = request.query_params.get("cursor")
    if given:
        try:
            second, _, number = base64.b64decode(given, validate=True).decode().partition("||")
            after = (int(second), int(number))
        except (binascii.Error, ValueError):
            raise Refused(400, "InvalidPaginationParameter", "cursor is not valid") from None
    else:
        after = (_start(request, last), -1)
    ordered = sorted((at, one["id"]) for at, one in found if at <= last)
    by_id = {one["id"]: one for _, one in found}
    left = [place for place in ordered if place > after]
    size = _number(request, "per_page", PAGE)
    page = left[:size]
    cursor = base64.b64encode("||".join(map(str, page[-1] if page else after)).encode()).decode()
    return {
        key: [by_id[number] for _, number in page],
        "after_cursor": cursor,
        "after_url": f"{request.url.with_replacements(query='')}?cursor={cursor}",
        "before_cursor": None,
        "before_url": None,
        "end_of_stream": len(left) <= size,
    }


def by_time(request: Request, key: str, found: Sequence[Stamped], last: int) -> dict[str, Any]:
    """A page from `start_time` on; all of its last second is in it, and is so again on the next page."""
    start = _start(request, last)
    left = sorted(((at, one) for at, one in found if start <= at <= last), key=lambda pair: (pair[0], pair[1]["id"]))
    size = _number(request, "per_page", PAGE) + sum(at == start for at, _ in left)  # else one second could fill it all
    end = left[min(size, len(left)) - 1][0] if left else None
    page = [one for at, one in left if end is not None and at <= end]
    return {
        key: page,
        "count": len(page),
        "end_time": end,
        "end_of_stream": len(page) == len(left),
        "next_page": f"{request.url.with_replacements(query='')}?start_time={end}" if end else None,
    }


def left(customers: Customers, kind: str, found: Sequence[Stamped]) -> list[Stamped]:
    """Those that nobody deleted for good: no export tells of them."""
    return [(at, one) for at, one in found if ("zendesk", kind, str(one["id"])) not in customers.removed]


@get(f"{EXPORTS}/tickets/cursor.json", sync_to_thread=False)
def export_tickets(request: Request, state: State, slug: str) -> Response:
    """Deleted tickets too, unless they are not wanted."""

    def export(customers: Customers, last: int) -> dict[str, Any]:
        with_metrics = "metric_sets" in request.query_params.get("include", "")
        without_deleted = request.query_params.get("exclude_deleted") == "true"
        found = [
            (objects.changed_at(ticket), objects.ticket_json(ticket, with_metrics))
            for ticket in customers.tickets
            if not (without_deleted and ticket.archived_at is not None)
        ]
        return by_cursor(request, "tickets", found, last)

    return answered(request, state, slug, export)


@get(f"{EXPORTS}/users/cursor.json", sync_to_thread=False)
def export_users(request: Request, state: State, slug: str) -> Response:
    def export(customers: Customers, last: int) -> dict[str, Any]:
        found = [(one.created_at, objects.contact_json(one)) for one in customers.contacts]
        found += [(one.created_at, objects.agent_json(one)) for one in customers.owners]
        return by_cursor(request, "users", left(customers, "users", found), last)

    return answered(request, state, slug, export)


@get(f"{EXPORTS}/organizations.json", sync_to_thread=False)
def export_organizations(request: Request, state: State, slug: str) -> Response:
    def export(customers: Customers, last: int) -> dict[str, Any]:
        found = [(one.created_at, objects.organization_json(one)) for one in customers.customers]
        return by_time(request, "organizations", left(customers, "organizations", found), last)

    return answered(request, state, slug, export)


@get(f"{EXPORTS}/ticket_events.json", sync_to_thread=False)
def export_events(request: Request, state: State, slug: str) -> Response:
    def export(customers: Customers, last: int) -> dict[str, Any]:
        found = [(event["timestamp"], event) for ticket in customers.tickets for event in objects.events(ticket)]
        return by_time(request, "ticket_events", found, last)

    return answered(request, state, slug, export)


HANDLERS = [export_tickets, export_users, export_organizations, export_events]
