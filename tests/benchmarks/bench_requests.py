"""How many requests GitHub's pull requests cost, with their commits and reviews: a first sync, and one of few changes.

Counted is what the resource `pull_requests` asks of the simulator for one repository, the request for the repository
included. The other resources are a few lists, and GitHub does not count the requests for those that did not change.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from pipelines import connections
from pipelines.answers import Answer
from pipelines.http import Client
from pipelines.simulator.company import Charter
from pipelines.simulator.server import Running, running
from pipelines.sources import github, github_pulls
from pipelines.sources.reading import Reached, Request, Rows
from tests.benchmarks.report import figure

PULLS, CHANGED = 1000, 10
MOST_FIRST, MOST_NEXT, POINTS_AN_HOUR = 60, 8, 5000
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Counted(Client):
    """A client that counts what it sends, repeated tries included."""

    count = 0

    def _send(self, *arguments: Any) -> Answer:
        self.count += 1
        return super()._send(*arguments)


def run() -> list[dict[str, Any]]:
    """Requests of both syncs, and the points of the first; rows are compared with the company's own books."""
    with running([Charter("acme", days=190, pull_requests_per_day=9, services=("shop",))]) as simulator:
        expected = _books(simulator)
        first, cursors, rows = _sync(simulator, {}, NOW)
        _check(rows, expected)
        points = simulator.world.github_points.balance("github-acme", simulator.world.settings).used
        for number in range(CHANGED):
            _rename(simulator, 97 * number)
        following, _, rows = _sync(simulator, cursors, NOW + timedelta(hours=1))
        if rows["pull_requests"] < CHANGED:
            raise RuntimeError(f"{rows} of {CHANGED} changed pull requests were read")
    many = f"{PULLS:,} pull requests"
    return [
        _figure(f"first sync of {many}", first, "requests", MOST_FIRST),
        _figure(f"next sync, {CHANGED} changed", following, "requests", MOST_NEXT),
        _figure(f"points of {many}", points, "points", POINTS_AN_HOUR, 0.1),
    ]


def _figure(name: str, value: int, unit: str, most: int, goal: float = 1.0) -> dict[str, Any]:
    return figure("requests", name, value, unit, reference=most, goal=goal, at_most=True)


def _books(simulator: Running) -> dict[str, int]:
    """Leave the company its first 1,000 pull requests, and count what belongs to them."""
    (repository,) = simulator.world.company("acme").repositories.values()  # type: ignore[union-attr]
    del repository.pull_requests[PULLS:]
    pulls = repository.pull_requests
    return {
        "pull_requests": PULLS,
        "pull_request_commits": sum(len(pull.commits) for pull in pulls),
        "reviews": sum(len(pull.reviews) for pull in pulls),
    }


def _rename(simulator: Running, position: int) -> None:
    (repository,) = simulator.world.company("acme").repositories.values()  # type: ignore[union-attr]
    number = repository.pull_requests[position].pull_request_id
    edit = {"company": "acme", "provider": "github", "kind": "pull_requests", "id": number}
    simulator.post("/world/records/edit", {**edit, "changes": {"title": "Renamed"}})


def _sync(simulator: Running, cursors: dict[str, str], now: datetime) -> tuple[int, dict[str, str], dict[str, int]]:
    """One reading of the pull requests: its requests, the cursors after it, and its rows by table."""
    config = {"source": "github", "organization": "acme", "token": "github-acme", "api": "graphql"}
    connection = connections.parse({**config, "base_url": f"{simulator.url}/github"})
    client = Counted(connection.base_url, **github.client(connection))
    after, rows = dict(cursors), dict[str, int]()
    for item in github_pulls.pull_requests(Request(connection, client, now, cursors=cursors)):
        if isinstance(item, Rows):
            rows[item.table] = rows.get(item.table, 0) + len(item.rows)
        elif isinstance(item, Reached):
            after[f"{item.resource}|{item.scope}"] = item.value
    return client.count, after, rows


def _check(rows: dict[str, int], expected: dict[str, int]) -> None:
    if {table: rows.get(table) for table in expected} != expected:
        raise RuntimeError(f"{rows} were read, there are {expected}")


if __name__ == "__main__":
    run()
