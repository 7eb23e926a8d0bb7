"""Jira's site-wide lists, and the Agile API: boards and sprints."""

from collections.abc import Callable
from typing import Any

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler

from pipelines.simulator.jira_answers import (
    DEFAULT_PAGE,
    PAGE_WITH_FIELDS,
    Refused,
    answered,
    number,
    paged,
    rank_of,
    shown,
    token_of,
)
from pipelines.simulator.jira_store import Row, Store

AGILE_PAGE = 50  # at most, whatever is asked
SITE, AGILE = "/jira/{slug:str}/rest/api/3", "/jira/{slug:str}/rest/agile/1.0"
SOFTWARE = "/jira/{slug:str}/rest/software/1.0"


def whole(path: str, answer: Callable[[Store], Any]) -> HTTPRouteHandler:
    """A route that answers a whole list or object."""

    @get(SITE + path, sync_to_thread=False, name=f"jira{path}")
    def read(request: Request, state: State, slug: str) -> Response:
        return answered(request, state, slug, answer)

    return read


def pages(path: str, answer: Callable[[Store], list[Any]], most: int = 100) -> HTTPRouteHandler:
    """A route that answers a list page by page."""

    @get(SITE + path, sync_to_thread=False, name=f"jira{path}")
    def read(request: Request, state: State, slug: str) -> Response:
        start, limit = number(request, "startAt", 0, 10**9), number(request, "maxResults", DEFAULT_PAGE, most)
        return answered(request, state, slug, lambda store: paged(answer(store), start, limit))

    return read


def server_info(store: Store) -> dict[str, Any]:
    return {
        "baseUrl": store.base,
        "version": "1001.0.0-SNAPSHOT",
        "versionNumbers": [1001, 0, 0],
        "deploymentType": "Cloud",
        "buildNumber": 100300,
        "serverTitle": store.slug.capitalize(),
    }


@get(AGILE + "/board", sync_to_thread=False)
def list_boards(request: Request, state: State, slug: str) -> Response:
    wanted = request.query_params.get("projectKeyOrId")
    start, limit = number(request, "startAt", 0, 10**9), number(request, "maxResults", AGILE_PAGE, AGILE_PAGE)

    def answer(store: Store) -> dict[str, Any]:
        found = []
        for board in store.boards():
            location = board.get("location") or {}
            if wanted is None or wanted in (location.get("projectKey"), str(location.get("projectId"))):
                found.append(board)
        return paged(found, start, limit)

    return answered(request, state, slug, answer)


def the_board(store: Store, board_id: int) -> dict[str, Any]:
    board = next((board for board in store.boards() if board["id"] == board_id), None)
    if board is None:
        raise Refused(
            404,
            "The requested board does not exist or you may not view it.",
        )
    return board


@get(AGILE + "/board/{board_id:int}/sprint", sync_to_thread=False)
def list_sprints(request: Request, state: State, slug: str, board_id: int) -> Response:
    states = set(filter(None, request.query_params.get("state", "").split(",")))
    start, limit = number(request, "startAt", 0, 10**9), number(request, "maxResults", AGILE_PAGE, AGILE_PAGE)

    def answer(store: Store) -> dict[str, Any]:
        the_board(store, board_id)
        found = [sprint for sprint in store.sprints(board_id) if not states or sprint["state"] in states]
        return paged(found, start, limit)

    return answered(request, state, slug, answer)


@get(AGILE + "/board/{board_id:int}/configuration", sync_to_thread=False)
def read_configuration(request: Request, state: State, slug: str, board_id: int) -> Response:
    def answer(store: Store) -> dict[str, Any]:
        board, field = the_board(store, board_id), store.estimation_field(board_id)
        columns = [{"name": s["name"], "statuses": [{"id": s["id"], "self": s["self"]}]} for s in store.statuses()]
        shown: dict[str, Any] = {
            "id": board_id,
            "name": board["name"],
            "type": board["type"],
            "self": f"{board['self']}/configuration",
            "columnConfig": {"columns": columns, "constraintType": "none"},
        }
        if field:
            shown["estimation"] = {"type": "field", "field": {"fieldId": field[0], "displayName": field[1]}}
        return shown

    return answered(request, state, slug, answer)


