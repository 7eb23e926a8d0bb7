"""Pull requests by GitHub's GraphQL: fifty to a request, with their commits, reviews and files."""

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from pipelines import answers, http
from pipelines.answers import Answer
from pipelines.http import Client
from pipelines.sources import github_graphql_rows as rows
from pipelines.sources import github_paging, github_queries
from pipelines.sources.backwards import Page
from pipelines.sources.github_paging import MOST_PAGES
from pipelines.sources.github_tokens import GRAPHQL, Tokens
from pipelines.sources.reading import Request, instant
from pipelines.sync_error import SyncError

FIRST_PAGE, NEXT_PAGE, SMALLEST_PAGE = 50, 25, 5  # pull requests; few have changed since the last sync
COMMITS, REVIEWS = 25, 50  # of each at first: limits are paid for, whether they are reached or not
LARGER_THAN_IT_CAN = ("something went wrong while executing your query", "timeout", "couldn't respond", "timed out")
POINTS = "points of GraphQL"  # in the notes of a request
Node = dict[str, Any]
Parts = dict[str, list[dict[str, Any]]]


def address(base_url: str) -> str:
    """Where a server has its GraphQL, by its REST address: an Enterprise server's are /api/v3 and /api/graphql."""
    split = urlsplit(base_url.rstrip("/"))
    return urlunsplit(split._replace(path=split.path.removesuffix("/v3") + "/graphql"))


def check(answer: Answer) -> None:
    """GraphQL tells in a 200 what went wrong. Half an answer is none: what is null may only have been refused."""
    github_paging.check(answer)
    body = answer.json()
    if not isinstance(body, dict) or not (body.get("errors") or body.get("data")):
        raise answers.unparsable(answer, "is no GraphQL answer")
    errors = body.get("errors")
    if errors:
        raise _meant(errors[0], answer)


def _meant(error: dict[str, Any], answer: Answer) -> SyncError:
    kind, said = str(error.get("type") or ""), answer.shown(str(error.get("message")))
    if kind in ("RATE_LIMITED", "RATE_LIMIT"):
        reset = answer.headers.get("x-ratelimit-reset", "")
        wait = max(1.0, float(reset) - time.time()) if reset.isdigit() else 60.0
        return SyncError("rate_limited", f"GitHub's GraphQL points are used up: {said!r}", retry_after=wait)
    by_kind = {"NOT_FOUND": "not_found", "FORBIDDEN": "permission", "INSUFFICIENT_SCOPES": "permission"}
    if kind in by_kind:
        return SyncError(by_kind[kind], f"GitHub's GraphQL answered {kind}: {said!r}")
    if kind in ("RESOURCE_LIMITS_EXCEEDED", "SERVICE_UNAVAILABLE", "LOADING") or any(
        words in said.lower() for words in LARGER_THAN_IT_CAN
    ):
        return SyncError("unavailable", f"GitHub's GraphQL could not answer: {said!r}", http_status=502)
    return SyncError("configuration", f"GitHub's GraphQL refused the query: {said!r}")


class Reader:
    """Queries about one repository, within the points that are left."""

    def __init__(self, client: Client, url: str, repository: str, told: dict[str, Any]) -> None:
        self._client, self._url, self.repository = client, url, repository
        self._owner, _, self._name = repository.partition("/")
        self._told = told  # by the newest answer about any repository, as all are paid from the same points

    def ask(self, query: str, tries: int = http.TRIES, **variables: Any) -> Node:
        """The repository's part of the answer. Raises SyncError, rate_limited before the points are overdrawn."""
        points = self._told.get(POINTS)
        if points and self._left(points) < points["cost"]:
            wait = max(1.0, instant(points["resetAt"]).timestamp() - time.time())
            raise SyncError("rate_limited", "GitHub's GraphQL points are used up", retry_after=wait)
        body = {"query": query, "variables": {"owner": self._owner, "name": self._name, **variables}}
        answer = self._client.request("POST", self._url, tries=tries, json=body)
        data = answer.json()["data"]
        self._told[POINTS] = data.get("rateLimit")  # null where a server has no limits
        return data["repository"]

    def _left(self, points: dict[str, Any]) -> float:
        """Points that the token of the next query has."""
        tokens = self._client.auth
        return max(points["remaining"], tokens.left(GRAPHQL) if isinstance(tokens, Tokens) else 0)

    def pages(self, place: str, size: int, with_files: bool) -> Iterator[Page]:
        """Pull requests, newest change first. A page that is too much for GitHub is asked for in halves."""
        after, seen = place or None, set[str | None]()
        while after not in seen and len(seen) < MOST_PAGES:
            seen.add(after)
            found, size = self._page(after, size, with_files)
            nodes, page = found["nodes"], found["pageInfo"]
            after = page["endCursor"] if page["hasNextPage"] else None
            yield Page(nodes, [node["updatedAt"] for node in nodes], after or "")
            if after is None:
                return
        raise SyncError("unparsable", f"the pull requests of {self.repository} repeat their pages")

    def _page(self, after: str | None, size: int, with_files: bool) -> tuple[Node, int]:
        while True:
            is_last_try = size // 2 < SMALLEST_PAGE
            try:
                found = self.ask(
                    github_queries.PULL_REQUESTS,
                    tries=http.TRIES if is_last_try else 2,
                    first=size, after=after, commits=COMMITS, reviews=REVIEWS, withFiles=with_files,
                )  # fmt: skip
                return found["pullRequests"], size
            except SyncError as error:
                is_too_large = error.error_class == "timeout" or error.http_status in (502, 503, 504)
                if is_last_try or not is_too_large:
                    raise
                size //= 2

    def whole(self, pull: Node, connection: str) -> list[Node]:
        """All nodes of a connection of a pull request: those at hand, and those that follow."""
        found = pull.get(connection) or {"nodes": [], "pageInfo": {"hasNextPage": False}}
        nodes, page, seen = list(found["nodes"]), found["pageInfo"], set()
        while page["hasNextPage"]:
            if page["endCursor"] in seen:
                raise SyncError("unparsable", f"the {connection} of pull request {pull['number']} repeat their pages")
            seen.add(page["endCursor"])
            query = github_queries.more(connection)
            found = self.ask(query, number=pull["number"], after=page["endCursor"])["pullRequest"][connection]
            nodes += found["nodes"]
            page = found["pageInfo"]
        return nodes

    def parts(self, pull: Node) -> Parts:
        """A pull request's rows, by table."""
        name, number = self.repository, pull["number"]
        commits = self.whole(pull, "commits")
        return {
            "pull_requests": [rows.pull_request(name, pull)],
            "pull_request_commits": [
                rows.pull_request_commit(name, number, position, node) for position, node in enumerate(commits, 1)
            ],
            "reviews": [rows.review(name, number, node) for node in self.whole(pull, "reviews")],
            "pull_request_files": [rows.file(name, number, node) for node in self.whole(pull, "files")],
        }


def reader(request: Request, repository: str) -> Reader:
    """Who asks about one repository in this sync."""
    return Reader(request.client, address(request.connection.base_url), repository, request.notes)


def pull_pages(reader: Reader, with_files: bool, is_first: bool, place: str) -> Iterator[Page]:
    """Pages of pull requests from a place of the list on, whose names are GitHub's cursors; empty: the newest."""
    return reader.pages(place, FIRST_PAGE if place or is_first else NEXT_PAGE, with_files)
