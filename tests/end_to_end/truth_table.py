"""The table of dbt_project/truth.md: how many cells of each figure are what happened, and why some are not."""

from collections.abc import Callable, Iterable
from pathlib import Path

import dbt_project
from tests.end_to_end.figures import FIGURES, Books, differing

FILE = Path(dbt_project.__file__).parent / "truth.md"
END = "<!-- end -->\n"


def made(slugs: Iterable[str], books: Callable[[str], Books]) -> str:
    """One line a figure; companies of one style stand in one column."""
    styles: dict[str, list[str]] = {}
    for slug in slugs:
        styles.setdefault(slug.partition("-")[0], []).append(slug)
    lines = [f"| figure | mart | {' | '.join(styles)} | why they may differ |", "|---" * (3 + len(styles)) + "|"]
    for name, figure in FIGURES.items():
        cells = []
        for companies in styles.values():
            compared = [figure.cells(books(slug)) for slug in companies]
            count = sum(len(told.keys() | happened.keys()) for told, happened in compared)
            wrong = sum(len(differing(told, happened)) for told, happened in compared)
            cells.append(f"{count - wrong} of {count}" if wrong else str(count))
        lines.append(f"| {name} | `{figure.mart}` | {' | '.join(cells)} | {figure.reason} |")
    return "\n".join(lines) + "\n"


def kept(seeds: int) -> str:
    """The table of a world of so many seeds, as it stands in the file."""
    return FILE.read_text().partition(_begin(seeds))[2].partition(END)[0]


def keep(seeds: int, table: str) -> None:
    before, begin, rest = FILE.read_text().partition(_begin(seeds))
    FILE.write_text(before + begin + table + END + rest.partition(END)[2])


def _begin(seeds: int) -> str:
    return f"<!-- seeds: {seeds}, made by tests/end_to_end/test_truth.py -->\n"
