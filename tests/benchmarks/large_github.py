"""A GitHub of one repository with as many rows as asked for, over loopback, as a process of its own.

`python -m tests.benchmarks.large_github ROWS` prints its port and serves until it is stopped. A third of
the rows are issues, a third comments, a third commits in one line; every other list is empty. Lists obey `since`,
`direction`, `page` and `per_page`.
"""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
import uvicorn

from tests.conftest import free_port

NAME = "acme/shop"
BEGIN, EVERY = datetime(2024, 1, 1, tzinfo=UTC), timedelta(seconds=60)
USER = {"login": "ann", "id": 7, "type": "User", "site_admin": False}
BODY = "Lorem ipsum dolor sit amet, consetetur sadipscing elitr. " * 4


def instant(number: int) -> str:
    """When the row of that number was made and changed last."""
    return (BEGIN + number * EVERY).strftime("%Y-%m-%dT%H:%M:%SZ")


def issue(number: int) -> dict[str, Any]:
    """Half a kilobyte with nested values, all of it a function of the number."""
    labels = [{"id": n, "name": f"label {n}", "color": "d73a4a"} for n in range(number % 3)]
    at = instant(number)
    return {
        "id": 10_000_000 + number, "number": number + 1, "title": f"Issue {number} of many", "body": f"{number} {BODY}",
        "user": USER, "state": "closed", "state_reason": "completed", "labels": labels, "assignees": [USER],
        "comments": 1, "created_at": at, "updated_at": at, "closed_at": at, "locked": False,
        "html_url": f"https://github.com/{NAME}/issues/{number + 1}",
    }  # fmt: skip


def comment(number: int) -> dict[str, Any]:
    """One to each issue."""
    at = instant(number)
    link = f"https://api.github.com/repos/{NAME}/issues/{number + 1}"
    return {"id": 20_000_000 + number, "user": USER, "body": f"{number} {BODY}", "created_at": at, "updated_at": at,
            "issue_url": link, "html_url": f"https://github.com/{NAME}/issues/{number + 1}#c"}  # fmt: skip


def commit(number: int) -> dict[str, Any]:
    """A line: each has the one before as its parent."""
    who = {"name": "Ann", "email": "ann@acme.example", "date": instant(number)}
    parents = [{"sha": f"{number - 1:040x}"}] if number else []
    return {"sha": f"{number:040x}", "commit": {"author": who, "committer": who, "message": f"{number} {BODY}"},
            "author": USER, "committer": USER, "parents": parents}  # fmt: skip


LISTS = {"/issues": issue, "/issues/comments": comment, "/commits": commit}


class Large:
    """The ASGI application."""

    def __init__(self, rows: int) -> None:
        self.count = rows // len(LISTS)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        query = dict(parse_qsl(scope["query_string"].decode()))
        path = scope["path"].removeprefix(f"/repos/{NAME}")
        body, link = self._answer(path, scope["path"], query)
        headers = [(b"content-type", b"application/json; charset=utf-8")]
        if link:
            port = scope["server"][1]
            headers.append((b"link", f'<http://127.0.0.1:{port}{link}>; rel="next"'.encode()))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": msgspec.json.encode(body)})

    def _answer(self, path: str, whole: str, query: dict[str, str]) -> tuple[Any, str | None]:
        make = LISTS.get(path)
        if path == "":
            at = instant(0)
            return {"id": 1, "full_name": NAME, "name": "shop", "default_branch": "main", "created_at": at}, None
        if make is None:
            return ({"workflow_runs": []} if path == "/actions/runs" else []), None
        size, page = int(query.get("per_page", 30)), int(query.get("page", 1))
        first = 0
        if "since" in query:  # the first row at or after it
            first = max(0, -(-(datetime.fromisoformat(query["since"]) - BEGIN) // EVERY))
        count = max(0, self.count - first)
        start, end = (page - 1) * size, min(page * size, count)
        numbers = range(first + start, first + end)
        if query.get("direction", "desc") == "desc":
            numbers = range(self.count - 1 - start, self.count - 1 - end, -1)
        more = f"{whole}?{urlencode({**query, 'page': page + 1})}" if end < count else None
        return [make(number) for number in numbers], more


if __name__ == "__main__":
    port = free_port()
    config = uvicorn.Config(Large(int(sys.argv[1])), port=port, log_level="critical", access_log=False, lifespan="off")
    print(port, flush=True)
    asyncio.run(uvicorn.Server(config).serve())
