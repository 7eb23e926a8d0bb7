"""HubSpot CRM → raw_hubspot. Every property is text or null; only what is asked for comes back."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec

from pipelines import http
from pipelines.http import Answer, Client
from pipelines.sources.hubspot_search import changed, listed, milliseconds
from pipelines.sources.reading import Newest, Present, Reading, Request, Rows, at_once, instant
from pipelines.sync_error import SyncError

LOOKBACK = timedelta(minutes=5)
HISTORY_PAGE = 50  # a page with history may not be larger
MODIFIED = {"tickets": "hs_lastmodifieddate", "companies": "hs_lastmodifieddate", "contacts": "lastmodifieddate"}
TICKET = {
    "subject": "subject",
    "content": "content",
    "pipeline": "hs_pipeline",
    "stage": "hs_pipeline_stage",
    "priority": "hs_ticket_priority",
    "category": "hs_ticket_category",
    "owner_id": "hubspot_owner_id",
    "source_type": "source_type",
    "created_at": "createdate",
    "updated_at": "hs_lastmodifieddate",
    "closed_at": "closed_date",
}
COMPANY = {
    "name": "name", "domain": "domain", "industry": "industry",
    "created_at": "createdate", "updated_at": "hs_lastmodifieddate",
}  # fmt: skip
CONTACT = {
    "email": "email", "first_name": "firstname", "last_name": "lastname", "company_id": "associatedcompanyid",
    "created_at": "createdate", "updated_at": "lastmodifieddate",
}  # fmt: skip
TIMES = ("created_at", "updated_at", "closed_at")


def limits(connection: Any) -> dict[str, int]:
    """None to keep: the answers' own headers say when to wait."""
    return {}


def client(connection: Any) -> dict[str, Any]:
    """How HubSpot wants to be asked."""
    return {"headers": {"Authorization": f"Bearer {connection.token}"}, "check": check}


def check(answer: Answer) -> None:
    """A 429 names its policy: ten seconds can be waited for, a day cannot."""
    if answer.status == 429:
        policy = "DAILY" if b"DAILY" in answer.body else "TEN_SECONDLY_ROLLING"
        wait = http.retry_after(answer.headers)
        wait = wait if wait is not None else (3600.0 if policy == "DAILY" else 10.0)
        message = f"HubSpot's {policy} limit is used up: {answer.excerpt()!r}"
        raise SyncError("rate_limited", message, http_status=429, retry_after=wait)
    if answer.status == 403 and (scopes := _lacking(answer.body)):
        message = f"HubSpot refuses {urlsplit(answer.url).path}: the private app lacks {scopes}"
        raise SyncError("permission", message, http_status=403, what_to_do=f"give the private app the scope {scopes}.")
    http.check(answer)


def _lacking(body: bytes) -> str:
    """The scopes that a refused request would have needed, as HubSpot names them."""
    try:
        errors = msgspec.json.decode(body).get("errors") or []
        needed = [scope for each in errors for scope in (each.get("context") or {}).get("requiredGranularScopes", [])]
    except (msgspec.DecodeError, AttributeError):
        return ""
    return ", ".join(dict.fromkeys(map(str, needed)))


def pipelines(request: Request) -> Reading:
    """Ticket pipelines with the labels of their stages."""
    found = request.client.json("/crm/v3/pipelines/tickets")["results"]
    rows = [{**one, "object_type": "tickets", "stages": [_stage(stage) for stage in one["stages"]]} for one in found]
    yield Rows("pipelines", rows)


def _stage(stage: dict) -> dict:
    return {
        "id": stage["id"],
        "label": stage.get("label"),
        "is_closed": str((stage.get("metadata") or {}).get("isClosed", "")).lower() == "true",
    }


def owners(request: Request) -> Reading:
    """Whom tickets belong to."""
    for page in listed(request.client, "/crm/v3/owners"):
        yield Rows("owners", [
            {**one, "first_name": one.get("firstName"), "last_name": one.get("lastName")} for one in page
        ])  # fmt: skip


def tickets(request: Request) -> Reading:
    """Tickets that changed, with the history of their stage and their companies and contacts."""
    seen = Newest(request.now)
    for page in _whole_tickets(request, asked_of_tickets(request)):
        rows = [ticket(one, request.connection.jira_key_property) for one in page]
        yield Rows("tickets", rows)
        seen += [row["updated_at"] for row in rows]
    yield from request.reached("tickets", "account", seen)
    if request.sweep:
        live = listed(request.client, "/crm/v3/objects/tickets", archived="false")
        yield Present("tickets", {}, [one["id"] for page in live for one in page])


