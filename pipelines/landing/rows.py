"""API values → the CSV cells of a raw table. What does not fit its column is an error that names it."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import repeat
from typing import Any, NamedTuple

import msgspec

from pipelines.raw_tables import Table
from pipelines.sync_error import SyncError

NONE = type(None)
LARGEST = 2**63
encode = msgspec.json.encode
Cells = tuple[Any, ...]


class Broken(NamedTuple):
    """A record that does not fit its table, and why."""

    row: dict[str, Any]
    reason: str


def fitting(table: Table, rows: Sequence[dict[str, Any]]) -> tuple[dict[Cells, Cells], list[Broken]]:
    """The cells by key of the rows that fit, and the others."""
    try:
        return cells(table, rows), []
    except SyncError:
        pass  # now one by one: it costs, but is rare
    found: dict[Cells, Cells] = {}
    broken = []
    for row in rows:
        try:
            found.update(cells(table, [row]))
        except SyncError as error:
            broken.append(Broken(row, error.message))
    return found, broken


def key_of(table: Table, row: Mapping[str, Any]) -> Cells | None:
    """The row's key as `cells` has it, None where a part of it is absent or does not fit."""
    key = []
    for name in table.key:
        try:
            key += CONVERT[table.columns[name]]([row.get(name)])
        except (ValueError, TypeError, OverflowError):
            return None
    return None if None in key else tuple(key)


def cells(table: Table, rows: Sequence[dict[str, Any]]) -> dict[Cells, Cells]:
    """The rows' cells by key, in the order of `table.columns`; of rows with one key the last stays.

    Raises SyncError(unparsable) naming the column whose value does not fit.
    """
    columns = []
    for name, kind in table.columns.items():
        try:
            columns.append(CONVERT[kind]([row.get(name) for row in rows]))
        except (ValueError, TypeError, OverflowError) as error:
            raise SyncError("unparsable", f"{table.name}.{name}: {error}") from None
    position = list(table.columns)
    keys = list(zip(*(columns[position.index(name)] for name in table.key), strict=True))
    for name, values in zip(table.key, zip(*keys, strict=True), strict=True):
        if None in values:
            raise SyncError("unparsable", f"a row of {table.name} has no {name}")
    return dict(zip(keys, zip(*columns, strict=True), strict=True))


def lines(table: Table, tenant_id: str, connection_id: str, load_id: str, rows: Iterable[Cells]) -> Iterable[Cells]:
    """CSV lines in the order of `header`."""
    for before, row, after in zip(repeat((tenant_id, connection_id)), rows, repeat((load_id,)), strict=False):
        yield before + row + after


def header(table: Table) -> list[str]:
    return ["tenant_id", "connection_id", *table.columns, "_dlt_load_id"]


def _text(values: list[Any]) -> list[str | None]:
    kinds = set(map(type, values))
    if not kinds <= {str, NONE}:
        if kinds & {dict, list}:
            raise ValueError("is an object, not text")
        values = [value if value is None or type(value) is str else str(value) for value in values]
    if any("\0" in value for value in values if value):  # Postgres has no NUL in text
        values = [value and value.replace("\0", "") for value in values]
    return values


def _bigint(values: list[Any]) -> list[int | None]:
    if not set(map(type, values)) <= {int, NONE}:
        values = [None if value is None or value == "" else _whole(value) for value in values]
    if any(not -LARGEST <= value < LARGEST for value in values if value is not None):
        raise ValueError("is beyond 64 bits")
    return values


def _whole(value: Any) -> int:
    number = float(value) if isinstance(value, str) and not value.strip().lstrip("-").isdigit() else value
    if isinstance(number, bool) or (isinstance(number, float) and not number.is_integer()):
        raise ValueError(f"{value!r} is not a whole number")
    return int(number)


def _double(values: list[Any]) -> list[float | None]:
    numbers = [None if value is None or value == "" else float(value) for value in values]
    if any(not math.isfinite(number) for number in numbers if number is not None):
        raise ValueError("is not a finite number")
    return numbers


def _bool(values: list[Any]) -> list[str | None]:
    words = {True: "t", False: "f", "true": "t", "false": "f", None: None, "": None}
    if not set(values) <= set(words):
        raise ValueError(f"{next(value for value in values if value not in words)!r} is neither true nor false")
    return [words[value] for value in values]


def _timestamp(values: list[Any]) -> list[str | None]:
    """ISO 8601 text or epoch seconds; a time without an offset is UTC, which is the loader's time zone."""
    parse = datetime.fromisoformat
    found: list[str | None] = []
    for value in values:
        if value is None or value == "":
            found.append(None)
        elif type(value) is str:
            time = parse(value)  # Postgres reads the same text, but for weeks and the like
            found.append(value if value[4:8:3] == "--" else time.isoformat())
        elif isinstance(value, datetime):
            found.append(value.isoformat())
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found.append(datetime.fromtimestamp(value, UTC).isoformat())
        else:
            raise ValueError(f"{value!r} is not a time")
    return found


def _date(values: list[Any]) -> list[str | None]:
    return [None if value is None else date.fromisoformat(str(value)).isoformat() for value in values]


def _json(values: list[Any]) -> list[str | None]:
    texts = [None if value is None else encode(value).decode() for value in values]
    if any("\\u0000" in text for text in texts if text):
        texts = [None if value is None else encode(_without_nul(value)).decode() for value in values]
    return texts


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, list):
        return [_without_nul(item) for item in value]
    if isinstance(value, dict):
        return {_without_nul(name): _without_nul(item) for name, item in value.items()}
    return value


CONVERT: dict[str, Callable[[list[Any]], list[Any]]] = {
    "text": _text,
    "bigint": _bigint,
    "double": _double,
    "bool": _bool,
    "timestamp": _timestamp,
    "date": _date,
    "json": _json,
}
