"""Jira Cloud → raw_jira. Small lists are read whole; issues go on from a cursor, with all that belongs to them."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

from pipelines.http import Client
from pipelines.sources import jira_rows, jira_search
from pipelines.sources.jira_search import offsets, tokens
from pipelines.sources.readers import completed
from pipelines.sources.reading import Expected, Present, Reading, Request, Rows, at_once, instant, when
from pipelines.sync_error import SyncError

LOOKBACK = timedelta(minutes=10)  # JQL compares minutes, and the search index is some minutes behind
BULK_ISSUES = 100


def limits(connection: Any) -> dict[str, int]:
    """None to keep: the answers' own headers say when to wait."""
    return {}


def client(connection: Any) -> dict[str, Any]:
    """How Jira wants to be asked."""
    return {"auth": (connection.email, str.__str__(connection.token)), "headers": {"Accept": "application/json"}}


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
    reading = _Issues(request)
    yield from reading.news()
    yield from reading.older()
    if request.sweep and not reading.past:
        yield Present("issues", {}, [found["id"] for page in reading.search([], "asc", ["id"]) for found in page])


class _Issues:
    """The issues in one sync: what is new, oldest change first, then the past, newest change first."""

    def __init__(self, request: Request) -> None:
        self._request, self._custom = request, custom_fields(request)
        self._zone = jira_search.zone(request.client)
        self._since = request.since("issues", "site", LOOKBACK)
        self.past = request.past("issues", "site")  # the instant down to which it is read
        self._newest: str | None = None

    def news(self) -> Reading:
        if self._since is not None and not self._request.past_only:
            since = jira_search.minute(self._since, self._zone, up=False)
            for page, rows in self._whole(self._pages(f"updated >= {since}", "asc")):
                yield from rows
                yield from self._reached(page)  # what is read need not be read again, should this sync break off

    def older(self) -> Reading:
        if self._since is not None and not self.past:
            return
        below = f"updated <= {jira_search.minute(instant(self.past), self._zone, up=True)}" if self.past else ""
        for page, rows in self._whole(self._until_enough(self._pages(below, "desc"))):
            yield from rows
            self.past = _oldest(page) or self.past
            yield from self._reached(page)
        if not self._request.has_enough(self.past):
            self.past = ""
            yield from self._request.reached("issues", "site", [self._newest])

    def _whole(self, pages: Iterator[list[dict]]) -> Iterator[tuple[list[dict], list[Rows]]]:
        return completed(pages, lambda page: list(whole(self._request, self._custom, page)))

    def _until_enough(self, pages: Iterator[list[dict]]) -> Iterator[list[dict]]:
        """What is beyond is not asked for ahead either."""
        for page in pages:
            yield page
            if self._request.has_enough(_oldest(page)):
                return

    def _reached(self, page: list[dict]) -> Reading:
        self._newest = self._request.newest(self._newest, *(found["fields"]["updated"] for found in page))
        yield from self._request.reached("issues", "site", [self._newest], self.past, self.past)

    def _pages(self, restriction: str, order: str) -> Iterator[list[dict]]:
        return self.search([restriction] if restriction else [], order, [*jira_rows.ASKED, *self._custom.all])

    def search(self, restrictions: list[str], order: str, fields: list[str]) -> Iterator[list[dict]]:
        request = self._request
        return jira_search.search(request.client, request.connection.projects, restrictions, order, fields)


def _oldest(page: list[dict]) -> str:
    """The last change of these issues, newest first; what is no time is left out."""
    return next(filter(when, [found["fields"]["updated"] for found in reversed(page)]), "")


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
    parts: dict[str, Callable[[], list[dict]]] = {
        "changelogs": partial(_changelogs, request.client, ids),
        "worklogs": partial(_worklogs, request.client, page),
        "remotelinks": partial(_remotelinks, request.client, ids),
    }
    for table, found in zip(parts, at_once(lambda read: read(), list(parts.values())), strict=True):
        yield Rows(table, found)


def expected(request: Request) -> Iterator[Expected]:
    """How many issues the site has."""
    asked = {"jql": jira_search.restricted(request.connection.projects)}
    yield Expected("issues", request.client.post("/rest/api/3/search/approximate-count", asked)["count"])


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
NEEDS: dict[str, tuple[str, ...]] = {"sprints": ("boards",), "issues": ("fields",)}
