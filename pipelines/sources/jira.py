"""Jira Cloud → raw_jira. Small lists are read whole; issues go on from a cursor, with all that belongs to them."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from pipelines.sources import jira_rows, jira_search
from pipelines.sources.jira_lists import listed, paged, sprints
from pipelines.sources.jira_parts import custom_fields, whole
from pipelines.sources.readers import completed
from pipelines.sources.reading import Expected, Present, Reading, Request, Rows, instant, present, when

LOOKBACK = timedelta(minutes=10)  # JQL compares minutes, and the search index is some minutes behind


def limits(connection: Any) -> dict[str, int]:
    """None to keep: the answers' own headers say when to wait."""
    return {}


def client(connection: Any) -> dict[str, Any]:
    """How Jira wants to be asked."""
    return {"auth": (connection.email, str.__str__(connection.token)), "headers": {"Accept": "application/json"}}


def issues(request: Request) -> Reading:
    """Issues that changed, with their changelogs, worklogs and remote links."""
    reading = _Issues(request)
    yield from reading.news()
    yield from reading.older()
    if request.sweep and not reading.past:
        yield from present("issues", {}, (found for page in reading.search([], "asc", ["id"]) for found in page))


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
            for page, rows in self._whole(self._pages(f"updated >= {since}", "asc"), is_news=True):
                yield from rows
                yield from self._reached(page)  # what is read need not be read again, should this sync break off

    def older(self) -> Reading:
        if self._since is not None and not self.past:
            return
        below = f"updated <= {jira_search.minute(instant(self.past), self._zone, up=True)}" if self.past else ""
        for page, rows in self._whole(self._until_enough(self._pages(below, "desc")), is_news=self._request.full):
            yield from rows
            self.past = _oldest(page) or self.past
            yield from self._reached(page)
        if not self._request.has_enough(self.past):
            self.past = ""
            yield from self._request.reached("issues", "site", [self._newest])

    def _whole(
        self, pages: Iterator[list[dict]], *, is_news: bool
    ) -> Iterator[tuple[list[dict], list[Rows | Present]]]:
        return completed(pages, lambda page: list(whole(self._request, self._custom, page, is_news=is_news)))

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


def expected(request: Request) -> Iterator[Expected]:
    """How many issues the site has."""
    asked = {"jql": jira_search.restricted(request.connection.projects)}
    yield Expected("issues", request.client.post("/rest/api/3/search/approximate-count", asked)["count"])


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
