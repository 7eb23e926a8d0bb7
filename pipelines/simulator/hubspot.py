"""HubSpot's CRM v3: tickets, companies and contacts, owners and pipelines."""

import uuid
from collections.abc import Callable
from typing import Any, Protocol

from litestar import Request, Response, get, post
from litestar.datastructures import State

from pipelines.simulator.hubspot_objects import LivedStore, Record, iso
from pipelines.simulator.hubspot_search import DEFAULTS, Refused, search
from pipelines.simulator.tracker import tracker_of

PORTAL = "/hubspot/{slug:str}"
MAX_PAGE, MAX_PAGE_WITH_HISTORY, DEFAULT_PAGE = 100, 50, 10
RATE = {
    "X-HubSpot-RateLimit-Daily": "250000",
    "X-HubSpot-RateLimit-Daily-Remaining": "249000",
    "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
    "X-HubSpot-RateLimit-Max": "100",
    "X-HubSpot-RateLimit-Remaining": "99",
}


class Store(Protocol):
    """A portal: a company's life, or a recording."""

    slug: str
    token: str | None  # None: any token is good

    def records(self, kind: str) -> list[Record]: ...
    def owners(self) -> list[dict[str, Any]]: ...
    def pipelines(self, object_type: str) -> list[dict[str, Any]]: ...


class NotFound(Exception):
    """A 404 without more words."""


def error(status: int, category: str, message: str) -> Response:
    """HubSpot's error; the correlation id belongs to the message, so that answers are repeatable."""
    correlation = str(uuid.uuid5(uuid.NAMESPACE_URL, message))
    body = {"status": "error", "message": message, "correlationId": correlation, "category": category}
    return Response(body, status_code=status)


def store_of(state: State, slug: str) -> Store | None:
    tracker = tracker_of(state.world, slug)
    if tracker is not None:
        return LivedStore(tracker.customers)
    replay = state.world.replays.get(slug)
    return None if replay is None else replay.hubspot


def answered(request: Request, state: State, slug: str, answer: Callable[[Store], Any]) -> Response:
    """The answer of a signed-in caller. `answer` may raise Refused or NotFound."""
    store = store_of(state, slug)
    if store is None:
        return error(404, "OBJECT_NOT_FOUND", f"There is no portal {slug}.")
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token or store.token not in (None, token):
        return error(
            401,
            "INVALID_AUTHENTICATION",
            "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more"
            " details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
        )
    try:
        return Response(answer(store), headers=RATE)
    except Refused as refusal:
        return error(400, "VALIDATION_ERROR", str(refusal))
    except NotFound:
        return error(404, "OBJECT_NOT_FOUND", "resource not found")


