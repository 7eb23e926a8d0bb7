"""Jira Cloud → raw_jira. Small lists are read whole; issues go on from a cursor, with all that belongs to them."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipelines.http import Client
from pipelines.sources import jira_rows
from pipelines.sources.reading import Newest, Present, Reading, Request, Rows, at_once
from pipelines.sync_error import SyncError

LOOKBACK = timedelta(minutes=10)  # JQL compares minutes, and the search index is some minutes behind
SEARCH_PAGE, BULK_ISSUES = 100, 100
EVERYTHING = "updated >= '1970-01-02'"  # JQL without a restriction is refused


def limits(connection: Any) -> dict[str, int]:
    """None to keep: the answers' own headers say when to wait."""
    return {}


def client(connection: Any) -> dict[str, Any]:
    """How Jira wants to be asked."""
    return {"auth": (connection.email, str.__str__(connection.token)), "headers": {"Accept": "application/json"}}


def offsets(client: Client, path: str, key: str = "values", **params: Any) -> Iterator[list[dict]]:
    """Pages by `startAt`, advanced by the number received: pages are smaller than asked for."""
    start = 0
    while True:
        page = client.json(path, {**params, "startAt": start, "maxResults": 100})
        rows = page[key]
        yield rows
        start += len(rows)
        if not rows or page.get("isLast") or start >= page.get("total", start + 1):
            return


def tokens(ask: Callable[[dict[str, Any]], dict], key: str) -> Iterator[list[dict]]:
    """Pages by `nextPageToken`. A short page is not the last, and a token that comes twice is an error."""
    seen: set[str] = set()
    more: dict[str, Any] = {}
    while True:
        page = ask(more)
        yield page[key]
        token = page.get("nextPageToken")
        if not token or page.get("isLast"):
            return
        if token in seen:
            raise SyncError("unparsable", "Jira's search answers the same page token twice")
        seen.add(token)
        more = {"nextPageToken": token}


def listed(name: str, path: str, row: Callable[[dict], dict] = dict) -> Callable[[Request], Reading]:
    """A small list that comes in one answer."""

    def read(request: Request) -> Reading:
        found = request.client.json(path)
        request.notes[name] = found
        yield Rows(name, [row(one) for one in found])

    return read


def paged(name: str, path: str, row: Callable[[dict], dict] = dict) -> Callable[[Request], Reading]:
    """A small list that comes in pages."""

    def read(request: Request) -> Reading:
        found = [one for page in offsets(request.client, path) for one in page]
        request.notes[name] = found
        yield Rows(name, [row(one) for one in found])

    return read


def sprints(request: Request) -> Reading:
    """Sprints of every scrum board; kanban boards have none and answer 400."""
    boards = [board for board in request.notes.get("boards", []) if board.get("type") != "kanban"]

    def read(board: dict) -> list[dict]:
        try:
            pages = list(offsets(request.client, f"/rest/agile/1.0/board/{board['id']}/sprint"))
        except SyncError as error:
            if error.http_status != 400:
                raise
            return []
        return [jira_rows.sprint(board["id"], found) for page in pages for found in page]

    yield Rows("sprints", [row for rows in at_once(read, boards) for row in rows])


def issues(request: Request) -> Reading:
    """Issues that changed, with their changelogs, worklogs and remote links."""
    zone = _zone(request.client)
    custom = custom_fields(request)
    since = request.since("issues", "site", LOOKBACK)
    jql = _jql(request.connection.projects, since, zone)
    asked = [*jira_rows.ASKED, *custom.all]
    seen = Newest(request.now)
    for page in _search(request.client, jql, asked):
        yield from whole(request, custom, page)
        seen += [found["fields"]["updated"] for found in page]
        yield from request.reached("issues", "site", seen)  # oldest change first: what is read need not be read again
    if request.sweep:
        pages = _search(request.client, _jql(request.connection.projects, None, zone), ["id"])
        yield Present("issues", {}, [found["id"] for page in pages for found in page])


