"""A query string → what is asked of a mart. Names come from the contract, values are parsed by the column's type.

Everything that is not understood is an error that names the parameter: a misspelt filter that is ignored would
answer more than was asked for, and nobody would notice.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec

from api.errors import ApiError, Fault, did_you_mean, invalid
from api.kinds import Unreadable
from api.shape import Shape, Shown

LONGEST_QUERY = 16_384  # bytes
MOST_PARAMETERS = 100
MOST_VALUES = 200  # of one `in`
DEFAULT_LIMIT = 100
LARGEST_LIMIT = {"json": 1_000, "csv": 50_000, "arrow": 50_000}
OTHERS = ("limit", "cursor", "order", "fields", "format")
MEDIA = {"application/json": "json", "text/csv": "csv", "application/vnd.apache.arrow.stream": "arrow"}


@dataclass(frozen=True)
class Filter:
    """One condition on a column of the table."""

    column: Shown
    operator: str
    value: Any  # of the column's type; a tuple for `in`


@dataclass(frozen=True)
class Order:
    """One column to sort by."""

    column: Shown
    descending: bool


@dataclass(frozen=True)
class Question:
    """All that is asked. `key` is the same for every spelling of the same question."""

    filters: tuple[Filter, ...]
    order: tuple[Order, ...]
    fields: tuple[str, ...] | None  # None: all columns
    limit: int
    format: str
    cursor: str | None
    scope: str  # the filters and the order alone: what a cursor belongs to
    key: str


@lru_cache(maxsize=2048)
def question(shape: Shape, query: bytes, accept: str) -> Question:
    """Read a query string. Raises ApiError 400, which names every parameter that is wrong."""
    given = pairs(query)
    faults: list[Fault] = []
    known = {*shape.parameters, *OTHERS}
    filters: list[Filter] = []
    for name in dict.fromkeys(name for name, _ in given):
        values = [value for each, value in given if each == name]
        if name not in known:
            faults.append(Fault(name, _unknown(shape, name)))
        elif len(values) > 1 and not name.endswith(".in"):
            faults.append(Fault(name, "is given more than once"))
        elif name not in OTHERS:
            _collect(faults, name, lambda name=name, values=values: filters.append(_filter(shape, name, values)))
    one = {name: value for name, value in given if name in OTHERS}
    kind = _collect(faults, "format", lambda: _format(one.get("format"), accept)) or "json"
    limit = _collect(faults, "limit", lambda: _limit(one.get("limit"), kind)) or DEFAULT_LIMIT
    order = _collect(faults, "order", lambda: _order(shape, one.get("order"))) or ()
    fields = _collect(faults, "fields", lambda: _fields(shape, one.get("fields")))
    if faults:
        first = faults[0]
        raise ApiError(400, "VALIDATION_ERROR", f"{first.field}: {first.issue}", *faults)
    filters.sort(key=lambda each: (each.column.name, each.operator))
    said = [[each.column.name, each.operator, each.value] for each in filters]
    scope = msgspec.json.encode([said, [(each.column.name, each.descending) for each in order]]).decode()
    key = msgspec.json.encode([scope, fields, limit, kind, one.get("cursor")]).decode()
    return Question(tuple(filters), order, fields, limit, kind, one.get("cursor"), scope, key)


def pairs(query: bytes) -> list[tuple[str, str]]:
    """The parameters of a query string, in order. Raises ApiError 400 where it is no text or too long."""
    if len(query) > LONGEST_QUERY:
        raise invalid("query", f"the query string is longer than {LONGEST_QUERY} bytes")
    parts = [part for part in query.split(b"&") if part]
    if len(parts) > MOST_PARAMETERS:
        raise invalid("query", f"there are more than {MOST_PARAMETERS} parameters")
    try:
        return [(_text(name), _text(value)) for name, _, value in (part.partition(b"=") for part in parts)]
    except UnicodeDecodeError:
        raise invalid("query", "the query string is not UTF-8") from None


def _text(quoted: bytes) -> str:
    return unquote_to_bytes(quoted.replace(b"+", b" ")).decode()


def _collect(faults: list[Fault], field: str, read: Callable[[], Any]) -> Any:
    try:
        return read()
    except Unreadable as error:
        faults.append(Fault(field, str(error)))
        return None


def _unknown(shape: Shape, name: str) -> str:
    column = name.split(".")[0]
    if column in shape.filters:
        usable = [each for each, (of, _) in shape.parameters.items() if of == column]
        return f"this column can be filtered by {', '.join(usable)} only."
    if name in shape.shown:
        return f"this column cannot be filtered; these can: {', '.join(shape.filters) or 'none'}."
    return f"there is no such parameter.{did_you_mean(name, [*shape.parameters, *OTHERS])}"


def _filter(shape: Shape, name: str, values: list[str]) -> Filter:
    column_name, operator = shape.parameters[name]
    column = shape.shown[column_name]
    if operator != "in":
        return Filter(column, operator, column.kind.parse(values[0]))
    parsed = {column.kind.parse(each) for value in values for each in _listed(value)}
    if len(parsed) > MOST_VALUES:
        raise Unreadable(f"there are more than {MOST_VALUES} values")
    return Filter(column, operator, tuple(sorted(parsed)))


def _listed(value: str) -> list[str]:
    """Values separated by commas; one that holds a comma stands in double quotes, as in CSV."""
    try:
        rows = list(csv.reader([value], strict=True))
    except csv.Error:
        raise Unreadable('write values separated by commas; quote one that holds a comma: a,"b,c"') from None
    return rows[0] if rows and rows[0] else [""]


def _format(given: str | None, accept: str) -> str:
    if given is not None:
        if given not in LARGEST_LIMIT:
            raise Unreadable("write json, csv or arrow")
        return given
    for media in accept.lower().split(","):
        if found := MEDIA.get(media.split(";")[0].strip()):
            return found
    return "json"


def _limit(given: str | None, kind: str) -> int:
    most = LARGEST_LIMIT[kind]
    if given is None:
        return DEFAULT_LIMIT if kind == "json" else most
    if not (given.isascii() and given.isdigit() and len(given) < 8 and 1 <= int(given) <= most):
        raise Unreadable(f"write a whole number from 1 to {most}")
    return int(given)


def _order(shape: Shape, given: str | None) -> tuple[Order, ...]:
    """The columns asked for (or the contract's), then the grain, so that no two rows are ever equal in order."""
    names = list(shape.default_order) if given is None else given.split(",")
    order: dict[str, Order] = {}
    for name in names:
        column = shape.shown.get(name.removeprefix("-"))
        if column is None:
            raise Unreadable(f"there is no column {name.removeprefix('-')[:100]!r}.{did_you_mean(name, shape.shown)}")
        if not column.is_ordered:
            raise Unreadable(f"rows cannot be ordered by {column.name}")
        if column.name in order:
            raise Unreadable(f"{column.name} is named twice")
        order[column.name] = Order(column, name.startswith("-"))
    descending = all(each.descending for each in order.values())  # one direction can walk one index
    for name in shape.mart.grain:
        order.setdefault(name, Order(shape.shown[name], descending))
    return tuple(order.values())


def _fields(shape: Shape, given: str | None) -> tuple[str, ...] | None:
    if given is None:
        return None
    names = given.split(",")
    for name in names:
        if name not in shape.shown:
            raise Unreadable(f"there is no column {name[:100]!r}.{did_you_mean(name, shape.shown)}")
    if len(set(names)) < len(names):
        raise Unreadable("a column is named twice")
    return tuple(names)
