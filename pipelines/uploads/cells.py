"""Text cells → values, by polars. A cell that fits its column's type in no way becomes null, which the caller tells."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from pipelines.uploads.kinds import Column, Layout

# `\d` would take the digits of every script, which neither polars nor PostgreSQL reads as a number afterwards.
YEARS, YEAR = "1800 to 2199", "(?:1[89]|2[01])[0-9]{2}"  # with every zone's offset within what Python can hold
ISO_DAY = rf"^{YEAR}-[0-9]{{2}}-[0-9]{{2}}"
DOTTED_DAY = rf"^[0-9]{{1,2}}\.[0-9]{{1,2}}\.{YEAR}"
SLASHED_DAY = rf"^[0-9]{{1,2}}/[0-9]{{1,2}}/{YEAR}"
# A style: how its day looks, and the formats of what follows it. chrono would take years of any length by itself.
STYLES: Mapping[str, tuple[str, str]] = {
    "iso": (ISO_DAY, "%Y-%m-%d"),
    "day.month.year": (DOTTED_DAY, "%d.%m.%Y"),
    "day/month/year": (SLASHED_DAY, "%d/%m/%Y"),
    "month/day/year": (SLASHED_DAY, "%m/%d/%Y"),
}
MINUTES, SECONDS = " [0-9]{1,2}:[0-5][0-9]", " [0-9]{1,2}:[0-5][0-9]:[0-5][0-9]"
# Formats of what follows a day, and how it looks. Digits beyond microseconds would be cut off.
TIMES = {"": "", " %H:%M": MINUTES, " %H:%M:%S": SECONDS, " %H:%M:%S%.f": rf"{SECONDS}\.[0-9]{{1,6}}0{{0,3}}"}
OFFSET = " ?[+-][0-9]{2}:?[0-9]{2}"
WHOLE = r"^[+-]?[0-9]{1,18}$"
UNCOUNTED = 2.0**53  # from here on a double leaves whole numbers out


def _number(point: str, mark: str) -> str:
    """Numbers with this decimal separator, plain or with `mark` between all of their thousands."""
    plain = rf"(?:[0-9]+{point}?[0-9]*|{point}[0-9]+)(?:[eE][+-]?[0-9]{{1,3}})?"
    grouped = rf"[1-9][0-9]{{0,2}}(?:{mark}[0-9]{{3}})+(?:{point}[0-9]+)?"
    return rf"^[+-]?(?:{plain}|{grouped})$"


MARKS = {".": ",", ",": "."}  # a decimal separator, and what then stands between thousands
NUMBERS = {".": _number(r"\.", ","), ",": _number(",", r"\.")}


@dataclass(frozen=True)
class Reading:
    """How a file's times and numbers are written."""

    zone: str  # of times that name no offset
    date_format: str = "iso"
    decimal: str = "."

    def typed(self, kind: str, cells: pl.Expr) -> pl.Expr:
        """Values of a column's type: text, time (UTC), number, exact or whole (both as text that Postgres takes)."""
        if kind == "text":
            return cells
        if kind == "time":
            return time(cells, self.date_format, self.zone)
        plain = self.plain(cells)
        if kind == "whole":
            return pl.when(plain.str.contains(WHOLE)).then(plain)
        value = plain.cast(pl.Float64, strict=False)
        # Series are doubles: what is too large or too small for one would end a build, or become 0.
        kept = value.is_finite() & ((value != 0) | ~plain.str.contains("^[^eE]*[1-9]"))
        if kind == "exact":
            return pl.when(kept).then(plain)
        return pl.when(kept & ((value.abs() < UNCOUNTED) | plain.str.contains("[eE]"))).then(value)

    def plain(self, cells: pl.Expr) -> pl.Expr:
        """Numbers as programs write them; null where a cell is none in this reading."""
        bare = cells.str.replace_all(MARKS[self.decimal], "", literal=True)
        return pl.when(cells.str.contains(NUMBERS[self.decimal])).then(
            bare if self.decimal == "." else bare.str.replace(",", ".", literal=True)
        )


def cell(shape: Layout, column: Column) -> pl.Expr:
    """The column's text; null where it is blank or the file has no such column.

    Blanks around it are left out, of a name only spaces, and two spellings of a name that look the same are one.
    """
    if column.name not in shape.positions:
        return pl.lit(None, pl.String)
    text = pl.col(f"c{shape.positions[column.name]}")
    bare = text.str.strip_chars(" ").str.normalize("NFC") if column.type == "text" else text.str.strip_chars()
    return pl.when(text.str.contains(r"\S")).then(bare)


def time(cells: pl.Expr, style: str, zone: str) -> pl.Expr:
    """Instants in UTC. A day alone is its midnight; an hour that the zone's clock leaves out is none, nor is a second
    60, nor a year outside YEARS."""
    day, format = STYLES[style]
    spaced = cells.str.replace(r"^(\S{8,10})T", "$1 ").str.replace(r"(?i) ?z$", "+00:00")

    def instants(offset: str, offset_format: str, zone: str | None) -> list[pl.Expr]:
        # What does not look so is not parsed at all: trying all formats on all cells takes most of an upload's time.
        return [
            pl.when(spaced.str.contains(f"{day}{clock}{offset}$")).then(spaced)
            .str.to_datetime(format + clock_format + offset_format, strict=False, time_unit="us", time_zone=zone)
            for clock_format, clock in TIMES.items() if clock or not offset
        ]  # fmt: skip

    local = pl.coalesce(instants("", "", None)).dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return pl.coalesce(local.dt.convert_time_zone("UTC"), *instants(OFFSET, "%:z", "UTC"))