@get(AGILE + "/sprint/{sprint_id:int}", sync_to_thread=False)
def read_sprint(request: Request, state: State, slug: str, sprint_id: int) -> Response:
    return answered(request, state, slug, lambda store: the_sprint(store, sprint_id))


def the_sprint(store: Store, sprint_id: int) -> dict[str, Any]:
    sprint = next((sprint for sprint in store.sprints(None) if sprint["id"] == sprint_id), None)
    if sprint is None:
        raise Refused(
            404,
            "The requested sprint does not exist or you may not view it.",
        )
    return sprint


@get(AGILE + "/sprint/{sprint_id:int}/issue", sync_to_thread=False)
def list_sprint_issues(request: Request, state: State, slug: str, sprint_id: int) -> Response:
    """Deprecated, counted from startAt."""
    start, limit = number(request, "startAt", 0, 10**9), number(request, "maxResults", DEFAULT_PAGE, PAGE_WITH_FIELDS)
    wanted = request.query_params.get("fields", "*all").split(",")

    def answer(store: Store) -> dict[str, Any]:
        rows = in_sprint(store, sprint_id)
        page = [
            shown(store, row, wanted, request.query_params.get("expand", "")) for row in rows[start : start + limit]
        ]
        return {"expand": "schema,names", "startAt": start, "maxResults": limit, "total": len(rows), "issues": page}

    return answered(request, state, slug, answer)


def in_sprint(store: Store, sprint_id: int) -> list[Row]:
    the_sprint(store, sprint_id)
    return [row for row in store.rows() if sprint_id in row.sprint_ids]


def in_board(store: Store, board_id: int) -> list[Row]:
    project = (the_board(store, board_id).get("location") or {}).get("projectKey")
    return [row for row in store.rows() if project in (None, row.project_key)]


def tokened(request: Request, store: Store, rows: list[Row]) -> dict[str, Any]:
    """A page by token, in order of the issues' ids."""
    limit = number(request, "maxResults", DEFAULT_PAGE, PAGE_WITH_FIELDS) or DEFAULT_PAGE
    wanted = request.query_params.get("fields", "*all").split(",")
    token = request.query_params.get("nextPageToken")
    after = rank_of(token) if token else (-1,)
    left = sorted((row for row in rows if (row.issue_id,) > after), key=lambda row: row.issue_id)
    page = [shown(store, row, wanted, request.query_params.get("expand", "")) for row in left[:limit]]
    last = len(left) <= limit
    return {"issues": page, "isLast": last} | ({} if last else {"nextPageToken": token_of((left[limit - 1].issue_id,))})


@get(SOFTWARE + "/sprint/{sprint_id:int}/issue", sync_to_thread=False)
def list_sprint_issues_by_token(request: Request, state: State, slug: str, sprint_id: int) -> Response:
    return answered(request, state, slug, lambda store: tokened(request, store, in_sprint(store, sprint_id)))


@get(SOFTWARE + "/board/{board_id:int}/issue", sync_to_thread=False)
def list_board_issues_by_token(request: Request, state: State, slug: str, board_id: int) -> Response:
    return answered(request, state, slug, lambda store: tokened(request, store, in_board(store, board_id)))


HANDLERS = [
    whole("/myself", lambda store: store.myself()),
    whole("/field", lambda store: store.all_fields()),
    whole("/status", lambda store: store.statuses()),
    whole("/priority", lambda store: store.priorities()),
    whole("/issuetype", lambda store: store.issue_types()),
    whole("/serverInfo", server_info),
    pages("/priority/search", lambda store: store.priorities()),
    pages("/project/search", lambda store: store.projects()),
    list_boards,
    list_sprints,
    read_configuration,
    read_sprint,
    list_sprint_issues,
    list_sprint_issues_by_token,
    list_board_issues_by_token,
]
