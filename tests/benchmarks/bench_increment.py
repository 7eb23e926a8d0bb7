"""What a sync costs after a hundredth of the rows changed, against the first sync of them all.

GitHub's issues, comments and commits of one repository, a third each, read over loopback. Work is the CPU time of a
process that does nothing but the sync; the wall time has the database's work and the waiting in it. What a sync costs
that finds nothing new is measured apart, three times, and taken off both.
"""

import statistics
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.benchmarks import syncs
from tests.benchmarks.report import figure

ROWS, CHANGED = 400_000, 0.01
GOAL = 0.03
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def run() -> list[dict[str, Any]]:
    """A first sync, three without news, and one of what changed."""
    with syncs.warehouse("increment") as warehouse, syncs.large_github(ROWS) as url:
        tenant = syncs.connect(warehouse, "acme", syncs.github(url))

        def sync(hours: int, rows: int) -> syncs.Cost:
            cost = syncs.sync(warehouse, "github", [tenant], NOW + timedelta(hours=hours))
            if cost.errors or abs(cost.rows - rows) > 4:  # repository and branch, and where a hundredth is rounded
                raise RuntimeError(f"{cost.rows} rows, not {rows}: {cost.errors}")
            return cost

        full = sync(0, ROWS)
        idle = [sync(hours, 0) for hours in (1, 2, 3)]
        urllib.request.urlopen(urllib.request.Request(f"{url}/change", method="POST"), timeout=30).close()
        after = sync(4, round(ROWS * CHANGED))
    return [
        *_figures("CPU", full.cpu_seconds, after.cpu_seconds, [one.cpu_seconds for one in idle], after.requests),
        *_figures("wall time", full.seconds, after.seconds, [one.seconds for one in idle], after.requests),
    ]


def _figures(name: str, full: float, after: float, idle: list[float], requests: int) -> list[dict[str, Any]]:
    fixed = statistics.median(idle)

    def at_most(what: str, value: float, goal: float) -> dict[str, Any]:
        return figure("increment", f"{name} {what}", value, "s", reference=full - fixed, goal=goal, at_most=True)

    return [
        at_most(f"of {ROWS * CHANGED:,.0f} of {ROWS:,} rows ({requests} requests)", after - fixed, GOAL),
        at_most("of a sync without news, apart", fixed, 1.0),
    ]


if __name__ == "__main__":
    run()