def custom_fields(request: Request) -> jira_rows.CustomFields:
    """The site's own fields, asked for once a sync."""
    if "fields" not in request.notes:
        request.notes["fields"] = request.client.json("/rest/api/3/field")
    return jira_rows.custom_fields(request.notes["fields"])


def whole(request: Request, custom: jira_rows.CustomFields, page: list[dict]) -> Iterator[Rows]:
    """These issues with their changelogs, worklogs and remote links."""
    rows = [jira_rows.issue(found, custom, request.connection.base_url) for found in page]
    yield Rows("issues", rows)
    ids = [row["id"] for row in rows]
    yield Rows("changelogs", _changelogs(request.client, ids))
    yield Rows("worklogs", _worklogs(request.client, page))
    yield Rows("remotelinks", _remotelinks(request.client, ids))


def _search(client: Client, jql: str, fields: list[str]) -> Iterator[list[dict]]:
    body = {"jql": jql, "fields": fields, "maxResults": SEARCH_PAGE}
    return tokens(lambda more: client.post("/rest/api/3/search/jql", {**body, **more}), "issues")


def _jql(projects: tuple[str, ...], since: datetime | None, zone: ZoneInfo) -> str:
    """Restriction and order. Minutes are of the token owner's time zone, cut down."""
    changed = EVERYTHING if since is None else f'updated >= "{since.astimezone(zone):%Y-%m-%d %H:%M}"'
    scope = f"project in ({', '.join(projects)}) and " if projects else ""
    return f"{scope}{changed} order by updated asc, id asc"


def _zone(client: Client) -> ZoneInfo:
    name = client.json("/rest/api/3/myself").get("timeZone") or "UTC"
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise SyncError("unparsable", f"Jira names a time zone that is none: {name!r}") from None


def _changelogs(client: Client, ids: list[str]) -> list[dict]:
    """Every change of these issues, oldest first. One issue may come on several pages."""
    rows = []
    for start in range(0, len(ids), BULK_ISSUES):
        body = {"issueIdsOrKeys": ids[start : start + BULK_ISSUES], "maxResults": 1000}
        for page in tokens(partial(_bulk, client, body), "issueChangeLogs"):
            for issue in page:
                rows += [{**change, "issue_id": issue["issueId"]} for change in issue["changeHistories"]]
    return rows


def _bulk(client: Client, body: dict[str, Any], more: dict[str, Any]) -> dict:
    return client.post("/rest/api/3/changelog/bulkfetch", {**body, **more})


def _worklogs(client: Client, issues: list[dict]) -> list[dict]:
    """The search brings an issue's first twenty; only longer lists are asked for."""

    def read(issue: dict) -> list[dict]:
        inline = issue["fields"].get("worklog") or {}
        found = inline.get("worklogs") or []
        if inline.get("total", 0) > len(found):
            pages = offsets(client, f"/rest/api/3/issue/{issue['id']}/worklog", "worklogs")
            found = [one for page in pages for one in page]
        return [jira_rows.worklog(issue["id"], one) for one in found]

    return [row for rows in at_once(read, issues) for row in rows]


def _remotelinks(client: Client, ids: list[str]) -> list[dict]:
    def read(issue_id: str) -> list[dict]:
        try:
            found = client.json(f"/rest/api/3/issue/{issue_id}/remotelink")
        except SyncError as error:
            if error.error_class not in ("not_found", "permission"):  # links may be switched off
                raise
            return []
        return [jira_rows.remotelink(issue_id, one) for one in found]

    return [row for rows in at_once(read, ids) for row in rows]


RESOURCES: dict[str, Callable[[Request], Reading]] = {
    "projects": paged("projects", "/rest/api/3/project/search", jira_rows.project),
    "statuses": listed("statuses", "/rest/api/3/status", jira_rows.status),
    "issue_types": listed("issue_types", "/rest/api/3/issuetype", jira_rows.issue_type),
    "priorities": paged("priorities", "/rest/api/3/priority/search"),
    "fields": listed("fields", "/rest/api/3/field", jira_rows.field),
    "boards": paged("boards", "/rest/agile/1.0/board", jira_rows.board),
    "sprints": sprints,
    "issues": issues,
}
