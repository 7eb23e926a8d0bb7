"""Text cells → values, by polars. A cell that fits its column's type in no way becomes null, which the caller tells."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

ISO_DAY = r"^\d{4}-\d{2}-\d{2}"
# A style: how its day looks, and the formats of what follows it. chrono would take years of any length by itself.
STYLES: Mapping[str, tuple[str, str]] = {
    "iso": (ISO_DAY, "%Y-%m-%d"),
    "day.month.year": (r"^\d{1,2}\.\d{1,2}\.\d{4}", "%d.%m.%Y"),
    "day/month/year": (r"^\d{1,2}/\d{1,2}/\d{4}", "%d/%m/%Y"),
    "month/day/year": (r"^\d{1,2}/\d{1,2}/\d{4}", "%m/%d/%Y"),
}
TIMES = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S%.f")
NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$"
WHOLE = r"^[+-]?\d{1,18}$"


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
        plain = cells if self.decimal == "." else cells.str.replace_all(".", "", literal=True).str.replace(",", ".")
        if kind == "number":
            value = pl.when(plain.str.contains(NUMBER)).then(plain).cast(pl.Float64, strict=False)
            return pl.when(value.is_finite()).then(value)
        return pl.when(plain.str.contains(WHOLE if kind == "whole" else NUMBER)).then(plain)


def time(cells: pl.Expr, style: str, zone: str) -> pl.Expr:
    """Instants in UTC. A day alone is its midnight; an hour that the zone's clock leaves out is none."""
    day, format = STYLES[style]
    spaced = cells.str.replace(r"^(\S{8,10})T", "$1 ")
    offset = r"(?i)(z|[+-]\d{2}:?\d{2})$"
    local = pl.coalesce(
        pl.when(spaced.str.contains(day) & ~spaced.str.slice(10).str.contains(offset))
        .then(spaced)
        .str.to_datetime(format + clock, strict=False, time_unit="us")
        for clock in TIMES
    ).dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    normal = spaced.str.replace(r"(?i)\s*z$", "+00:00")
    fixed = pl.coalesce(
        pl.when(normal.str.contains(day) & normal.str.slice(10).str.contains(offset))
        .then(normal)
        .str.to_datetime(format + clock + "%:z", strict=False, time_unit="us", time_zone="UTC")
        for clock in TIMES[1:]
    )
    return pl.coalesce(local.dt.convert_time_zone("UTC"), fixed)
