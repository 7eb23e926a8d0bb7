"""Jira Cloud's REST v3: search and issues. The site's lists and boards are in jira_agile.py."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import State

from pipelines.simulator import jql
from pipelines.simulator.jira_answers import (
    DEFAULT_PAGE,
    PAGE_OF_IDS,
    PAGE_WITH_FIELDS,
    Refused,
    answered,
    error,
    find,
    jira_instant,
    number,
    paged,
    rank_of,
    shown,
    token_of,
)
from pipelines.simulator.jira_store import Store

REMOVED = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API."
    " A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
)


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
