"""How a bench reports: one JSON line a figure, on standard output and in `$CLEARSIGNAL_HOME/bench.jsonl`."""

import json
import statistics
from collections.abc import Callable
from typing import Any

from pipelines.warehouse.home import home

ROUNDS = 3


def figure(
    bench: str, name: str, value: float, unit: str, *, reference: float, goal: float, at_most: bool = False
) -> dict[str, Any]:
    """One figure against its reference of the same run. `goal` is of the ratio; `at_most`: smaller is better."""
    ratio = value / reference
    line = {
        "bench": bench,
        "figure": name,
        "value": round(value, 4),
        "unit": unit,
        "reference": round(reference, 4),
        "ratio": round(ratio, 4),
        "goal": goal,
        "met": ratio <= goal if at_most else ratio >= goal,
    }
    text = json.dumps(line)
    print(text, flush=True)
    with (home() / "bench.jsonl").open("a") as file:
        file.write(text + "\n")
    return line


def interleaved(
    subject: Callable[[], float], reference: Callable[[], float], rounds: int = ROUNDS
) -> tuple[float, float]:
    """The medians of both, measured in turns, so that a slow minute of the machine meets both."""
    pairs = [(subject(), reference()) for _ in range(rounds)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)
