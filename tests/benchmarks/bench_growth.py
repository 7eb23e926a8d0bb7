"""How the database time of a full refresh grows: 10,000 and 100,000 pull requests and what comes with them.

`BENCH_PULLS` lists other sizes (`10000,100000,1000000` takes an hour or more). Each size is a warehouse of
its own. The exponent is the slope between two sizes on paper that is logarithmic both ways; n log n has one a little
above 1.
The five steepest models are those of more than a second, so that dbt's fixed cost is small beside theirs.
`WRITE_GROWTH=1` draws dbt_project/growth.svg anew.
"""

import math
import os
from itertools import pairwise
from typing import Any

import dbt_project
from tests.benchmarks import growth_plot, syncs
from tests.benchmarks.large_company import Company
from tests.benchmarks.report import figure
from tests.benchmarks.transforms import Cost, Transforms

SIZES = [int(size) for size in os.environ.get("BENCH_PULLS", "10000,100000").split(",")]
SPILL_GOAL = 1_000_000_000
LEAST_SECONDS, SHOWN = 1.0, 5
PICTURE = dbt_project.PROJECT_DIR / "growth.svg"


def run() -> list[dict[str, Any]]:
    """The exponent of the whole, of the five steepest models, and the most that any model spilled."""
    costs = {size: _full(size) for size in SIZES}
    lines = []
    for small, large in pairwise(SIZES):
        a, b = costs[small], costs[large]
        lines.append(_exponent("all models", a.database_seconds, b.database_seconds, small, large))
        lines += [
            _exponent(name, a.model_seconds[name], b.model_seconds[name], small, large)
            for name in _steepest(a, b)[-SHOWN:]
        ]
    spilled = costs[SIZES[-1]].spilled_bytes or {"none": 0}
    worst = max(spilled, key=lambda name: spilled[name])
    if os.environ.get("WRITE_GROWTH"):
        growth_plot.draw(costs, _steepest(costs[SIZES[0]], costs[SIZES[-1]])[-1], PICTURE)
    name = f"most that a model spilled at {SIZES[-1]:,} pull requests ({worst})"
    lines.append(figure("growth", name, spilled[worst], "B", reference=SPILL_GOAL, goal=1.0, at_most=True))
    return lines


def _full(pulls: int) -> Cost:
    with syncs.warehouse("growth") as warehouse:
        Company(warehouse, pulls)
        return Transforms(warehouse).run(full=True)


def _steepest(small: Cost, large: Cost) -> list[str]:
    """Models that take a while at the larger size, the steepest last."""
    return sorted(
        (name for name, seconds in large.model_seconds.items() if seconds > LEAST_SECONDS),
        key=lambda name: large.model_seconds[name] / small.model_seconds[name],
    )


def _exponent(name: str, before: float, after: float, small: int, large: int) -> dict[str, Any]:
    """The slope against that of n log n between the same two sizes."""
    n_log_n = math.log(large * math.log(large) / (small * math.log(small))) / math.log(large / small)
    slope = math.log(after / before) / math.log(large / small)
    return figure(
        "growth", f"exponent of {name}, {small:,} to {large:,} pull requests ({before:.1f} to {after:.1f} s)", slope,
        "",
        reference=n_log_n, goal=1.0, at_most=True,
    )  # fmt: skip


if __name__ == "__main__":
    run()
