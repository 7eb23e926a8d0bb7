"""GraphQL and REST give the same rows, and what GraphQL refuses is told by its class."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pipelines import connections
from pipelines.answers import Answer
from pipelines.http import Client
from pipelines.landing.rows import cells
from pipelines.raw_tables import RAW
from pipelines.simulator.company import Charter
from pipelines.simulator.server import Running, running
from pipelines.sources import github, github_graphql, github_pulls
from pipelines.sources.reading import Request, Rows
from pipelines.sync_error import SyncError

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
CONNECTION = {"source": "github", "organization": "globex", "token": "github-globex"}


class Counted(Client):
    """A client that keeps what it asked."""

    def request(self, method: str, path: str, **options: Any) -> Answer:
        self.__dict__.setdefault("asked", []).append((path, options.get("json")))
        return super().request(method, path, **options)


@pytest.fixture(scope="module")
def simulator():
    """A monorepo, with one pull request of many commits and one without a body."""
    with running([Charter("globex", "monorepo", days=25)]) as made:
        company = made.world.company("globex")
        assert company is not None
        large, plain = company.pull_requests[3], company.pull_requests[4]
        (*_, last) = large.commits
        large.commits += [replace(last, sha=company.sha("more", number), parents=(last.sha,)) for number in range(130)]
        plain.body, plain.labels = None, ["zebra", "apple"]
        yield made


def request(simulator: Running, api: str, **values: Any) -> Request:
    connection = connections.parse({**CONNECTION, "base_url": f"{simulator.url}/github", "api": api})
    client = Counted(connection.base_url, **github.client(connection), sleep=lambda seconds: None)
    return Request(connection, client, NOW, wants_files=True, **values)


def read(asked: Request) -> dict[str, dict]:
    """The cells of each table by key, as they go into raw; objects as objects, "" as the null it becomes."""
    found: dict[str, dict] = {}
    for item in github_pulls.pull_requests(asked):
        if isinstance(item, Rows) and item.rows:
            found.setdefault(item.table, {}).update(cells(RAW["github"][item.table], list(item.rows)))
    for name, rows in found.items():
        kinds = list(RAW["github"][name].columns.values())
        for key, row in rows.items():
            pairs = zip(kinds, row, strict=True)
            rows[key] = tuple(json.loads(cell) if kind == "json" and cell else cell or None for kind, cell in pairs)
    return found


def test_both_ways_give_the_same_rows(simulator: Running) -> None:
    by_graphql, by_rest = read(request(simulator, "graphql")), read(request(simulator, "rest"))
    assert set(by_rest) == set(github_pulls.PARTS_FIRST) == set(by_graphql)
    for table, rows in by_rest.items():
        assert {key: row for key, row in by_graphql[table].items() if row != rows.get(key)} == {}, table
        assert rows.keys() == by_graphql[table].keys(), table
    commits_of = [key[1] for key in by_rest["pull_request_commits"]]
    assert max(map(commits_of.count, set(commits_of))) > 130  # further pages were read


def test_what_has_not_changed_is_not_asked_for_again(simulator: Running) -> None:
    again = request(simulator, "graphql", cursors={"pull_requests|globex/platform": NOW.isoformat()})
    assert read(again) == {}
    assert [path.rsplit("/", 1)[-1] for path, body in again.client.asked if body] == ["graphql"]


@pytest.mark.parametrize("fault", ["503_html", "truncated_json", "500", "drop"])
def test_a_passing_fault_costs_no_row(simulator: Running, fault: str) -> None:
    whole = read(request(simulator, "graphql"))
    simulator.fault("/github/graphql", fault, times=1)
    assert read(request(simulator, "graphql")) == whole


def test_a_page_that_github_cannot_make_is_halved(simulator: Running) -> None:
    whole = read(request(simulator, "graphql"))
    simulator.fault("/github/graphql", "503_html", times=4)  # two tries at fifty, two at twenty-five
    halved = request(simulator, "graphql")
    assert read(halved) == whole
    sizes = [body["variables"].get("first") for _, body in halved.client.asked if body]
    assert sizes[:3] == [50, 25, 12] and set(sizes[3:]) <= {12, None}


def test_a_page_that_repeats_itself_is_an_error(simulator: Running) -> None:
    def page(**_: Any) -> dict[str, Any]:
        return {"pullRequests": {"nodes": [], "pageInfo": {"hasNextPage": True, "endCursor": "same"}}}

    reader = github_graphql.Reader(request(simulator, "graphql").client, "http://x/graphql", "globex/platform", {})
    reader.ask = lambda query, tries=5, **variables: page()  # type: ignore[method-assign]
    with pytest.raises(SyncError, match="repeat"):
        list(reader.pages("", 50, False))


def test_points_are_not_overdrawn_and_their_end_is_a_limit(simulator: Running) -> None:
    settings = simulator.world.settings
    spent = simulator.world.github_points.balance("github-globex", settings).used
    for left in (20, 0):  # enough for one page; for none
        settings["github_points_limit"] = spent + left
        asked = request(simulator, "graphql")
        with pytest.raises(SyncError) as failed:
            list(github_pulls.pull_requests(asked))
        assert failed.value.error_class == "rate_limited"
        assert failed.value.retry_after is not None and 60 < failed.value.retry_after <= 3602
        assert sum(body is not None for _, body in asked.client.asked) == 1
        spent += 15 if left else 0
    settings["github_points_limit"] = 5000


def answer(body: Any, status: int = 200, **headers: str) -> Answer:
    encoded = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer("https://api.github.com/graphql", status, {"Content-Type": "application/json", **headers}, encoded)


@pytest.mark.parametrize(
    ("body", "error_class"),
    [
        ({"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}, "rate_limited"),
        ({"data": {"repository": None}, "errors": [{"type": "NOT_FOUND", "message": "x"}]}, "not_found"),
        ({"data": {"repository": None}, "errors": [{"type": "FORBIDDEN", "message": "x"}]}, "permission"),
        ({"data": None, "errors": [{"message": "Something went wrong while executing your query."}]}, "unavailable"),
        ({"errors": [{"message": "Field 'x' doesn't exist on type 'Query'"}]}, "configuration"),
        ({"message": "ok"}, "unparsable"),
        ([], "unparsable"),
        (b"<html>", "unparsable"),
    ],
)
def test_what_graphql_refuses_has_a_class(body: Any, error_class: str) -> None:
    with pytest.raises(SyncError) as failed:
        github.check(answer(body))
    assert failed.value.error_class == error_class


def test_a_limit_says_when_it_ends() -> None:
    limited = {"errors": [{"type": "RATE_LIMITED", "message": "x"}]}
    with pytest.raises(SyncError) as failed:
        github.check(answer(limited, **{"x-ratelimit-reset": str(int(time.time()) + 900)}))
    assert failed.value.retry_after is not None and 890 < failed.value.retry_after <= 900


@pytest.mark.parametrize(
    ("base_url", "graphql", "default"),
    [
        ("https://api.github.com", "https://api.github.com/graphql", True),
        ("https://git.example.com/api/v3", "https://git.example.com/api/graphql", False),
        ("http://127.0.0.1:8100/github/", "http://127.0.0.1:8100/github/graphql", False),
    ],
)
def test_where_graphql_is_and_who_is_asked_by_it(base_url: str, graphql: str, default: bool) -> None:
    assert github_graphql.address(base_url) == graphql
    for api, expected in ((None, default), ("graphql", True), ("rest", False)):
        chosen = connections.parse({**CONNECTION, "base_url": base_url} | ({"api": api} if api else {}))
        assert chosen.reads_by_graphql is expected
