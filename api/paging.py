"""A question → the SELECT that answers one page, and the signed cursor that begins the next.

Paging is by key: the cursor holds the last row's values of the order's columns, so rows that come or go between two
pages neither repeat nor hide others. It is signed together with the tenant, the mart and the question it belongs to.
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from api.errors import ApiError, Fault
from api.filters import Filter, Order, Question
from api.shape import Shape

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
        return hmac.new(self.key, said, hashlib.sha256).digest()[:TAG_BYTES]


class Select:
    """The statement of one page, its values in `values`. The version comes along, as it must be of the same instant."""

    def __init__(self, shape: Shape, question: Question, after: list[Any] | None) -> None:
        self.values: list[Any] = []
        names = question.fields or tuple(shape.shown)
        self.columns = [shape.shown[name] for name in names]
        wanted = [column.name for column in self.columns]
        # The order's columns are read too, where they are not shown: the cursor is made of them.
        wanted += [each.column.name for each in question.order if each.column.name not in wanted]
        self.key_at = [wanted.index(each.column.name) for each in question.order]
        conditions = [self._condition(each) for each in question.filters]
        if after is not None:
            conditions.append(self._after(question.order, after))
        where = f" where {' and '.join(conditions)}" if conditions else ""
        version = f"(select version from app.mart_version where mart = {self._bind(shape.name)})"
        self.sql = (
            f"select {version}, {', '.join(map(_quoted, wanted))} from marts.{_quoted(shape.name)}{where}"
            f" order by {', '.join(map(_sorted, question.order))} limit {self._bind(question.limit + 1)}"
        )

    def _bind(self, value: Any) -> str:
        self.values.append(value)
        return f"${len(self.values)}"

    def _condition(self, asked: Filter) -> str:
        name = _quoted(asked.column.name)
        value = list(asked.value) if asked.operator == "in" else asked.value
        bound = self._bind(value)
        if asked.column.is_list:
            return {
                "eq": f"{bound} = any ({name})",
                "ne": f"{bound} <> all (coalesce({name}, '{{}}'))",
                "in": f"{name} && {bound}",
            }[asked.operator]
        match asked.operator:
            case "eq":
                return f"{name} = {bound}"
            case "ne":
                return f"{name} is distinct from {bound}"
            case "in":
                return f"{name} = any ({bound}::{asked.column.kind.array})"
        return f"{name} {COMPARISON[asked.operator]} {bound}"

    def _after(self, order: Sequence[Order], last: list[Any]) -> str:
        """What comes after the last row. Missing values come last in both directions."""
        if all(each.column.not_null for each in order) and len({each.descending for each in order}) == 1:
            names = ", ".join(_quoted(each.column.name) for each in order)
            bound = ", ".join(map(self._bind, last))
            return f"({names}) {'<' if order[0].descending else '>'} ({bound})"  # one index walk
        choices, equal = [], []
        for each, value in zip(order, last, strict=True):
            name = _quoted(each.column.name)
            bound = "null" if value is None else self._bind(value)
            if value is not None:
                missing = "" if each.column.not_null else f" or {name} is null"
                choices.append(" and ".join([*equal, f"({name} {'<' if each.descending else '>'} {bound}{missing})"]))
            equal.append(f"{name} is null" if value is None else f"{name} = {bound}")
        return f"({' or '.join(f'({choice})' for choice in choices)})" if choices else "false"


def _sorted(each: Order) -> str:
    name = _quoted(each.column.name) + (" desc" if each.descending else "")
    return name if each.column.not_null else f"{name} nulls last"


def _quoted(name: str) -> str:
    """An identifier of the contract. The contract is ours, and is quoted all the same."""
    return '"' + name.replace('"', '""') + '"'
