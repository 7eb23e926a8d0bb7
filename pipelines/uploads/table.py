"""A sheet → checked, typed rows: every row must fit, or none is written."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.uploads.cells import STYLES, Reading, time
from pipelines.uploads.kinds import LONGEST_CELL, Column, Layout, UploadRefused
from pipelines.uploads.sheet import Sheet, opened

MOST_FAULTS, PREVIEW_ROWS = 20, 20
CLOCK = "%Y-%m-%dT%H:%M:%S%.6f%z"
WORDS = {"time": "no time of that form", "number": "no finite number", "exact": "no number", "whole": "no whole number"}


@dataclass(frozen=True)
class Checked:
    """A file every row of which fits. `preview` are its first rows as they will be kept."""

    layout: Layout
    delimiter: str
    reading: Reading
    row_count: int
    preview: list[dict[str, Any]]


def check(
    path: Path, target: Path, *, zone: str, kind: str | None = None, date_format: str | None = None,
    decimal: str | None = None,
) -> Checked:  # fmt: skip
    """Read all of `path` and write its rows to `target`, as COPY takes them. Raises UploadRefused; then it writes none.

    `zone` is the one of times without an offset. What is not given (`kind`, `date_format`, `decimal`) is found out.
    """
    if date_format is not None and date_format not in STYLES:
        raise UploadRefused(f"date_format: {date_format!r} is not known. Do: use one of {', '.join(STYLES)}.")
    if decimal not in (None, ".", ","):
        raise UploadRefused("decimal: must be . or ,")
    file = opened(path, kind)
    reading = _style(file, Reading(zone, date_format or "iso", decimal or "."), date_format is None, decimal is None)
    faults: list[tuple[str, str]] = []
    preview: list[dict[str, Any]] = []
    count = 0
    try:
        with target.open("wb") as out:
            for batch in file.batches():
                rows = _typed(file.layout, batch, reading, count)
                if not _fits(file.layout, batch, rows):
                    faults += _faults(file.layout, batch, reading, count)[: MOST_FAULTS - len(faults)]
                if len(faults) >= MOST_FAULTS:
                    break
                preview = preview or rows.head(PREVIEW_ROWS).to_dicts()
                rows.write_csv(out, include_header=False, datetime_format=CLOCK)
                count += batch.height
        if faults:
            more = " (there may be more)" if len(faults) == MOST_FAULTS else ""
            raise UploadRefused(f"{faults[0][0]}: {faults[0][1]}{more}", *faults)
        if not count:
            raise UploadRefused("the file has a header and no rows. Do: add rows.")
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return Checked(file.layout, file.delimiter, reading, count, preview)


def _style(file: Sheet, given: Reading, find_date: bool, find_decimal: bool) -> Reading:
    """How times and numbers are written: the one way in which all of them can be read."""
    when = _cell(file.layout, next(column for column in file.layout.kind.columns if column.type == "time"))
    amount = next(column for column in file.layout.kind.columns if column.type in ("number", "exact"))
    styles = dict.fromkeys(STYLES if find_date else [], 0)
    decimals = dict.fromkeys((".", ",") if find_decimal else [], 0)
    for batch in file.batches():
        # Whether all rows fit is looked at later; here only what can still be meant is tried.
        open_styles = _unequalled(styles)
        failing = [
            *((when.is_not_null() & time(when, style, given.zone).is_null()).sum().alias(style)
              for style in open_styles),
            *(replace(given, decimal=each).typed(amount.type, _cell(file.layout, amount)).is_null().sum().alias(each)
              for each in _unequalled(decimals)),
        ]  # fmt: skip
        if not failing:
            break
        for name, count in batch.select(failing).row(0, named=True).items():
            (styles if name in styles else decimals)[name] += count
    best = [style for style, count in styles.items() if count == min(styles.values())]
    if len(best) > 1 and min(styles.values()) == 0 and "iso" not in best:
        raise UploadRefused(f"the dates can be read as {' or as '.join(best)}. Do: say which, by date_format.")
    decimal = min(decimals, key=lambda each: decimals[each]) if decimals else given.decimal
    return replace(given, date_format=best[0] if best else given.date_format, decimal=decimal)


def _unequalled(failures: dict[str, int]) -> list[str]:
    """The ways of writing that failed least so far; none where one alone is left."""
    least = [way for way, count in failures.items() if count == min(failures.values())]
    return least if len(least) > 1 else []


def _cell(shape: Layout, column: Column) -> pl.Expr:
    """The column's text without blanks around it; null where it is empty or the file has no such column."""
    if column.name not in shape.positions:
        return pl.lit(None, pl.String)
    text = pl.col(f"c{shape.positions[column.name]}").str.strip_chars()
    return pl.when(text != "").then(text)


def _typed(shape: Layout, batch: pl.DataFrame, reading: Reading, before: int) -> pl.DataFrame:
    others = [pl.col(f"c{number}").alias(name) for number, name in shape.others]
    metadata = pl.struct(others).struct.json_encode() if others else pl.lit(None, pl.String)
    return batch.select(
        (pl.int_range(pl.len()) + before + 2).alias("row"),  # as a spreadsheet counts: the header is row 1
        *(reading.typed(column.type, _cell(shape, column)).alias(column.name) for column in shape.kind.columns),
        metadata.alias("metadata"),
    )


def _fits(shape: Layout, batch: pl.DataFrame, rows: pl.DataFrame) -> bool:
    """Whether every cell became a value of its column."""
    columns = [column for column in shape.kind.columns if column.name in shape.positions]
    nulls, longest = (
        batch.select(measure(_cell(shape, column)).alias(column.name) for column in columns).row(0)
        for measure in (lambda cell: cell.is_null().sum(), lambda cell: cell.str.len_chars().max())
    )
    return all(
        rows[column.name].null_count() == missing
        and not (column.is_required and missing)
        and (size or 0) <= LONGEST_CELL
        for column, missing, size in zip(columns, nulls, longest, strict=True)
    )


def _faults(shape: Layout, batch: pl.DataFrame, reading: Reading, before: int) -> list[tuple[str, str]]:
    """The first cells of a batch that do not fit, by row."""
    found: list[tuple[int, str]] = []
    for column in (column for column in shape.kind.columns if column.name in shape.positions):
        cell = _cell(shape, column)
        checks = {f"is longer than {LONGEST_CELL:,} characters": cell.str.len_chars() > LONGEST_CELL}
        if column.is_required:
            checks["is empty"] = cell.is_null()
        if column.type in WORDS:
            checks[f"is {WORDS[column.type]}"] = cell.is_not_null() & reading.typed(column.type, cell).is_null()
        for words, broken in checks.items():
            rows = batch.with_row_index("row").filter(broken).head(MOST_FAULTS).select("row", cell.alias("cell"))
            found += [
                (row + before + 2, f"{column.name} {words}" + (f": {text[:60]!r}" if text is not None else ""))
                for row, text in rows.rows()
            ]
    return [(f"row {row}", words) for row, words in sorted(found)[:MOST_FAULTS]]
