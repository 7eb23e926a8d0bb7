"""The data types of contracts: how a value is read from text, bound, described in OpenAPI and made Arrow.

Values are parsed strictly and in Python: Postgres reads words such as `infinity` or `now` as dates, Python reads
digits of every script, and neither is what somebody meant who wrote them into an address.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

LONGEST_TEXT = 4096  # bytes of one value in a query string
DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
TIME = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"


class Unreadable(ValueError):
    """The text is no value of that type. The message says what one looks like."""


@dataclass(frozen=True, eq=False)
class Kind:
    """One type. `schema` is its JSON schema, `arrow` the name of pyarrow's factory for it."""

    parse: Callable[[str], Any]
    schema: dict[str, Any]
    arrow: str
    array: str  # how Postgres calls a list of these
    python: Any


def text(given: str) -> str:
    """Any text that Postgres can hold."""
    if "\x00" in given:
        raise Unreadable("text cannot hold a NUL character")
    if len(given.encode()) > LONGEST_TEXT:
        raise Unreadable(f"text is limited to {LONGEST_TEXT} bytes")
    return given


def whole(bits: int) -> Callable[[str], int]:
    """A parser of integers of that width."""

    def parse(given: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,19}", given):
            raise Unreadable("write a whole number, such as 42")
        if not -(2 ** (bits - 1)) <= int(given) < 2 ** (bits - 1):
            raise Unreadable(f"the number must fit into {bits} bits")
        return int(given)

    return parse


def decimal(given: str) -> Decimal:
    """A plain decimal number; neither NaN nor infinity are values here."""
    if len(given) > 100 or not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?", given):
        raise Unreadable("write a number, such as 0.25")
    return Decimal(given)


def real(given: str) -> float:
    """A number that a double can hold."""
    number = float(decimal(given))
    if number in (float("inf"), float("-inf")):
        raise Unreadable("the number is too large")
    return number


def boolean(given: str) -> bool:
    """`true` or `false`."""
    if given not in ("true", "false"):
        raise Unreadable("write true or false")
    return given == "true"


def day(given: str) -> date:
    """A calendar day, YYYY-MM-DD."""
    try:
        if re.fullmatch(DAY, given):
            return date.fromisoformat(given)
    except ValueError:
        raise Unreadable("there is no such day in the calendar") from None
    raise Unreadable("write a day as YYYY-MM-DD, such as 2026-03-31")


INSTANT = re.compile(DAY + r"[Tt ]" + TIME + r"([Zz]|[+-][0-9]{2}:[0-9]{2})")


def instant(given: str) -> datetime:
    """A point in time with its offset (RFC 3339); a day alone means 00:00 UTC."""
    if re.fullmatch(DAY, given):
        found = day(given)
        return datetime(found.year, found.month, found.day, tzinfo=UTC)
    if not INSTANT.fullmatch(given):
        raise Unreadable(
            "write a time with its offset, such as 2026-03-31T12:00:00Z (a + in an address is written %2B)"
        )
    try:
        return datetime.fromisoformat(given.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unreadable("there is no such time") from None


def identifier(given: str) -> str:
    """A uuid in its usual form; kept as text, as all uuids are here."""
    if not re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", given):
        raise Unreadable("write a uuid, such as 1b4e28ba-2fa1-11d2-883f-0016d3cca427")
    return str(UUID(given))


def never(_: str) -> Any:
    """For types that no filter can be written for."""
    raise Unreadable("this column cannot be filtered")


TEXT = Kind(text, {"type": "string"}, "string", "text[]", str)
KINDS = {
    "text": TEXT,
    "uuid": Kind(identifier, {"type": "string", "format": "uuid"}, "string", "uuid[]", str),
    "bigint": Kind(whole(64), {"type": "integer", "format": "int64"}, "int64", "bigint[]", int),
    "integer": Kind(whole(32), {"type": "integer", "format": "int32"}, "int32", "integer[]", int),
    "smallint": Kind(whole(16), {"type": "integer", "format": "int32"}, "int16", "smallint[]", int),
    "double precision": Kind(real, {"type": "number", "format": "double"}, "float64", "double precision[]", float),
    "real": Kind(real, {"type": "number", "format": "float"}, "float32", "real[]", float),
    "numeric": Kind(decimal, {"type": "number"}, "float64", "numeric[]", Decimal),
    "boolean": Kind(boolean, {"type": "boolean"}, "bool_", "boolean[]", bool),
    "date": Kind(day, {"type": "string", "format": "date"}, "date32", "date[]", date),
    "timestamp with time zone": Kind(
        instant, {"type": "string", "format": "date-time"}, "timestamp", "timestamptz[]", datetime
    ),
    "jsonb": Kind(never, {}, "string", "jsonb[]", Any),
}
SAME = {
    "character varying": "text",
    "varchar": "text",
    "int": "integer",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "float": "double precision",
    "float4": "real",
    "float8": "double precision",
    "decimal": "numeric",
    "bool": "boolean",
    "timestamptz": "timestamp with time zone",
    "json": "jsonb",
}


def of(data_type: str) -> tuple[Kind, bool]:
    """The kind of a contract's data type, and whether the column holds a list of them.

    Raises KeyError for a type that no mart may have.
    """
    name = data_type.lower().strip()
    is_list = name.endswith("[]")
    name = re.sub(r"\(.*\)", "", name.removesuffix("[]")).strip()
    return KINDS[SAME.get(name, name)], is_list
