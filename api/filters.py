"""A query string → what is asked of a mart. Names come from the contract, values are parsed by the column's type.

Everything that is not understood is an error that names the parameter: a misspelt filter that is ignored would
answer more than was asked for, and nobody would notice.
"""

import csv
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec
from msgspec import Struct

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


class Filter(Struct, frozen=True):
    """One condition on a column of the table."""

    column: Shown
    operator: str
    value: Any  # of the column's type; a tuple for `in`


class Order(Struct, frozen=True):
    """One column to sort by."""

    column: Shown
    descending: bool


class Question(Struct, frozen=True):
    """All that is asked. `key` is the same for every spelling of the same question."""

    filters: tuple[Filter, ...]
    order: tuple[Order, ...]
    fields: tuple[str, ...] | None  # None: all columns
    limit: int
    format: str
    cursor: str | None
    scope: bytes  # the filters and the order alone: what a cursor belongs to

    @property
    def key(self) -> tuple[Any, ...]:
        """What the answer depends on, besides tenant and version."""
        return (self.scope, self.fields, self.limit, self.format, self.cursor)


@lru_cache(maxsize=2048)
def question(shape: Shape, query: bytes, accept: str) -> Question:
    """Read a query string. Raises ApiError 400, which names every parameter that is wrong."""
    faults: list[Fault] = []
    others: dict[str, str] = {}
    filters: list[Filter] = []
    for name, values in _grouped(pairs(query)).items():
        try:
            if name in OTHERS:
                others[name] = _single(values)
            else:
                filters.append(_filter(shape, name, values))
        except Unreadable as error:
            faults.append(Fault(name, str(error)))
    kind = _collect(faults, "format", _format, others.get("format"), accept) or "json"
    limit = _collect(faults, "limit", _limit, others.get("limit"), kind) or DEFAULT_LIMIT
    order = _collect(faults, "order", _order, shape, others.get("order")) or ()
    fields = _collect(faults, "fields", _fields, shape, others.get("fields"))
    if faults:
        first = faults[0]
        raise ApiError(400, "VALIDATION_ERROR", f"{first.field}: {first.issue}", *faults)
    filters.sort(key=lambda each: (each.column.name, each.operator))
    said = [[each.column.name, each.operator, each.value] for each in filters]
    scope = msgspec.json.encode([said, [(each.column.name, each.descending) for each in order]])
    return Question(tuple(filters), order, fields, limit, kind, others.get("cursor"), scope)


def _grouped(given: list[tuple[str, str]]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in given:
        grouped.setdefault(name, []).append(value)
    return grouped


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
    if b"%" not in quoted and b"+" not in quoted:
        return quoted.decode()
    return unquote_to_bytes(quoted.replace(b"+", b" ")).decode()


def _collect(faults: list[Fault], field: str, read: Callable[..., Any], *given: Any) -> Any:
    try:
        return read(*given)
    except Unreadable as error:
        faults.append(Fault(field, str(error)))
        return None


def _single(values: list[str]) -> str:
    if len(values) > 1:
        raise Unreadable("is given more than once")
    return values[0]


def _unknown(shape: Shape, name: str) -> str:
    column = name.split(".")[0]
    if column in shape.filters:
        usable = [each for each, (of, _) in shape.parameters.items() if of == column]
        return f"this column can be filtered by {', '.join(usable)} only."
    if name in shape.shown:
        return f"this column cannot be filtered; these can: {', '.join(shape.filters) or 'none'}."
    return f"there is no such parameter.{did_you_mean(name, [*shape.parameters, *OTHERS])}"


def _filter(shape: Shape, name: str, values: list[str]) -> Filter:
    if name not in shape.parameters:
        raise Unreadable(_unknown(shape, name))
    column_name, operator = shape.parameters[name]
    column = shape.shown[column_name]
    if operator != "in":
        return Filter(column, operator, column.kind.parse(_single(values)))
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


@lru_cache(maxsize=512)
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


@lru_cache(maxsize=512)
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
