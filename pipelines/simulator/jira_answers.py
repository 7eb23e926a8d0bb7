"""How Jira answers: who may ask, pages, tokens, errors, and an issue with the fields that were asked for."""

import base64
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from litestar import Request, Response
from litestar.datastructures import State

from pipelines.simulator import jql
from pipelines.simulator.jira_store import LivedStore, Row, Store
from pipelines.simulator.tracker import tracker_of

PAGE_WITH_FIELDS, PAGE_OF_IDS, DEFAULT_PAGE = 100, 5000, 50
INLINE_HISTORIES = 40
NO_ISSUE = "Issue does not exist or you do not have permission to see it."


class Refused(Exception):
    """An answer that is an error: its status and message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def error(status: int, message: str) -> Response:
    """Jira's ErrorCollection."""
    return Response({"errorMessages": [message], "errors": {}}, status_code=status)


def store_of(state: State, slug: str) -> Store | None:
    """A company's site, or a recorded one."""
    tracker = tracker_of(state.world, slug)
    if tracker is not None:
        return LivedStore(tracker)
    replay = state.world.replays.get(slug)
    return None if replay is None else replay.jira


def answered(request: Request, state: State, slug: str, answer: Callable[[Store], Any]) -> Response:
    """The answer of a signed-in caller. `answer` may raise Refused or jql.Refused."""
    store = store_of(state, slug)
    if store is None:
        return error(404, f"There is no site {slug}.")
    if not is_signed_in(request, store):
        return error(401, "Client must be authenticated to access this resource.")
    try:
        return Response(answer(store), headers={"X-AREQUESTID": "simulated", "X-AACCOUNTID": "557058%3A000000000001"})
    except Refused as refusal:
        return error(refusal.status, str(refusal))
    except jql.Refused as refusal:
        return error(400, str(refusal))


def is_signed_in(request: Request, store: Store) -> bool:
    """Basic authentication: any e-mail address, and the site's token."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    try:
        _, _, token = base64.b64decode(value).decode().partition(":")
    except ValueError:
        return False
    return scheme.lower() == "basic" and bool(token) and store.token in (None, token)


def find(store: Store, name: str) -> Row:
    """An issue by id or key."""
    row = store.find(name.upper())
    if row is None:
        raise Refused(404, NO_ISSUE)
    return row


def paged(values: Sequence[Any], start: int, limit: int, **more: Any) -> dict[str, Any]:
    """Jira's classic page, which counts from startAt."""
    page = list(values[start : start + limit])
    last = start + len(page) >= len(values)
    return {"maxResults": limit, "startAt": start, "total": len(values), "isLast": last, "values": page, **more}


def number(request: Request, name: str, default: int, most: int) -> int:
    try:
        return max(0, min(most, int(request.query_params.get(name, default))))
    except ValueError:
        return default


def shown(store: Store, row: Row, wanted: list[str], expand: str) -> dict[str, Any]:
    """An issue as a search answers it: ids alone, unless fields were asked for."""
    if not wanted:
        return {"id": str(row.issue_id)}
    everything = store.fields(row)
    if wanted != ["*none"]:
        left_out = {name[1:] for name in wanted if name.startswith("-")}
        if not any(name in ("*all", "*navigable") for name in wanted):
            everything = {name: value for name, value in everything.items() if name in wanted}
        everything = {name: value for name, value in everything.items() if name not in left_out}
    issue = {
        "expand": "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations",
        "id": str(row.issue_id),
        "self": f"{store.base}/rest/api/3/issue/{row.issue_id}",
        "key": row.key,
        "fields": {} if wanted == ["*none"] else everything,
    }
    if "changelog" in expand:  # cut, and newest first, unlike the changelog's own route
        histories = store.histories(row)[::-1]
        kept = histories[:INLINE_HISTORIES]
        issue["changelog"] = {"startAt": 0, "maxResults": len(kept), "total": len(histories), "histories": kept}
    return issue


def token_of(rank: tuple[float, ...]) -> str:
    return base64.urlsafe_b64encode(json.dumps(rank).encode()).decode()


def rank_of(token: str) -> tuple[float, ...]:
    try:
        return tuple(json.loads(base64.urlsafe_b64decode(token.encode())))
    except (ValueError, TypeError):
        raise Refused(400, "The provided next page token is invalid or expired.") from None


def jira_instant(text: str) -> float:
    """Seconds since 1970 of 2026-04-28T15:33:15.438+0200."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()
