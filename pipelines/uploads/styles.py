"""How a file's times and numbers are written: the one way in which all of them can be read."""

from dataclasses import replace

import polars as pl

from pipelines.uploads.cells import NUMBERS, STYLES, Reading, cell, time
from pipelines.uploads.kinds import Layout, UploadRefused, refusal
from pipelines.uploads.sheet import Sheet

NUMERIC = ("number", "exact", "whole")


def found(file: Sheet, given: Reading, find_date: bool, find_decimal: bool) -> Reading:
    """`given`, with what is to be found in it. Where no way fits all, the one that fails least: its failures are told
    when rows are checked. Raises UploadRefused where two fit and say different things."""
    when = next(cell(file.layout, column) for column in file.layout.kind.columns if column.type == "time")
    amounts = _amounts(file.layout)
    dates = dict.fromkeys(STYLES if find_date else [], 0)
    decimals = dict.fromkeys(NUMBERS if find_decimal else [], 0)
    doubtful: tuple[int, str, str] | None = None
    for batch in file.batches([]):
        failing = [
            *(_unread(when, time(when, style, given.zone)).alias(style) for style in _open(dates)),
            *(pl.sum_horizontal(_unread(amount, replace(given, decimal=each).plain(amount))
                                for amount in amounts.values()).alias(each) for each in _open(decimals)),
        ]  # fmt: skip
        if not failing:
            break
        for name, count in batch.select(failing).row(0, named=True).items():
            (dates if name in dates else decimals)[name] += count
        if doubtful is None and decimals and not any(decimals.values()):
            doubtful = _doubtful(batch, amounts)
    best = [style for style, count in dates.items() if count == min(dates.values())]
    if len(best) > 1 and min(dates.values()) == 0 and "iso" not in best:
        why = f"the dates can be read as {' or as '.join(best)}. Do: say which, by date_format."
        raise UploadRefused(why, ("date_format", why))
    if doubtful is not None and not any(decimals.values()):
        line, name, text = doubtful
        why = f"{name} {text!r} can be read with the decimal '.' or ','. Do: say which, by decimal."
        raise refusal([(line, why)])
    decimal = min(decimals, key=lambda each: decimals[each]) if decimals else given.decimal
    return replace(given, date_format=best[0] if best else given.date_format, decimal=decimal)


def _amounts(shape: Layout) -> dict[str, pl.Expr]:
    # Whole numbers too: of 10.250 and 1.000 nobody knows whether the latter is one or a thousand.
    numeric = [column for column in shape.kind.columns if column.type in NUMERIC and column.name in shape.positions]
    return {column.name: cell(shape, column) for column in numeric}


def _open(failures: dict[str, int]) -> list[str]:
    """The ways of writing that failed least so far; none where one alone is left."""
    least = [way for way, count in failures.items() if count == min(failures.values())]
    return least if len(least) > 1 else []


def _unread(cells: pl.Expr, values: pl.Expr) -> pl.Expr:
    return (cells.is_not_null() & values.is_null()).sum()


def _doubtful(batch: pl.DataFrame, amounts: dict[str, pl.Expr]) -> tuple[int, str, str] | None:
    """The first number of a batch that both decimals fit, as two values: line, column, text."""
    marked = [
        (line, name, text)
        for name, amount in amounts.items()
        for line, text in batch.filter(amount.str.contains("[.,]")).head(1).select("line", amount.alias("cell")).rows()
    ]
    return min(marked, default=None)