def listed(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def shown(record: Record, kind: str, wanted: list[str], history: list[str], associations: list[str]) -> dict[str, Any]:
    """A record with the properties that were asked for; asked for and empty is null."""
    names = dict.fromkeys([*(wanted or DEFAULTS[kind]), *history])
    always = {"hs_object_id", "createdate", "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"}
    names |= dict.fromkeys(sorted(always))
    result: dict[str, Any] = {
        "id": str(record.record_id),
        "properties": {name: record.properties.get(name) for name in names},
        "createdAt": iso(record.created_at),
        "updatedAt": iso(record.updated_at),
        "archived": record.archived_at is not None,
    }
    if record.archived_at is not None:
        result["archivedAt"] = iso(record.archived_at)
    if history:
        result["propertiesWithHistory"] = {
            name: [
                {"value": value or "", "timestamp": iso(at), "sourceType": "CRM_UI", "sourceId": "userId:60000001"}
                for at, value in reversed(record.history.get(name, []))
            ]
            for name in history
        }
    found = {
        name: {"results": [{"id": other, "type": kind_} for other, kind_ in record.associations[name]]}
        for name in associations
        if record.associations.get(name)
    }
    if found:
        result["associations"] = found
    return result


def known(kind: str) -> str:
    if kind not in DEFAULTS:
        raise NotFound
    return kind


@get(PORTAL + "/crm/v3/objects/{kind:str}", sync_to_thread=False)
def list_objects(request: Request, state: State, slug: str, kind: str) -> Response:
    """A page in order of ids; `after` is the id behind which it begins."""
    query = request.query_params
    history = listed(query.get("propertiesWithHistory", ""))
    most = MAX_PAGE_WITH_HISTORY if history else MAX_PAGE

    def answer(store: Store) -> dict[str, Any]:
        try:
            limit, after = int(query.get("limit", DEFAULT_PAGE)), int(query.get("after") or 0)
        except ValueError:
            raise Refused("limit and after must be numbers") from None
        if not 1 <= limit <= most:
            raise Refused(f"limit must be between 1 and {most}")
        is_archived = query.get("archived", "false").lower() == "true"
        records = sorted(store.records(known(kind)), key=lambda record: record.record_id)
        left = [r for r in records if r.record_id > after and (r.archived_at is not None) == is_archived]
        wanted, associations = listed(query.get("properties", "")), listed(query.get("associations", ""))
        page: dict[str, Any] = {"results": [shown(r, kind, wanted, history, associations) for r in left[:limit]]}
        if len(left) > limit:
            last = str(left[limit - 1].record_id)
            page["paging"] = {
                "next": {"after": last, "link": f"{request.url.with_replacements(query=f'after={last}')}"}
            }
        return page

    return answered(request, state, slug, answer)


@get(PORTAL + "/crm/v3/objects/{kind:str}/{record_id:str}", sync_to_thread=False)
def read_object(request: Request, state: State, slug: str, kind: str, record_id: str) -> Response:
    query = request.query_params

    def answer(store: Store) -> dict[str, Any]:
        is_archived = query.get("archived", "false").lower() == "true"
        for record in store.records(known(kind)):
            if str(record.record_id) == record_id and (record.archived_at is not None) == is_archived:
                names = (listed(query.get(n, "")) for n in ("properties", "propertiesWithHistory", "associations"))
                return shown(record, kind, *names)
        raise NotFound

    return answered(request, state, slug, answer)


@post(PORTAL + "/crm/v3/objects/{kind:str}/search", status_code=200, sync_to_thread=False)
def search_objects(request: Request, state: State, slug: str, kind: str, data: dict[str, Any]) -> Response:
    """Archived records and associations are never in a search."""

    def answer(store: Store) -> dict[str, Any]:
        total, page, after = search(store.records(known(kind)), data)
        wanted = [str(name) for name in data.get("properties") or []]
        result: dict[str, Any] = {"total": total, "results": [shown(r, kind, wanted, [], []) for r in page]}
        return result | ({"paging": {"next": {"after": after}}} if after else {})

    return answered(request, state, slug, answer)


@get(PORTAL + "/crm/v3/owners", sync_to_thread=False)
def list_owners(request: Request, state: State, slug: str) -> Response:
    query = request.query_params

    def answer(store: Store) -> dict[str, Any]:
        is_archived = query.get("archived", "false").lower() == "true"
        owners = [owner for owner in store.owners() if owner["archived"] == is_archived]
        try:
            limit, after = int(query.get("limit", MAX_PAGE)), int(query.get("after") or 0)
        except ValueError:
            raise Refused("limit and after must be numbers") from None
        left = [owner for owner in sorted(owners, key=lambda owner: int(owner["id"])) if int(owner["id"]) > after]
        page: dict[str, Any] = {"results": left[:limit]}
        return page | ({"paging": {"next": {"after": left[limit - 1]["id"]}}} if len(left) > limit else {})

    return answered(request, state, slug, answer)


@get(
    [PORTAL + "/crm/v3/pipelines/{kind:str}", PORTAL + "/crm/v3/pipelines/{kind:str}/{name:str}"], sync_to_thread=False
)
def list_pipelines(request: Request, state: State, slug: str, kind: str, name: str | None = None) -> Response:
    def answer(store: Store) -> dict[str, Any]:
        found = store.pipelines(kind)
        if name is None:
            return {"results": found}
        one = next((pipeline for pipeline in found if pipeline["id"] == name), None)
        if one is None:
            raise NotFound
        return one

    return answered(request, state, slug, answer)


HANDLERS = [list_objects, read_object, search_objects, list_owners, list_pipelines]
