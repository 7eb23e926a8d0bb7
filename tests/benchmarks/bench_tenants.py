"""Fifty tenants in one run against one tenant with as many rows; and what one that fails or hangs costs the others.

Each tenant is a repository of a GitHub over loopback; the first syncs of all, four at once, each run in a warehouse and
a process of its own. A tenant in trouble is one more than the others, and what counts is when the last of the others
is done: it itself may take its minute, for which nobody waits here, and the next sync leaves it alone for a while.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from tests.benchmarks import syncs
from tests.benchmarks.report import figure, interleaved

TENANTS, ROWS = 50, 200_000
GOAL, TROUBLE_GOAL = 1.3, 1.05
FEW_ROWS = 50_000  # of the runs with trouble
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def run() -> list[dict[str, Any]]:
    """Medians of runs in turns."""
    many = _names(ROWS)
    together, alone = interleaved(partial(_seconds, many), partial(_seconds, [f"acme/one-{ROWS}"]))
    lines = [_figure(f"{TENANTS} tenants, {ROWS:,} rows, against one with as many", together, alone, GOAL)]
    few = _names(FEW_ROWS)
    for trouble in ("failing", "hung"):
        with_it, without = interleaved(partial(_seconds, [f"acme/{trouble}", *few]), partial(_seconds, few))
        name = f"{TENANTS} tenants, {FEW_ROWS:,} rows, and a {trouble} one"
        lines.append(_figure(name, with_it, without, TROUBLE_GOAL))
    return lines


def _figure(name: str, value: float, reference: float, goal: float) -> dict[str, Any]:
    return figure("tenants", name, value, "s", reference=reference, goal=goal, at_most=True)


def _names(rows: int) -> list[str]:
    return [f"acme/shop{number}-{rows // TENANTS}" for number in range(TENANTS)]


def _seconds(repositories: Sequence[str]) -> float:
    """Until the last one that can be read is done. Raises RuntimeError where rows are missing."""
    with syncs.warehouse("tenants") as warehouse, syncs.large_github(0) as url:
        who = [
            syncs.connect(warehouse, f"tenant-{number}", syncs.github(url, name))
            for number, name in enumerate(repositories)
        ]
        good = {who[i].partition_key: name for i, name in enumerate(repositories) if name[-1].isdigit()}
        hung = sum(name.endswith("/hung") for name in repositories)
        cost = syncs.sync(warehouse, "github", who, NOW, enough=len(who) - hung)
    rows = sum(int(name.rpartition("-")[2]) // 3 * 3 + 2 for name in good.values())
    if cost.rows != rows or len(cost.errors) != len(who) - len(good) - hung:
        raise RuntimeError(f"{cost.rows} of {rows} rows, {cost.errors}")
    return max(cost.ended[key] for key in good)


if __name__ == "__main__":
    run()