def asked_of_tickets(request: Request) -> dict[str, str]:
    """The query that brings a ticket with all that its row needs."""
    return {
        "properties": ",".join([*TICKET.values(), request.connection.jira_key_property]),
        "propertiesWithHistory": "hs_pipeline_stage",
        "associations": "companies,contacts",
    }


def _whole_tickets(request: Request, asked: dict[str, str]) -> Iterator[list[dict]]:
    """All by the list; what changed by the search, which has neither history nor associations, and then one by one."""
    since = request.since("tickets", "account", LOOKBACK)
    path = "/crm/v3/objects/tickets"
    if since is None:
        yield from listed(request.client, path, HISTORY_PAGE, archived="false", **asked)
        return
    for page in changed(request.client, "tickets", ["hs_lastmodifieddate"], MODIFIED["tickets"], _milliseconds(since)):
        found = at_once(lambda one: unless_gone(request.client, f"{path}/{one['id']}", asked), page)
        yield [one for one in found if one is not None]


def unless_gone(client: Client, path: str, asked: dict[str, str]) -> dict | None:
    """One object, None where it is archived or deleted."""
    try:
        return client.json(path, asked)
    except SyncError as error:
        if error.error_class != "not_found":  # archived since the search
            raise
        return None


def ticket(found: dict, jira_key_property: str) -> dict[str, Any]:
    """The row of a ticket that was read with `asked_of_tickets`."""
    properties = {name: value for name, value in found["properties"].items() if value is not None}
    changes = (found.get("propertiesWithHistory") or {}).get("hs_pipeline_stage") or []
    steps = [{"stage": one.get("value"), "at": _iso(str(one["timestamp"]))} for one in changes]
    return {
        **plain_row(found, TICKET),
        "jira_issue_key": properties.get(jira_key_property),
        "archived": bool(found.get("archived")),
        "company_ids": _associated(found, "companies"),
        "contact_ids": _associated(found, "contacts"),
        "stage_history": sorted(steps, key=lambda step: instant(step["at"])),
        "properties": properties,
        "url": found.get("url"),
    }


def _associated(found: dict, kind: str) -> list[str]:
    """Ids in the order of the answer, each once: HubSpot lists one several times."""
    others = ((found.get("associations") or {}).get(kind) or {}).get("results") or []
    return list(dict.fromkeys(str(other["id"]) for other in others))


def simple(name: str, columns: dict[str, str]) -> Callable[[Request], Reading]:
    """Objects that are nothing but their properties."""

    def read(request: Request) -> Reading:
        seen = Newest(request.now)
        for page in _found(request, name, list(columns.values())):
            rows = [plain_row(one, columns) for one in page]
            yield Rows(name, rows)
            seen += [row["updated_at"] for row in rows]
        yield from request.reached(name, "account", seen)

    return read


def _found(request: Request, kind: str, properties: list[str]) -> Iterator[list[dict]]:
    """All objects by the list, which has no end at 10,000; changed ones by the search."""
    since = request.since(kind, "account", LOOKBACK)
    if since is None:
        path = f"/crm/v3/objects/{kind}"
        yield from listed(request.client, path, properties=",".join(properties), archived="false")
    else:
        yield from changed(request.client, kind, properties, MODIFIED[kind], _milliseconds(since))


def plain_row(found: dict, columns: dict[str, str]) -> dict[str, Any]:
    """The row of an object that is nothing but its properties."""
    properties = found["properties"]
    row = {name: properties.get(column) for name, column in columns.items()}
    for name in TIMES:
        if name in row:
            row[name] = _time(row[name])
    row["id"] = found["id"]
    row["created_at"] = row["created_at"] or found.get("createdAt")
    row["updated_at"] = row["updated_at"] or found.get("updatedAt")
    return row


def _time(text: str | None) -> str | None:
    """ISO 8601 or epoch milliseconds; HubSpot's own 1970 stands for no time."""
    if not text:
        return None
    return None if milliseconds(text) < 86_400_000 else _iso(text)


def _iso(text: str) -> str:
    if not text.isdigit():
        return text
    return datetime.fromtimestamp(int(text) / 1000, UTC).isoformat()


def _milliseconds(time: datetime) -> int:
    return round(time.timestamp() * 1000)


RESOURCES: dict[str, Callable[[Request], Reading]] = {
    "pipelines": pipelines,
    "owners": owners,
    "companies": simple("companies", COMPANY),
    "contacts": simple("contacts", CONTACT),
    "tickets": tickets,
}
