"""The picture of dbt_project/README.md: seconds of a full refresh against the number of pull requests, log-log."""

import math
from collections.abc import Mapping
from pathlib import Path

import matplotlib

from tests.benchmarks.transforms import Cost

WIDTH, HEIGHT = 7.0, 4.2  # inches


def draw(costs: Mapping[int, Cost], steepest: str, path: Path) -> None:
    """All models in the database's seconds, the steepest by dbt's clock, and n log n from the first size on."""
    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "growth"  # ids are drawn by lot otherwise: each run would change every line
    from matplotlib import pyplot

    sizes = sorted(costs)
    figure, axes = pyplot.subplots(figsize=(WIDTH, HEIGHT), layout="constrained")
    series = {
        "all models": [costs[size].database_seconds for size in sizes],
        f"{steepest}, the steepest": [costs[size].model_seconds[steepest] for size in sizes],
    }
    for name, seconds in series.items():
        (line,) = axes.loglog(sizes, seconds, marker="o", label=name)
        axes.loglog(sizes, _n_log_n(sizes, seconds[0]), linestyle=":", color=line.get_color())
    axes.plot([], [], linestyle=":", color="gray", label="n log n from the first size")
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()
    axes.set_xlabel("pull requests (and 3 commits, 1/5 deployment, 2 issues to each)")
    axes.set_ylabel("seconds of a full refresh")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, format="svg", metadata={"Date": None})
    pyplot.close(figure)


def _n_log_n(sizes: list[int], first: float) -> list[float]:
    """What would be taken if time went with n log n from the first size on."""
    smallest = sizes[0]
    return [first * size * math.log(size) / (smallest * math.log(smallest)) for size in sizes]
