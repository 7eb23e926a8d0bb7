"""How near a first sync comes to what the requests' delay alone would cost, with 50 ms a request at the simulator.

Companies in a process of their own are read by GitHub (GraphQL and REST), Jira and HubSpot, each in a process that does
nothing but the sync. The bound is requests × 50 ms ÷ the requests that a connection may have under way at once.
Jira's and HubSpot's company is ten times as old as GitHub's: a few requests would only measure what any sync costs.
HubSpot's figure is above the bound by what must come one after another: each page of a list names the next one. Its own
limit, 100 requests in ten seconds for a private app, asks for more time than that: the second figure is against it.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from pipelines.sources.reading import THREADS
from tests.benchmarks import syncs
from tests.benchmarks.report import figure

DELAY_MS, GOAL = 50, 1.5
LIMITS = {"hubspot": 10}  # requests a second that the source allows in the long run, by its X-HubSpot-RateLimit-Max
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SIMULATOR = f"""
import sys
from pipelines.simulator.company import Charter
from pipelines.simulator.server import running
with running([Charter("acme", days=90), Charter("globex", days=900)]) as simulator:
    for slug in simulator.world.charters:
        simulator.world.company(slug)  # made before the first request, not in it
    simulator.fault("*", "delay_ms", delay_ms={DELAY_MS})
    print(simulator.url, flush=True)
    sys.stdin.read()
"""


def run() -> list[dict[str, Any]]:
    """A first sync of each source."""
    with _simulator() as url:
        return [_figure(source, config) for source, config in _configs(url).items()]


def _configs(url: str) -> dict[str, dict[str, Any]]:
    github = {"organization": "acme", "token": "github-acme", "base_url": f"{url}/github"}
    return {
        "github": {**github, "source": "github", "api": "graphql"},
        "jira": {
            "source": "jira", "email": "ann@globex.example", "token": "jira-globex", "base_url": f"{url}/jira/globex",
        },
        "hubspot": {"source": "hubspot", "token": "hubspot-globex", "base_url": f"{url}/hubspot/globex"},
    }  # fmt: skip


def _figure(source: str, config: dict[str, Any]) -> dict[str, Any]:
    with syncs.warehouse("latency") as warehouse:
        cost = syncs.sync(warehouse, source, [syncs.connect(warehouse, "acme", config)], NOW)
    if cost.errors or not cost.rows:
        raise RuntimeError(f"{cost.rows} rows, {cost.errors}")
    if source in LIMITS:
        name = f"{source}: against the {LIMITS[source]} requests a second of its limit"
        allowed = cost.requests / LIMITS[source]
        figure("latency_bound", name, cost.seconds, "s", reference=allowed, goal=GOAL, at_most=True)
    bound = cost.requests * DELAY_MS / 1000 / THREADS
    name = f"{source}: {cost.rows:,} rows, {cost.requests:,} requests, {THREADS} at once"
    return figure("latency_bound", name, cost.seconds, "s", reference=bound, goal=GOAL, at_most=True)


@contextmanager
def _simulator() -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", SIMULATOR], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    run()
