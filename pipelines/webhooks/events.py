"""One webhook → the events that it tells, each with an id that stays the same when it is sent again."""

import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from pipelines import lenient_json
from pipelines.webhooks.signatures import Delivery

LONGEST_ID = 200
LONGEST_NAME = 100


class Unreadable(Exception):
    """The body is not what the source sends. The message says what to do."""


class Told(NamedTuple):
    """One event as it is stored: `body` is its JSON."""

    delivery_id: str
    position: int
    event: str
    body: str


def split(source: str, delivery: Delivery) -> list[Told]:
    """The events of a webhook whose signature was good. Raises Unreadable."""
    try:
        text = delivery.body.decode()
        body = lenient_json.decode(delivery.body)
    except (UnicodeDecodeError, msgspec.DecodeError, RecursionError):
        raise Unreadable("The body is no JSON. Do: set the webhook's content type to application/json.") from None
    return READERS[source](delivery, body, text)


def _github(delivery: Delivery, body: Any, text: str) -> list[Told]:
    name = delivery.headers.get("x-github-event", "")
    if not name or not isinstance(body, dict):
        raise Unreadable("GitHub names its event in X-GitHub-Event and sends an object.")
    return [Told(_id(delivery, "x-github-delivery"), 0, name[:LONGEST_NAME], text)]


def _jira(delivery: Delivery, body: Any, text: str) -> list[Told]:
    name = body.get("webhookEvent") if isinstance(body, dict) else None
    if not isinstance(name, str):
        raise Unreadable("Jira sends an object that names its webhookEvent.")
    return [Told(_id(delivery, "x-atlassian-webhook-identifier"), 0, name[:LONGEST_NAME], text)]


def _hubspot(delivery: Delivery, body: Any, text: str) -> list[Told]:
    """A batch. An event's number is not promised to be its own alone, so what it says belongs to its id."""
    if not isinstance(body, list) or not all(isinstance(one, dict) for one in body):
        raise Unreadable("HubSpot sends a list of events.")
    told: dict[str, Told] = {}
    for position, event in enumerate(body):
        same = {name: value for name, value in sorted(event.items()) if name != "attemptNumber"}
        delivery_id = f"{event.get('eventId')}-{_digest(msgspec.json.encode(same))[:24]}"[-LONGEST_ID:]
        name = str(event.get("subscriptionType") or "unnamed")[:LONGEST_NAME]
        told.setdefault(delivery_id, Told(delivery_id, position, name, msgspec.json.encode(event).decode()))
    return list(told.values())


READERS: dict[str, Callable[[Delivery, Any, str], list[Told]]] = {
    "github": _github,
    "jira": _jira,
    "hubspot": _hubspot,
}


def _id(delivery: Delivery, header: str) -> str:
    """The sender's id of the delivery; without one the body speaks for itself."""
    given = delivery.headers.get(header, "")
    return given if 0 < len(given) <= LONGEST_ID else _digest(given.encode() + delivery.body)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
