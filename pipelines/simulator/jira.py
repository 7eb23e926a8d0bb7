"""Jira Cloud's REST v3: search, changelogs, and what a site is made of. The boards are in jira_agile.py."""

import base64
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import State

from pipelines.simulator import jql
from pipelines.simulator.jira_store import LivedStore, Row, Store
from pipelines.simulator.tracker import tracker_of

PAGE_WITH_FIELDS, PAGE_OF_IDS, DEFAULT_PAGE = 100, 5000, 50
INLINE_HISTORIES = 40
REMOVED = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API."
    " A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
)
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
    row = next((row for row in store.rows() if name.upper() in (str(row.issue_id), row.key.upper())), None)
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


# -- search


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


def search(store: Store, now: int, asked: dict[str, Any]) -> dict[str, Any]:
    """One page of a search. The next one goes on behind this page's last issue."""
    query = jql.parse(asked.get("jql") or "", now, store.time_zone)
    limit = asked.get("maxResults", DEFAULT_PAGE)
    if not isinstance(limit, int) or not 1 <= limit <= PAGE_OF_IDS:
        raise Refused(400, "The max results parameter has to be between 1 and 5,000.")
    wanted = [str(name) for name in asked.get("fields") or []]
    if set(wanted) <= {"id"}:
        wanted = []
    found = query.run(store.rows())
    if asked.get("nextPageToken"):
        after = rank_of(asked["nextPageToken"])
        found = [row for row in found if query.rank(row) > after]
    page = found[: min(limit, PAGE_WITH_FIELDS) if wanted else limit]
    answer: dict[str, Any] = {"issues": [shown(store, row, wanted, str(asked.get("expand") or "")) for row in page]}
    answer["isLast"] = len(page) == len(found)
    if not answer["isLast"]:
        answer["nextPageToken"] = token_of(query.rank(page[-1]))
    return answer


@post("/jira/{slug:str}/rest/api/3/search/jql", status_code=200, sync_to_thread=False)
def search_by_body(request: Request, state: State, slug: str, data: dict[str, Any]) -> Response:
    return answered(request, state, slug, lambda store: search(store, state.world.clock.now(), data))


@get("/jira/{slug:str}/rest/api/3/search/jql", sync_to_thread=False)
def search_by_query(request: Request, state: State, slug: str) -> Response:
    asked: dict[str, Any] = dict(request.query_params)
    asked["fields"] = [name for name in asked.get("fields", "").split(",") if name]
    asked["maxResults"] = number(request, "maxResults", DEFAULT_PAGE, PAGE_OF_IDS)
    return answered(request, state, slug, lambda store: search(store, state.world.clock.now(), asked))


@get("/jira/{slug:str}/rest/api/3/search", sync_to_thread=False)
def removed_search(request: Request, state: State, slug: str) -> Response:
    return error(410, REMOVED)


@post("/jira/{slug:str}/rest/api/3/search", sync_to_thread=False)
def removed_search_by_body(request: Request, state: State, slug: str) -> Response:
    return error(410, REMOVED)


@post("/jira/{slug:str}/rest/api/3/search/approximate-count", status_code=200, sync_to_thread=False)
def count_issues(request: Request, state: State, slug: str, data: dict[str, Any]) -> Response:
    def answer(store: Store) -> dict[str, int]:
        query = jql.parse(data.get("jql") or "", state.world.clock.now(), store.time_zone)
        return {"count": len(query.run(store.rows()))}

    return answered(request, state, slug, answer)


# -- one issue


@get("/jira/{slug:str}/rest/api/3/issue/{name:str}", sync_to_thread=False)
def read_issue(
    request: Request, state: State, slug: str, name: str, fields: str = "*all", expand: str = ""
) -> Response:
    wanted = fields.split(",")
    return answered(request, state, slug, lambda store: shown(store, find(store, name), wanted, expand))


@get("/jira/{slug:str}/rest/api/3/issue/{name:str}/changelog", sync_to_thread=False)
def read_changelog(request: Request, state: State, slug: str, name: str) -> Response:
    """Oldest first, at most 100 at once."""
    start, limit = number(request, "startAt", 0, 10**9), number(request, "maxResults", 100, 100)

    def answer(store: Store) -> dict[str, Any]:
        row = find(store, name)
        link = f"{store.base}/rest/api/3/issue/{name}/changelog?maxResults={limit}&startAt="
        page = paged(store.histories(row), start, limit, self=f"{link}{start}")
        return page if page["isLast"] else page | {"nextPage": f"{link}{start + limit}"}

    return answered(request, state, slug, answer)


@post("/jira/{slug:str}/rest/api/3/changelog/bulkfetch", status_code=200, sync_to_thread=False)
def fetch_changelogs(request: Request, state: State, slug: str, data: dict[str, Any]) -> Response:
    """The changes of many issues, sorted by date and split by issue: an issue may come on several pages."""

    def answer(store: Store) -> dict[str, Any]:
        names, fields = [str(name).upper() for name in data.get("issueIdsOrKeys") or []], data.get("fieldIds") or []
        limit = int(data.get("maxResults") or 1000)
        if not 1 <= len(names) <= 1000 or len(fields) > 10 or not 1 <= limit <= 10_000:
            raise Refused(400, "The request takes 1 to 1,000 issues, at most 10 fields and a page of at most 10,000.")
        wanted = set(names)
        entries = []
        for row in store.rows():
            if row.key.upper() in wanted or str(row.issue_id) in wanted:
                for history in store.histories(row):
                    items = [i for i in history["items"] if not fields or i.get("fieldId") in fields]
                    if items:
                        entries.append(
                            (jira_instant(history["created"]), int(history["id"]), row, history | {"items": items})
                        )
        entries.sort(key=lambda entry: entry[:2])
        after = rank_of(data["nextPageToken"]) if data.get("nextPageToken") else (-1, -1)
        left = [entry for entry in entries if entry[:2] > after]
        page: dict[str, list[Any]] = {}
        for _, _, row, history in left[:limit]:
            page.setdefault(str(row.issue_id), []).append(history)
        found: dict[str, Any] = {"issueChangeLogs": [{"issueId": k, "changeHistories": v} for k, v in page.items()]}
        return found | ({"nextPageToken": token_of(left[limit - 1][:2])} if len(left) > limit else {})

    return answered(request, state, slug, answer)


def jira_instant(text: str) -> float:
    """Seconds since 1970 of 2026-04-28T15:33:15.438+0200."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()


@get("/jira/{slug:str}/rest/api/3/issue/{name:str}/worklog", sync_to_thread=False)
def read_worklogs(request: Request, state: State, slug: str, name: str) -> Response:
    start, limit = number(request, "startAt", 0, 10**9), number(request, "maxResults", 5000, 5000)

    def answer(store: Store) -> dict[str, Any]:
        found = store.worklogs(find(store, name))
        return {"startAt": start, "maxResults": limit, "total": len(found), "worklogs": found[start : start + limit]}

    return answered(request, state, slug, answer)


@get("/jira/{slug:str}/rest/api/3/issue/{name:str}/remotelink", sync_to_thread=False)
def read_remote_links(request: Request, state: State, slug: str, name: str) -> Response:
    return answered(request, state, slug, lambda store: store.remote_links(find(store, name)))


HANDLERS = [
    search_by_body,
    search_by_query,
    removed_search,
    removed_search_by_body,
    count_issues,
    read_issue,
    read_changelog,
    fetch_changelogs,
    read_worklogs,
    read_remote_links,
]
