"""GitHub's REST API: issues, their events and comments."""

from typing import Any

from litestar import Request, Response

from pipelines.simulator.clock import parse_instant
from pipelines.simulator.github_answers import Asked, asked, at
from pipelines.simulator.github_limits import Refused


def _issues_and_pulls(found: Asked) -> list[tuple[str, Any]]:
    """Each with the kind that it is shown as: lists of issues hold pull requests too."""
    issues = [("issues", row) for row in found.rows("issues")]
    return issues + [("pull_requests_as_issues", row) for row in found.rows("pull_requests")]


@at("/issues")
def list_issues(request: Request) -> Response:
    """Open ones, newest first, unless asked otherwise."""
    found = asked(request)
    touched = {
        "issues": found.updated_at("issues"),
        "pull_requests_as_issues": found.updated_at("pull_requests"),
    }
    rows = _issues_and_pulls(found)
    state, since, creator = found.parameter("state", "open"), found.parameter("since"), found.parameter("creator")
    labels = {name for name in found.parameter("labels").split(",") if name}
    if state != "all":
        rows = [(kind, row) for kind, row in rows if (row.closed_at is None) == (state == "open")]
    if since:
        first = parse_instant(since)
        rows = [(kind, row) for kind, row in rows if touched[kind](row) >= first]
    if labels:
        rows = [(kind, row) for kind, row in rows if labels <= set(row.labels)]
    if creator:
        rows = [(kind, row) for kind, row in rows if row.author.login == creator]
    orders = {
        "created": lambda pair: (pair[1].created_at, pair[1].number),
        "updated": lambda pair: (touched[pair[0]](pair[1]), pair[1].number),
        "comments": lambda pair: (len(pair[1].comments), pair[1].number),
    }
    order = orders.get(found.parameter("sort", "created"), orders["created"])
    rows.sort(key=order, reverse=found.parameter("direction", "desc") != "asc")
    return _mixed_page(found, rows)


def _mixed_page(found: Asked, rows: list[tuple[str, Any]]) -> Response:
    """A page of issues and pull requests."""
    kinds = {id(row): kind for kind, row in rows}
    return found.page(lambda row: kinds[id(row)], [row for _, row in rows])


@at("/issues/{number:int}")
def read_issue(request: Request, number: int) -> Response:
    found = asked(request)
    pair = next((pair for pair in _issues_and_pulls(found) if pair[1].number == number), None)
    if pair is None:
        raise Refused(404, "Not Found", found.headers)
    return found.answer(found.show(*pair))


@at("/issues/events")
def list_events(request: Request) -> Response:
    """Of the whole repository, newest first, each with its issue."""
    found = asked(request)
    return found.page("issue_events", sorted(found.rows("issue_events"), key=lambda row: -row.event_id), full=True)


@at("/issues/{number:int}/events")
def list_events_of_issue(request: Request, number: int) -> Response:
    """Oldest first."""
    found = asked(request)
    return found.page("issue_events", [row for row in found.rows("issue_events") if row.number == number])


@at("/issues/comments")
def list_comments(request: Request) -> Response:
    """Of the whole repository, by id unless asked for another order."""
    found = asked(request)
    touched = found.updated_at("comments")
    rows = found.rows("comments")
    since, sort = found.parameter("since"), found.parameter("sort")
    if since:
        first = parse_instant(since)
        rows = [row for row in rows if touched(row) >= first]
    rows.sort(key=lambda row: row.comment_id)
    if sort in {"created", "updated"}:
        is_descending = found.parameter("direction", "desc") != "asc"
        rows.sort(key=touched if sort == "updated" else lambda row: row.created_at, reverse=is_descending)
    return found.page("comments", rows)


@at("/issues/{number:int}/comments")
def list_comments_of_issue(request: Request, number: int) -> Response:
    """Oldest first."""
    found = asked(request)
    rows = [row for row in found.rows("comments") if row.number == number]
    since = found.parameter("since")
    if since:
        rows = [row for row in rows if row.updated_at >= parse_instant(since)]
    return found.page("comments", rows)


HANDLERS = [
    list_issues,
    read_issue,
    list_events,
    list_events_of_issue,
    list_comments,
    list_comments_of_issue,
]
