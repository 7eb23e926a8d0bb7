"""A GitHub whose repositories have as many rows as asked for, over loopback, as a process of its own.

`python -m tests.benchmarks.large_github ROWS` prints its port and serves until it is stopped. Any repository has as
many rows as its name ends with (`acme/shop-9000`), ROWS where that is no number. A third of them are issues, a third
comments, a third commits in one line, to which the one branch points; every other list is empty. Lists obey `sha`,
`since`, `direction`, `page` and `per_page`; a row a minute was made, until 2026-05-30.
After `POST /change` every hundredth issue and comment has changed, and there are a hundredth more commits. Whatever is
below a repository called `hung` is never answered, below `failing` it answers 500.
"""

import asyncio
import sys
from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
import uvicorn

from tests.conftest import free_port

LAST, EVERY, LATER = datetime(2026, 5, 30, tzinfo=UTC), timedelta(seconds=60), datetime(2026, 5, 31, tzinfo=UTC)
SHARE = 100  # every so many rows change
USER = {"login": "ann", "id": 7, "type": "User", "site_admin": False}
BODY = "Lorem ipsum dolor sit amet, consetetur sadipscing elitr. " * 4


def text(at: datetime) -> str:
    """As GitHub writes an instant."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def issue(number: int, made: str, changed: str) -> dict[str, Any]:
    """Half a kilobyte with nested values, all of it a function of the number."""
    labels = [{"id": n, "name": f"label {n}", "color": "d73a4a"} for n in range(number % 3)]
    return {
        "id": 10_000_000 + number, "number": number + 1, "title": f"Issue {number}", "body": f"{number} {BODY}",
        "user": USER, "state": "closed", "state_reason": "completed", "labels": labels, "assignees": [USER],
        "comments": 1, "created_at": made, "updated_at": changed, "closed_at": made, "locked": False,
        "html_url": f"https://github.com/acme/shop/issues/{number + 1}",
    }  # fmt: skip


def comment(number: int, made: str, changed: str) -> dict[str, Any]:
    """One to each issue."""
    link = f"https://api.github.com/repos/acme/shop/issues/{number + 1}"
    return {"id": 20_000_000 + number, "user": USER, "body": f"{number} {BODY}", "created_at": made,
            "updated_at": changed, "issue_url": link, "html_url": f"{link}#comment"}  # fmt: skip


def commit(number: int, made: str, changed: str) -> dict[str, Any]:
    """A line: each has the one before as its parent."""
    who = {"name": "Ann", "email": "ann@acme.example", "date": made}
    parents = [{"sha": f"{number - 1:040x}"}] if number else []
    return {"sha": f"{number:040x}", "commit": {"author": who, "committer": who, "message": f"{number} {BODY}"},
            "author": USER, "committer": USER, "parents": parents}  # fmt: skip


LISTS = {"issues": issue, "issues/comments": comment, "commits": commit}


class Large:
    """The ASGI application."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._has_changed = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["method"] == "POST":
            self._has_changed = True
            scope["path"] = "/repos/acme/changed"
        owner, name, kind = [*scope["path"].removeprefix("/repos/").split("/", 2), "", ""][:3]
        if name == "hung":
            await asyncio.sleep(3600)
        status = 500 if name == "failing" else 200
        query = dict(parse_qsl(scope["query_string"].decode()))
        body, more = self._answer(f"{owner}/{name}", kind, query)
        headers = [(b"content-type", b"application/json; charset=utf-8")]
        if more:
            link = f"http://127.0.0.1:{scope['server'][1]}{scope['path']}?{urlencode({**query, 'page': more})}"
            headers.append((b"link", f'<{link}>; rel="next"'.encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": msgspec.json.encode(body)})

    def _answer(self, repository: str, kind: str, query: dict[str, str]) -> tuple[Any, int | None]:
        """The body, and the number of the next page."""
        if not kind:
            number = sum(map(ord, repository))
            return {"id": number, "full_name": repository, "name": repository.split("/")[1]}, None
        wanted = repository.rpartition("-")[2]
        count = (int(wanted) if wanted.isdigit() else self._rows) // len(LISTS)
        order = self._order(kind, count)
        if kind == "branches":
            head = {"sha": f"{self._order('commits', count)[-1]:040x}"}
            return ([{"name": "main", "commit": head, "protected": False}] if count else []), None
        if kind not in LISTS:
            return ({"workflow_runs": []} if kind == "actions/runs" else []), None
        if "sha" in query:
            order = order[: int(query["sha"], 16) + 1]
        if "since" in query:
            since = datetime.fromisoformat(query["since"])
            order = order[bisect_left(order, since, key=lambda number: self._changed_at(kind, number, count)) :]
        if query.get("direction", "desc") == "desc":
            order = order[::-1]
        size, page = int(query.get("per_page", 30)), int(query.get("page", 1))
        rows = [
            LISTS[kind](number, text(_made_at(number, count)), text(self._changed_at(kind, number, count)))
            for number in order[(page - 1) * size : page * size]
        ]
        return rows, page + 1 if page * size < len(order) else None

    def _order(self, kind: str, count: int) -> Sequence[int]:
        """The numbers of the rows, in the order of their change."""
        if not self._has_changed:
            return range(count)
        if kind == "commits":
            return range(count + count // SHARE)
        return [*(number for number in range(count) if number % SHARE), *range(0, count, SHARE)]

    def _changed_at(self, kind: str, number: int, count: int) -> datetime:
        if self._has_changed and kind != "commits" and number % SHARE == 0:
            return LATER + number // SHARE * timedelta(seconds=1)
        return _made_at(number, count)


def _made_at(number: int, count: int) -> datetime:
    return LAST - (count - number) * EVERY


if __name__ == "__main__":
    port = free_port()
    config = uvicorn.Config(
        Large(int(sys.argv[1])), port=port, log_level="critical", access_log=False, lifespan="off",
        timeout_graceful_shutdown=1,  # what hangs would keep it for its hour
    )  # fmt: skip
    print(port, flush=True)
    asyncio.run(uvicorn.Server(config).serve())
