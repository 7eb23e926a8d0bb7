"""How a file is written, and its rows as text. DuckDB finds out and splits; it may open this one file and nothing else,
with one thread and a quarter of a gigabyte."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from pipelines.uploads.kinds import Layout, UploadRefused, layout
from pipelines.uploads.text import LONGEST_LINE

DELIMITERS = (",", ";", "\t", "|")
BATCH_ROWS = 50_000


@dataclass(frozen=True)
class Sheet:
    """A file whose header is known."""

    path: Path
    layout: Layout
    delimiter: str
    quote: str
    escape: str

    def batches(self) -> Iterator[pl.DataFrame]:
        """All rows as text, columns named by their position. Raises UploadRefused where a row has other columns."""
        columns = "{" + ", ".join(f"'c{number}': 'VARCHAR'" for number in range(len(self.layout.header))) + "}"
        with _locked(self.path) as database:
            try:
                reader = database.sql(
                    f"select * from read_csv($path, header = true, auto_detect = false, columns = {columns},"
                    " delim = $delimiter, quote = $quote, escape = $escape, store_rejects = true, rejects_limit = 20,"
                    f" max_line_size = {4 * LONGEST_LINE})",
                    params={
                        "path": str(self.path),
                        "delimiter": self.delimiter,
                        "quote": self.quote,
                        "escape": self.escape,
                    },
                ).to_arrow_reader(BATCH_ROWS)
                for batch in reader:
                    yield pl.DataFrame(pl.from_arrow(batch))
                broken = database.execute(
                    "select line, any_value(error_type), any_value(error_message) from reject_errors"
                    " group by line order by line limit 20"
                ).fetchall()
            except duckdb.Error as error:
                raise UploadRefused(f"the file cannot be split into rows: {str(error).splitlines()[0]}") from None
        if broken:
            faults = [(f"line {line}", f"{kind.lower()}: {message}") for line, kind, message in broken]
            raise UploadRefused(f"{faults[0][0]}: {faults[0][1]}", *faults)


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
    sniffed, quote, escape = [None if part == "(empty)" else part for part in row or (None, None, None)]
    first: UploadRefused | None = None
    for delimiter in dict.fromkeys([*([sniffed] if sniffed else []), *DELIMITERS]):
        try:
            found = layout(_header(path, delimiter), kind)
        except UploadRefused as error:
            first = first or error
            continue
        return Sheet(path, found, delimiter, quote or '"', escape or quote or '"')
    assert first is not None
    raise first


def _locked(path: Path) -> duckdb.DuckDBPyConnection:
    database = duckdb.connect(config={"threads": 1, "memory_limit": "256MB"})
    quoted = str(path).replace("'", "''")
    database.execute(f"set allowed_paths = ['{quoted}']")
    for setting in ("enable_external_access = false", "lock_configuration = true"):
        database.execute(f"set {setting}")
    return database


def _header(path: Path, delimiter: str) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        try:
            return next(csv.reader(iter(lambda: file.readline(LONGEST_LINE), ""), delimiter=delimiter), [])
        except csv.Error as error:
            raise UploadRefused(f"the header cannot be read: {error}", ("row 1", str(error))) from None
