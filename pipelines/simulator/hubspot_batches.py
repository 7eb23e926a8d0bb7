"""HubSpot's batches: objects of CRM v3, and associations of v4, by their ids."""

from typing import Any

from litestar import Request, Response, post
from litestar.datastructures import State

from pipelines.simulator.hubspot import MAX_PAGE, MAX_PAGE_WITH_HISTORY, PORTAL, Store, answered, known, shown
from pipelines.simulator.hubspot_objects import iso
from pipelines.simulator.hubspot_search import Refused

MAX_ASSOCIATION_INPUTS, MAX_ASSOCIATED = 1_000, 500  # of a batch, and of one object


@post(PORTAL + "/crm/v3/objects/{kind:str}/batch/read", status_code=200, sync_to_thread=False)
def read_batch(request: Request, state: State, slug: str, kind: str, data: dict[str, Any]) -> Response:
    """Up to 100 records by id; missing ones are named, with status 207."""
    return _in_part(answered(request, state, slug, lambda store: _batch(store, known(kind), data)))


def _batch(store: Store, kind: str, data: dict[str, Any]) -> dict[str, Any]:
    wanted = [str(one.get("id")) for one in data.get("inputs") or []]
    most = MAX_PAGE_WITH_HISTORY if data.get("propertiesWithHistory") else MAX_PAGE
    if not 1 <= len(wanted) <= most:
        raise Refused(f"inputs must hold 1 to {most} ids")
    records = {str(r.record_id): r for r in store.records(kind) if r.archived_at is None}
    properties, history = data.get("properties") or [], data.get("propertiesWithHistory") or []
    found = [shown(records[one], kind, properties, history, []) for one in dict.fromkeys(wanted) if one in records]
    missing = [one for one in wanted if one not in records]
    at = iso(0)
    result: dict[str, Any] = {"status": "COMPLETE", "results": found, "startedAt": at, "completedAt": at}
    if missing:
        message = "Could not get some objects, they may be deleted or not exist."
        context = {"ids": missing}
        one = {"status": "error", "category": "OBJECT_NOT_FOUND", "message": message, "context": context}
        result |= {"numErrors": 1, "errors": [one | {"errors": [], "links": {}}]}
    return result


@post(PORTAL + "/crm/v4/associations/{kind:str}/{other:str}/batch/read", status_code=200, sync_to_thread=False)
def read_associations(
    request: Request, state: State, slug: str, kind: str, other: str, data: dict[str, Any]
) -> Response:
    """What up to 1,000 objects are associated with; those without any are named, with status 207."""
    return _in_part(answered(request, state, slug, lambda store: _associations(store, known(kind), known(other), data)))


def _associations(store: Store, kind: str, other: str, data: dict[str, Any]) -> dict[str, Any]:
    wanted = {str(one.get("id")): int(one.get("after") or 0) for one in data.get("inputs") or []}
    if not 1 <= len(wanted) <= MAX_ASSOCIATION_INPUTS:
        raise Refused(f"inputs must hold 1 to {MAX_ASSOCIATION_INPUTS} ids")
    found = {
        str(record.record_id): record.associations[other]
        for record in store.records(kind)
        if str(record.record_id) in wanted and record.archived_at is None and record.associations.get(other)
    }
    results = [_associated_page(one, found[one], begin) for one, begin in wanted.items() if one in found]
    at = iso(0)
    answer: dict[str, Any] = {"status": "COMPLETE", "results": results, "startedAt": at, "completedAt": at}
    errors = [
        {
            "status": "error", "category": "OBJECT_NOT_FOUND", "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
            "message": f"No {other} is associated with {kind} {one}.", "context": {"fromObjectId": [one]},
            "errors": [], "links": {},
        }
        for one in wanted if one not in found
    ]  # fmt: skip
    return answer | ({"numErrors": len(errors), "errors": errors} if errors else {})


def _associated_page(one: str, found: list[tuple[str, str]], begin: int) -> dict[str, Any]:
    """Each object once, with all the ways in which it is associated."""
    others = list(dict.fromkeys(other for other, _ in found))
    types = [{"category": "HUBSPOT_DEFINED", "typeId": 26}]
    end = begin + MAX_ASSOCIATED
    page = {"from": {"id": one}, "to": [{"toObjectId": each, "associationTypes": types} for each in others[begin:end]]}
    return page | ({"paging": {"next": {"after": str(end)}}} if end < len(others) else {})


def _in_part(response: Response) -> Response:
    """With status 207 where the batch names what it lacks."""
    if response.status_code is None and "errors" in response.content:
        response.status_code = 207
    return response


HANDLERS = [read_batch, read_associations]
