"""A mart's contract as the API sees it: the columns of an answer, and what may be asked of each."""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from api import kinds
from api.kinds import Kind
from pipelines.contracts import Column, Mart


@dataclass(frozen=True, eq=False)  # one object a column: compared by identity
class Shown:
    """One column of an answer."""

    name: str
    kind: Kind
    is_list: bool
    not_null: bool
    contract: Column

    @property
    def words(self) -> str:
        """The contract's description, with its unit."""
        unit = f" Unit: {self.contract.unit}." if self.contract.unit else ""
        return f"{self.contract.description}{unit}".strip()

    @property
    def is_ordered(self) -> bool:
        """Whether rows can be sorted by it."""
        return not self.is_list and self.kind.parse is not kinds.never


class Shape:
    """One mart: how its rows look and what its filters are. Raises KeyError for a data type that is unknown."""

    def __init__(self, mart: Mart) -> None:
        self.mart, self.name, self.checksum = mart, mart.name, mart.checksum
        self.shown = {column.name: column for column in _shown(mart)}
        self.filters = {name: operators for name, operators in mart.filters.items() if name in self.shown}

    @cached_property
    def parameters(self) -> dict[str, tuple[str, str]]:
        """Each filter's name in a query string, with its column and operator; a bare column means equal."""
        return {
            column if operator == "eq" else f"{column}.{operator}": (column, operator)
            for column, operators in self.filters.items()
            for operator in operators
        }

    @cached_property
    def row(self) -> type[Struct]:
        """The type of a row, made from the contract."""
        fields = [
            (column.name, Annotated[_python(column), Meta(description=column.words)]) for column in self.shown.values()
        ]
        return msgspec.defstruct(_type_name(self.name), fields, frozen=True, gc=False)

    @property
    def default_order(self) -> tuple[str, ...]:
        """The contract's order, `-` for descending."""
        return self.mart.order


def _shown(mart: Mart) -> list[Shown]:
    """The contract's columns. The tenant, whom the caller knows, is shown where rows are objects with an `id`."""
    is_object = mart.column("id") is not None
    return [_column(mart, column) for column in mart.columns if is_object or column.name != "tenant_id"]


def _column(mart: Mart, column: Column) -> Shown:
    kind, is_list = kinds.of(column.type)
    return Shown(column.name, kind, is_list, column.not_null or column.name in mart.key, column)


def _python(column: Shown) -> Any:
    python = list[column.kind.python] if column.is_list else column.kind.python  # type: ignore[name-defined]
    return python if column.not_null or python is Any else python | None


def _type_name(mart: str) -> str:
    return "".join(part.capitalize() for part in mart.split("_"))
