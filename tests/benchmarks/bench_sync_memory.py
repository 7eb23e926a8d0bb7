"""The memory of a process that does nothing but a first sync, of 100,000 rows and of a million.

GitHub's issues, comments and commits of one repository, a third each, read over loopback page by page from a server that makes them up, and
committed by dlt. Measured is the peak of the resident memory (`ru_maxrss`), Python and all imports included.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from tests.benchmarks import syncs
from tests.benchmarks.report import figure

SMALL, LARGE = 100_000, 1_000_000
LIMIT_MB, GROWTH = 600.0, 1.25  # of ten times the rows
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def run() -> list[dict[str, Any]]:
    """Both syncs, each into a warehouse of its own."""
    small, large = _sync(SMALL), _sync(LARGE)
    name = f"of {LARGE:,} rows ({large.requests:,} requests, {LARGE / large.seconds:,.0f} rows/s)"
    return [
        figure("sync_memory", f"peak {name}", large.peak_mb, "MB", reference=LIMIT_MB, goal=1.0, at_most=True),
        figure("sync_memory", f"the same against {SMALL:,} rows", large.peak_mb, "MB", reference=small.peak_mb,
               goal=GROWTH, at_most=True),
    ]  # fmt: skip


def _sync(rows: int) -> syncs.Cost:
    with syncs.warehouse("sync-memory") as warehouse, _large_github(rows) as url:
        config = {"source": "github", "repositories": ["acme/shop"], "token": "any", "api": "rest", "base_url": url}
        cost = syncs.sync(warehouse, "github", [syncs.connect(warehouse, "acme", config)], NOW)
        if cost.errors or cost.rows != rows // 3 * 3 + 1:  # and the repository
            raise RuntimeError(f"{cost.rows} of {rows} rows, {cost.errors}")
        return cost


@contextmanager
def _large_github(rows: int) -> Iterator[str]:
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.large_github", str(rows)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    run()
