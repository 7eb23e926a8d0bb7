"""What can be uploaded: the columns of each kind, by the names that people give them."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipelines.names import is_blank, unfit

LONGEST_NAME, MOST_COLUMNS, LONGEST_CELL, MOST_FAULTS = 63, 200, 10_000, 20
# Names that mean something to a database or a browser, and that no reader of metadata should meet.
RESERVED = frozenset({"tenant_id", "connection_id", "select", "constructor", "prototype"})


class UploadRefused(Exception):
    """The file cannot be loaded. `faults` say where (a line of the file as an editor counts, or an option) and
    why."""

    def __init__(self, message: str, *faults: tuple[str, str]) -> None:
        super().__init__(message)
        self.faults = faults


Fault = tuple[int, str]  # the line where a row starts, as an editor counts, and what is wrong with it


def unknown(option: str, why: str) -> UploadRefused:
    """What the sender said of the file cannot be meant."""
    return UploadRefused(f"{option}: {why}", (option, why))


def refusal(faults: Iterable[Fault]) -> UploadRefused:
    """The first of what was found, in the file's order."""
    told = [(f"line {line}", why) for line, why in sorted(set(faults))[:MOST_FAULTS]]
    more = " (there may be more)" if len(told) == MOST_FAULTS else ""
    return UploadRefused(f"{told[0][0]}: {told[0][1]}{more}", *told)


@dataclass(frozen=True)
class Column:
    """A column of a kind. `type`: text (a name), time, number (a double), exact (a decimal) or whole."""

    name: str
    type: str
    is_required: bool = True
    other_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kind:
    """What a file holds. Columns that it does not know go into `metadata`."""

    name: str  # also its table in raw_upload
    columns: tuple[Column, ...]


TIME = ("timestamp", "time", "date", "day", "datetime")
KINDS = {
    kind.name: kind
    for kind in (
        Kind("kpi_points", (
            Column("metric", "text", True, ("kpi", "name", "measure")),
            Column("entity", "text", False, ("series", "dimension", "segment")),
            Column("measured_at", "time", True, TIME),
            Column("value", "number"),
        )),
        Kind("market_prices", (
            Column("symbol", "text", True, ("ticker", "instrument")),
            Column("priced_at", "time", True, TIME),
            Column("price", "exact", True, ("close", "last")),
            Column("volume", "whole", False),
            Column("currency", "text", False),
        )),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """Which of a file's columns, by position, are a kind's, and which are metadata."""

    kind: Kind
    header: tuple[str, ...]
    positions: dict[str, int]

    @property
    def others(self) -> list[tuple[int, str]]:
        known = set(self.positions.values())
        return [(number, name) for number, name in enumerate(self.header) if number not in known]


def layout(header: Sequence[str], wanted: str | None = None, line: int = 1) -> Layout:
    """The kind that a header on this line fits. Raises UploadRefused for names that cannot be kept, and where nothing
    fits."""
    names = [unicodedata.normalize("NFC", name).strip() for name in header]
    _check(names, f"line {line}")
    if wanted is not None and wanted not in KINDS:
        raise unknown("kind", f"there is no kind {wanted!r}. Do: use {' or '.join(KINDS)}.")
    found = [fitting for kind in KINDS.values() if wanted in (None, kind.name) and (fitting := _fit(kind, names))]
    if len(found) == 1:
        return found[0]
    needed = "; ".join(
        f"{kind.name}: {', '.join(column.name for column in kind.columns if column.is_required)}"
        for kind in KINDS.values()
        if wanted in (None, kind.name)
    )
    shown = ", ".join(repr(name[:LONGEST_NAME]) for name in names[:10])
    told = f"the header ({shown}) lacks columns. Do: name them ({needed})."
    raise UploadRefused(told, (f"line {line}", "lacks columns"))


def _fit(kind: Kind, names: list[str]) -> Layout | None:
    lowered = [name.lower() for name in names]
    positions: dict[str, int] = {}
    for column in kind.columns:
        for name in (column.name, *column.other_names):
            if name in lowered and lowered.index(name) not in positions.values():
                positions[column.name] = lowered.index(name)
                break
    fits = all(column.name in positions for column in kind.columns if column.is_required)
    return Layout(kind, tuple(names), positions) if fits else None


def _check(names: list[str], place: str) -> None:
    if len(names) > MOST_COLUMNS:
        raise UploadRefused(f"the file has {len(names)} columns, more than {MOST_COLUMNS}.", (place, "too many"))
    lowered = [name.lower() for name in names]
    for number, name in enumerate(lowered, 1):
        why = (
            "is empty" if all(map(is_blank, name))
            else f"is longer than {LONGEST_NAME} characters" if len(name) > LONGEST_NAME
            else issue if (issue := unfit(name))
            else "is a reserved name" if name in RESERVED or name.startswith("_")
            else "stands there twice" if lowered.count(name) > 1
            else None
        )  # fmt: skip
        if why:
            shown = names[number - 1][:LONGEST_NAME]
            raise UploadRefused(f"the name of column {number} ({shown!r}) {why}. Do: rename it.", (place, why))
