"""The memory of a process that does nothing but a first sync, of 100,000 rows and of a million.

GitHub's issues, comments and commits of one repository, a third each, read over loopback page by page from a server
that makes them up, and committed by dlt. Measured is the peak of the resident memory, Python and all imports included.
What grows with the rows is the set of commits that were read, some hundred bytes each, and what Python keeps.
"""

from datetime import UTC, datetime
from typing import Any

from tests.benchmarks import syncs
from tests.benchmarks.report import figure

SMALL, LARGE = 100_000, 1_000_000
LIMIT_MB, GROWTH = 600.0, 2.0  # of ten times the rows
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def run() -> list[dict[str, Any]]:
    """Both syncs, each into a warehouse of its own."""
    small, large = _sync(SMALL), _sync(LARGE)
    name = f"of {LARGE:,} rows ({large.requests:,} requests, {LARGE / large.seconds:,.0f} rows/s)"

    def at_most(name: str, reference: float, goal: float) -> dict[str, Any]:
        return figure("sync_memory", name, large.peak_mb, "MB", reference=reference, goal=goal, at_most=True)

    return [at_most(f"peak {name}", LIMIT_MB, 1.0), at_most(f"the same against {SMALL:,} rows", small.peak_mb, GROWTH)]


def _sync(rows: int) -> syncs.Cost:
    with syncs.warehouse("sync-memory") as warehouse, syncs.large_github(rows) as url:
        cost = syncs.sync(warehouse, "github", [syncs.connect(warehouse, "acme", syncs.github(url))], NOW)
        if cost.errors or cost.rows != rows // 3 * 3 + 2:  # and the repository and its branch
            raise RuntimeError(f"{cost.rows} of {rows} rows, {cost.errors}")
        return cost


if __name__ == "__main__":
    run()
