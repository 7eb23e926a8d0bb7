"""A question → the SELECT that answers one page, and the signed cursor that begins the next.

Paging is by key: the cursor holds the last row's values of the order's columns, so rows that come or go between two
pages neither repeat nor hide others. It is signed together with the tenant, the mart and the question it belongs to.
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Any
from uuid import UUID

import msgspec

from api.errors import ApiError, Fault
from api.filters import Order, Question
from api.shape import Shape, Shown

CURSOR_SECONDS = 24 * 3600
TAG_BYTES = 16
COMPARISON = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


class Cursors:
    """Makes and checks cursors with one secret key."""

    def __init__(self, key: bytes) -> None:
        self.key = key

    def make(self, tenant_id: UUID, shape: Shape, question: Question, last: Sequence[Any]) -> str:
        """The cursor after a row with these values of the order's columns."""
        payload = msgspec.msgpack.encode([int(time.time()), list(last)])
        return base64.urlsafe_b64encode(self._tag(tenant_id, shape, question, payload) + payload).decode().rstrip("=")

    def read(self, tenant_id: UUID, shape: Shape, question: Question) -> list[Any]:
        """The values that the question's cursor holds.

        Raises ApiError 400, in the same words whatever is wrong with it: forged, cut, old, or of another question.
        """
        wrong = ApiError(
            400,
            "INVALID_CURSOR",
            "invalid cursor",
            Fault("cursor", "it is not a cursor of this question, or it is older than a day; begin at the first page"),
        )
        given = question.cursor or ""
        try:
            sealed = base64.b64decode(given + "=" * (-len(given) % 4), altchars=b"-_", validate=True)
        except (ValueError, UnicodeEncodeError):
            raise wrong from None
        tag, payload = sealed[:TAG_BYTES], sealed[TAG_BYTES:]
        # Base64 has several spellings of the same bytes: only the one that we make is taken.
        if base64.urlsafe_b64encode(sealed).decode().rstrip("=") != given:
            raise wrong
        if not hmac.compare_digest(tag, self._tag(tenant_id, shape, question, payload)):
            raise wrong
        made_at, values = msgspec.msgpack.decode(payload)
        if not time.time() - CURSOR_SECONDS <= made_at <= time.time() + 60:
            raise wrong
        types = [each.column.kind.python for each in question.order]
        return [
            None if value is None else msgspec.convert(value, kind, strict=False)
            for value, kind in zip(values, types, strict=True)
        ]

    def _tag(self, tenant_id: UUID, shape: Shape, question: Question, payload: bytes) -> bytes:
        said = msgspec.msgpack.encode([str(tenant_id), shape.name, shape.checksum, question.scope, payload])
        return hashlib.blake2b(said, key=self.key, digest_size=TAG_BYTES).digest()  # a MAC by its key


@dataclass(frozen=True)
class Statement:
    """The SELECT of one page. `key_at` are the places of the order's columns, of which a cursor is made.

    Its first column is the version, which must be of the same instant as the rows. Its values are bound in the order:
    filters, last row, name of the mart, limit.
    """

    sql: str
    columns: tuple[Shown, ...]
    key_at: tuple[int, ...]


def select(shape: Shape, question: Question, after: Sequence[Any] | None) -> tuple[Statement, list[Any]]:
    """The statement that answers a question, and its values."""
    conditions = tuple((each.column, each.operator) for each in question.filters)
    missing = None if after is None else tuple(value is None for value in after)
    made = statement(shape, question.fields, conditions, question.order, missing)
    values = [list(each.value) if each.operator == "in" else each.value for each in question.filters]
    values += [value for value in after or () if value is not None]
    return made, [*values, shape.name, question.limit + 1]


@lru_cache(maxsize=1024)
def statement(
    shape: Shape,
    fields: tuple[str, ...] | None,
    conditions: tuple[tuple[Shown, str], ...],
    order: tuple[Order, ...],
    missing: tuple[bool, ...] | None,
) -> Statement:
    """The text, made once for all questions of the same form. `missing`: which values of the last row were null."""
    numbers = count(1)
    columns = tuple(shape.shown[name] for name in fields or shape.shown)
    wanted = [column.name for column in columns]
    # The order's columns are read too, where they are not shown: the cursor is made of them.
    wanted += [each.column.name for each in order if each.column.name not in wanted]
    wheres = [_condition(column, operator, next(numbers)) for column, operator in conditions]
    if missing is not None:
        wheres.append(_after(order, missing, numbers))
    where = f" where {' and '.join(wheres)}" if wheres else ""
    version = f"(select version from app.mart_version where mart = ${next(numbers)})"
    sql = (
        f"select {version}, {', '.join(map(_quoted, wanted))} from marts.{_quoted(shape.name)}{where}"
        f" order by {', '.join(map(_sorted, order))} limit ${next(numbers)}"
    )
    return Statement(sql, columns, tuple(1 + wanted.index(each.column.name) for each in order))


def _condition(column: Shown, operator: str, number: int) -> str:
    name, bound = _quoted(column.name), f"${number}"
    if column.is_list:
        return {
            "eq": f"{bound} = any ({name})",
            "ne": f"{bound} <> all (coalesce({name}, '{{}}'))",
            "in": f"{name} && {bound}",
        }[operator]
    match operator:
        case "eq":
            return f"{name} = {bound}"
        case "ne":
            return f"{name} is distinct from {bound}"
        case "in":
            return f"{name} = any ({bound}::{column.kind.array})"
    return f"{name} {COMPARISON[operator]} {bound}"


def _after(order: Sequence[Order], missing: Sequence[bool], numbers: Iterator[int]) -> str:
    """What comes after the last row. Missing values come last in both directions."""
    if all(each.column.not_null for each in order) and len({each.descending for each in order}) == 1:
        names = ", ".join(_quoted(each.column.name) for each in order)
        bound = ", ".join(f"${next(numbers)}" for _ in order)
        return f"({names}) {'<' if order[0].descending else '>'} ({bound})"  # one index walk
    choices, equal = [], []
    for each, is_missing in zip(order, missing, strict=True):
        name = _quoted(each.column.name)
        if is_missing:
            equal.append(f"{name} is null")
            continue
        bound = f"${next(numbers)}"
        or_missing = "" if each.column.not_null else f" or {name} is null"
        choices.append(" and ".join([*equal, f"({name} {'<' if each.descending else '>'} {bound}{or_missing})"]))
        equal.append(f"{name} = {bound}")
    return f"({' or '.join(f'({choice})' for choice in choices)})" if choices else "false"


def _sorted(each: Order) -> str:
    name = _quoted(each.column.name) + (" desc" if each.descending else "")
    return name if each.column.not_null else f"{name} nulls last"


def _quoted(name: str) -> str:
    """An identifier of the contract. The contract is ours, and is quoted all the same."""
    return '"' + name.replace('"', '""') + '"'
