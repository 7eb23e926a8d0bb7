"""HubSpot's webhooks. Each names one property of one object, so each only points at what is read again."""

from typing import Any

from pipelines.http import Client
from pipelines.sources.events import NOTHING, Change, Rereading, Stale
from pipelines.sources.hubspot import asked_of_tickets
from pipelines.sources.hubspot_rows import COMPANY, CONTACT, plain_row, ticket
from pipelines.sources.reading import Gone, Request, Rows
from pipelines.sync_error import SyncError

ASKS_AT_ONCE = False
KINDS = {"ticket": "tickets", "company": "companies", "contact": "contacts"}
COLUMNS = {"companies": COMPANY, "contacts": CONTACT}


def change(connection: Any, event: str, body: dict[str, Any]) -> Change:
    """The objects that an event is about. Raises KeyError, ValueError."""
    kind, _, action = event.partition(".")
    if kind not in KINDS:
        return NOTHING
    if action == "associationChange":
        ends = zip(body["associationType"].split("_TO_"), ("fromObjectId", "toObjectId"), strict=True)
        found = [(KINDS.get(end.lower()), body[name]) for end, name in ends]
    elif action == "merge":
        ids = [body.get("primaryObjectId"), body.get("newObjectId"), *body.get("mergedObjectIds", ())]
        found = [(KINDS[kind], one) for one in (*ids, body.get("objectId")) if one is not None]
    else:
        found = [(KINDS[kind], body["objectId"])]
    stale = [Stale(name, str(int(one))) for name, one in found if name]
    return Change(stale=tuple(dict.fromkeys(stale)))


def again(request: Request, stale: Stale) -> Rereading:
    """One object by its id; one that is archived or deleted is gone."""
    path = f"/crm/v3/objects/{stale.kind}/{stale.name}"
    if stale.kind == "tickets":
        found = _unless_gone(request.client, path, asked_of_tickets(request))
        rows = [ticket(found, request.connection.jira_key_property)] if found else []
    else:
        columns = COLUMNS[stale.kind]
        found = _unless_gone(request.client, path, {"properties": ",".join(columns.values())})
        rows = [plain_row(found, columns)] if found else []
    yield Rows(stale.kind, rows) if rows else Gone(stale.kind, (stale.name,))


def _unless_gone(client: Client, path: str, asked: dict[str, str]) -> dict | None:
    """One object, None where it is archived or deleted."""
    try:
        return client.json(path, asked)
    except SyncError as error:
        if error.error_class != "not_found":  # archived since the search
            raise
        return None
