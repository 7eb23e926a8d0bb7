"""Each figure of the marts beside the simulator's own books: what is told, what happened, and why they may differ."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

import pytest

from tests.end_to_end import stack as house

Cells = dict[Any, Any]
Row = dict[str, Any]
FIGURES: dict[str, "Figure"] = {}

EXCUSED = 3  # so many cells may differ in any small company


class Books:
    """One company as the API tells it and as the simulator knows it; each is asked once."""

    def __init__(self, stack: house.Stack, api: house.Api, slug: str) -> None:
        self.told = cache(lambda mart: api.rows(slug, mart))
        self.happened = cache(lambda what: stack.simulator.get(f"/truth/{slug}/{what}"))


class Figure(NamedTuple):
    """Cells by name as told and as they happened. `reason`: why some may differ; `share`: how many at most."""

    mart: str
    cells: Callable[[Books], tuple[Cells, Cells]]
    reason: str = ""
    share: float = 0.0

    def may_differ(self, count: int) -> int:
        """How many of so many cells may differ in one company."""
        return max(EXCUSED, round(self.share * count)) if self.reason else 0


def figure(name: str, mart: str, reason: str = "", share: float = 0.0) -> Callable[..., Any]:
    def keep(cells: Callable[[Books], tuple[Cells, Cells]]) -> Callable[[Books], tuple[Cells, Cells]]:
        FIGURES[name] = Figure(mart, cells, reason, share)
        return cells

    return keep


def differing(told: Cells, happened: Cells) -> Cells:
    """The cells that only one side has, or both with other values. Durations may differ in their last digit."""
    found = {}
    for key in told.keys() | happened.keys():
        one, other = told.get(key, "absent"), happened.get(key, "absent")
        if isinstance(one, float) and isinstance(other, int | float):
            other = pytest.approx(other, rel=1e-9, abs=1e-6)
        if one != other:
            found[key] = (one, other)
    return found


def spread(rows: Iterable[Row], key: Callable[[Row], Any], *names: str) -> Cells:
    """A cell for each of these columns of each row."""
    return {(key(row), name): row[name] for row in rows for name in names}


def times(rows: Iterable[Row], key: Callable[[Row], Any], *names: str) -> Cells:
    cells = spread(rows, key, *names)
    return {name: None if text is None else datetime.fromisoformat(text) for name, text in cells.items()}
