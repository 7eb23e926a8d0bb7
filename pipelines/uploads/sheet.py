"""How a file is written, and its rows as text. DuckDB's sniffer says the former; it may open this one file and nothing
else, with one thread and a quarter of a gigabyte. Python's `csv` splits: it alone says on which line a row starts."""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import duckdb
import polars as pl

from pipelines.uploads.kinds import MOST_FAULTS, Fault, Layout, UploadRefused, layout, refusal

DELIMITERS = (",", ";", "\t", "|")
BATCH_CELLS, BATCH_BYTES = 150_000, 8_000_000  # what is in memory at once, as Python's texts
ESCAPED = re.compile(r'\\(["\\])')


class BrokenRow(Exception):
    """No cells can be made of what begins at `line`; the rest of the file cannot be read either."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line


@dataclass(frozen=True)
class Sheet:
    """A file whose header is known."""

    path: Path
    layout: Layout
    delimiter: str
    has_backslashes: bool  # before quotes and backslashes, where others double a quote

    def batches(self, faults: list[Fault]) -> Iterator[pl.DataFrame]:
        """All rows as text: `line`, where the row starts in the file, and its cells, named by their position.

        Rows that cannot be split as the header is are left out and added to `faults`; after many of them it ends.
        """
        width = len(self.layout.header)
        with _text(self.path) as file:
            records = self._records(file)
            next(records)
            while len(faults) < MOST_FAULTS:
                lines, rows = self._some(file, records, width, faults)
                if not rows:
                    break
                batch = pl.DataFrame(rows, orient="row", schema={f"c{number}": pl.String for number in range(width)})
                batch = batch.insert_column(0, pl.Series("line", lines, pl.Int64))
                faults += _half_quoted(batch)
                yield batch

    def _some(
        self, file: TextIO, records: Iterator[tuple[int, list[str]]], width: int, faults: list[Fault]
    ) -> tuple[list[int], list[list[str]]]:
        lines: list[int] = []
        rows: list[list[str]] = []
        end, most = file.buffer.tell() + BATCH_BYTES, max(1, BATCH_CELLS // width)
        try:
            for line, row in records:
                if len(row) == width:
                    lines.append(line)
                    rows.append(row)
                    if len(rows) >= most or (len(rows) % 32 == 0 and file.buffer.tell() >= end):
                        break
                else:
                    many = "missing" if len(row) < width else "too many"
                    faults.append((line, f"{many} columns: {len(row)}, where the header has {width}"))
                    if len(faults) >= MOST_FAULTS:
                        break
        except BrokenRow as error:
            faults.append((error.line, str(error)))
        return lines, rows

    def _records(self, file: TextIO) -> Iterator[tuple[int, list[str]]]:
        return _records(file, self.delimiter, self.has_backslashes)


def opened(path: Path, kind: str | None) -> Sheet:
    """How the file is written: what DuckDB's sniffer says, unless the header it gives has none of our columns."""
    with _locked(path) as database:
        try:
            row = database.execute(
                "select delimiter, quote, escape from sniff_csv($path, all_varchar = true, sample_size = 2000)",
                {"path": str(path)},
            ).fetchone()
        except duckdb.Error:  # ragged or broken rows: they are told when it is read
            row = None
    sniffed, *quoting = row or (None, None, None)
    has_backslashes = quoting == ['"', "\\"]
    first: UploadRefused | None = None
    for delimiter in dict.fromkeys([*([sniffed] if sniffed in DELIMITERS else []), *DELIMITERS]):
        try:
            found = _layout(path, delimiter, has_backslashes, kind)
        except UploadRefused as error:
            first = first or error
            continue
        return Sheet(path, found, delimiter, has_backslashes)
    assert first is not None
    raise first


def _locked(path: Path) -> duckdb.DuckDBPyConnection:
    database = duckdb.connect(config={"threads": 1, "memory_limit": "256MB"})
    quoted = str(path).replace("'", "''")
    database.execute(f"set allowed_paths = ['{quoted}']")
    for setting in ("enable_external_access = false", "lock_configuration = true"):
        database.execute(f"set {setting}")
    return database


def _layout(path: Path, delimiter: str, has_backslashes: bool, kind: str | None) -> Layout:
    with _text(path) as file:
        try:
            line, header = next(_records(file, delimiter, has_backslashes), (1, None))
        except BrokenRow as error:
            raise refusal([(error.line, str(error))]) from None
    if header is None:
        raise UploadRefused("the file holds only blank lines. Do: upload a header and at least one row.")
    return layout(header, kind, line)


def _text(path: Path) -> TextIO:
    return path.open(encoding="utf-8", newline="")  # ends of lines are kept: within a cell they are data


def _records(file: Iterable[str], delimiter: str, has_backslashes: bool) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not blank, the header first, each with the line, from 1, where it starts. Raises BrokenRow."""
    lines = (ESCAPED.sub(_plain, line) for line in file) if has_backslashes else file
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    line = 1
    try:
        for row in reader:
            if row:
                yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        why = f"a quote is not closed or not doubled, or a cell is longer than {csv.field_size_limit():,} characters"
        raise BrokenRow(line, f"{why} ({error})") from None


def _plain(escaped: re.Match[str]) -> str:
    return '""' if escaped[1] == '"' else "\\"


def _half_quoted(batch: pl.DataFrame) -> list[Fault]:
    """Cells whose quotes come after a blank: some programs take the quotes for text, others do not."""
    begun = batch.filter(pl.any_horizontal(pl.col(pl.String).str.starts_with(' "')))
    return [(line, "a cell has a blank before its quote") for line in begun["line"].head(MOST_FAULTS)]
