"""A sheet → checked, typed rows: every row must fit, or none is written."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.names import LONGEST, LOOKS_EMPTY, unfit
from pipelines.uploads import styles
from pipelines.uploads.cells import STYLES, YEARS, Reading, cell
from pipelines.uploads.kinds import LONGEST_CELL, MOST_FAULTS, Fault, Layout, UploadRefused, refusal, unknown
from pipelines.uploads.sheet import opened

PREVIEW_ROWS = 20
SUSPECT = rf"[\p{{C}}\p{{Zl}}\p{{Zp}}]|^[{LOOKS_EMPTY}\s]*$"  # names that need a closer look
CELL_BLANKS = str.maketrans("\t\r\n", "   ")
CLOCK = "%Y-%m-%dT%H:%M:%S%.6f%z"


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
        raise unknown("date_format", f"{date_format!r} is not known. Do: use one of {', '.join(STYLES)}.")
    if decimal not in (None, ".", ","):
        raise unknown("decimal", f"{decimal!r} is not known. Do: use . or ,")
    file = opened(path, kind)
    given = Reading(zone, date_format or "iso", decimal or ".")
    reading = styles.found(file, given, date_format is None, decimal is None)
    faults: list[Fault] = []
    preview: list[dict[str, Any]] = []
    count = 0
    try:
        with target.open("wb") as out:
            for batch in file.batches(faults):
                rows = _typed(file.layout, batch, reading)
                if not _fits(file.layout, batch, rows):
                    faults += _faults(file.layout, batch, reading)
                if faults:
                    continue  # nothing will be kept: what is left is only looked at
                preview = preview or rows.head(PREVIEW_ROWS).to_dicts()
                rows.write_csv(out, include_header=False, datetime_format=CLOCK)
                count += batch.height
        if faults:
            raise refusal(faults)
        if not count:
            raise UploadRefused("the file has a header and no rows. Do: add rows.")
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return Checked(file.layout, file.delimiter, reading, count, preview)


def _typed(shape: Layout, batch: pl.DataFrame, reading: Reading) -> pl.DataFrame:
    texts = {name: pl.col(f"c{number}") for number, name in shape.others}
    others = [pl.when(text != "").then(text).alias(name) for name, text in texts.items()]
    metadata = pl.struct(others).struct.json_encode() if others else pl.lit(None, pl.String)
    return batch.select(
        "line",
        *(reading.typed(column.type, cell(shape, column)).alias(column.name) for column in shape.kind.columns),
        metadata.alias("metadata"),
    )


def _fits(shape: Layout, batch: pl.DataFrame, rows: pl.DataFrame) -> bool:
    """Whether every cell became a value of its column."""
    columns = [column for column in shape.kind.columns if column.name in shape.positions]
    nulls, longest = (
        batch.select(measure(cell(shape, column)).alias(column.name) for column in columns).row(0)
        for measure in (lambda text: text.is_null().sum(), lambda text: text.str.len_chars().max())
    )
    names = [cell(shape, column).alias("text") for column in columns if column.type == "text"]
    if any(_unfit("", batch.select("line", name)) for name in names):
        return False
    return all(
        rows[column.name].null_count() == missing
        and not (column.is_required and missing)
        and (size or 0) <= LONGEST_CELL
        for column, missing, size in zip(columns, nulls, longest, strict=True)
    )


def _faults(shape: Layout, batch: pl.DataFrame, reading: Reading) -> list[Fault]:
    """The first cells of each column of a batch that do not fit."""
    found: list[Fault] = []
    words = _words(reading)
    for column in (column for column in shape.kind.columns if column.name in shape.positions):
        text = cell(shape, column)
        checks = {}
        if column.type == "text":
            found += _unfit(column.name, batch.select("line", text.alias("text")))
        else:
            checks[f"is longer than {LONGEST_CELL:,} characters"] = text.str.len_chars() > LONGEST_CELL
        if column.is_required:
            checks["is empty"] = text.is_null()
        if column.type in words:
            checks[f"is {words[column.type]}"] = text.is_not_null() & reading.typed(column.type, text).is_null()
        for why, broken in checks.items():
            rows = batch.filter(broken).head(MOST_FAULTS).select("line", text.alias("text"))
            found += [
                (line, f"{column.name} {why}" + (f": {shown[:60]!r}" if shown is not None else ""))
                for line, shown in rows.rows()
            ]
    return found


def _words(reading: Reading) -> dict[str, str]:
    """What a cell of a type is not."""
    decimal = f"decimal '{reading.decimal}'"
    return {
        "time": f"no time ({reading.date_format}, years {YEARS}, on the clock of {reading.zone})",
        "number": f"no finite number ({decimal}, as a double holds it)",
        "exact": f"no number ({decimal}, within a double's range)",
        "whole": f"no whole number ({decimal}, up to 18 digits)",
    }


def _is_suspect(name: pl.Expr) -> pl.Expr:
    return (name.str.contains(SUSPECT) | (name.str.len_chars() > LONGEST)).fill_null(False)


def _unfit(column: str, cells: pl.DataFrame) -> list[Fault]:
    """The first rows whose name cannot be kept. Tabs and line breaks are a cell's own, and stay."""
    suspects = cells.filter(_is_suspect(pl.col("text"))).rows()
    issues = [(line, text, unfit(text.translate(CELL_BLANKS).strip())) for line, text in suspects]
    return [(line, f"{column} {issue}: {text[:60]!r}") for line, text, issue in issues if issue][:MOST_FAULTS]
