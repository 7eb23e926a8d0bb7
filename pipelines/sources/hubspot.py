"""HubSpot CRM → raw_hubspot. Every property is text or null; only what is asked for comes back."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from pipelines import http
from pipelines.http import Answer, Client
from pipelines.sources.hubspot_search import changed, listed, milliseconds
from pipelines.sources.reading import Present, Reading, Request, Rows, instant
from pipelines.sync_error import SyncError

LOOKBACK = timedelta(minutes=5)
HISTORY_BATCH, ASSOCIATION_BATCH = 50, 1000
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
    http.check(answer)


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
    wanted = [*TICKET.values(), request.connection.jira_key_property]
    seen: list[str | None] = []
    for page in _found(request, "tickets", wanted):
        ids = [one["id"] for one in page]
        history = _stage_history(request.client, ids)
        companies = _associated(request.client, ids, "companies")
        contacts = _associated(request.client, ids, "contacts")
        rows = [
            {
                **_row(one, TICKET),
                "jira_issue_key": one["properties"].get(request.connection.jira_key_property),
                "archived": bool(one.get("archived")),
                "company_ids": companies.get(one["id"], []),
                "contact_ids": contacts.get(one["id"], []),
                "stage_history": history.get(one["id"], []),
                "properties": one["properties"],
                "url": one.get("url"),
            }
            for one in page
        ]
        yield Rows("tickets", rows)
        seen += [row["updated_at"] for row in rows]
    yield from request.reached("tickets", "account", seen)
    if request.sweep:
        live = listed(request.client, "/crm/v3/objects/tickets", archived="false")
        yield Present("tickets", {}, [one["id"] for page in live for one in page])


def simple(name: str, columns: dict[str, str]) -> Callable[[Request], Reading]:
    """Objects that are nothing but their properties."""

    def read(request: Request) -> Reading:
        seen: list[str | None] = []
        for page in _found(request, name, list(columns.values())):
            rows = [_row(one, columns) for one in page]
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
        yield from changed(request.client, kind, properties, MODIFIED[kind], round(since.timestamp() * 1000))


def _row(found: dict, columns: dict[str, str]) -> dict[str, Any]:
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
    from datetime import UTC, datetime

    return datetime.fromtimestamp(int(text) / 1000, UTC).isoformat()


def _stage_history(client: Client, ids: Sequence[str]) -> dict[str, list[dict]]:
    """Each ticket's stages, oldest first."""
    history = {}
    for some in _batches(ids, HISTORY_BATCH):
        body = {
            "inputs": [{"id": one} for one in some],
            "properties": ["hs_pipeline_stage"],
            "propertiesWithHistory": ["hs_pipeline_stage"],
        }
        for found in client.post("/crm/v3/objects/tickets/batch/read", body)["results"]:
            changes = (found.get("propertiesWithHistory") or {}).get("hs_pipeline_stage") or []
            steps = [{"stage": one.get("value"), "at": _iso(str(one["timestamp"]))} for one in changes]
            history[found["id"]] = sorted(steps, key=lambda step: instant(step["at"]))
    return history


def _associated(client: Client, ids: Sequence[str], kind: str) -> dict[str, list[str]]:
    """The companies or contacts of each ticket, each once."""
    found: dict[str, list[str]] = {}
    for some in _batches(ids, ASSOCIATION_BATCH):
        body = {"inputs": [{"id": one} for one in some]}
        for one in client.post(f"/crm/v4/associations/tickets/{kind}/batch/read", body)["results"]:
            others = [str(other["toObjectId"]) for other in one.get("to") or []]
            found[str(one["from"]["id"])] = list(dict.fromkeys(others))
    return found


def _batches(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


RESOURCES: dict[str, Callable[[Request], Reading]] = {
    "pipelines": pipelines,
    "owners": owners,
    "companies": simple("companies", COMPANY),
    "contacts": simple("contacts", CONTACT),
    "tickets": tickets,
}
