"""The marts' contracts, read from dbt's manifest: the only place where a mart's shape is known from.

A mart is a dbt model with an enforced contract and a `meta.api` block. The publish step makes its table from the
contract, and the API its endpoint.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct, field

Operator = Literal["eq", "ne", "in", "gt", "gte", "lt", "lte"]


class ContractsUnreadable(Exception):
    """The manifest is absent or is none. The message says what to do."""


class Column(Struct, frozen=True):
    """One column of a mart. `unit` is seconds, ratio, count, a currency …; None where there is none."""

    name: str
    type: str
    description: str
    unit: str | None = None
    not_null: bool = False
    personal: bool = False


class Mart(Struct, frozen=True):
    """A published table: its columns and what may be asked of it."""

    name: str
    area: str
    description: str
    columns: tuple[Column, ...]
    grain: tuple[str, ...]
    time_column: str | None
    filters: dict[str, tuple[Operator, ...]]
    order: tuple[str, ...]
    series: Any = None

    @property
    def key(self) -> tuple[str, ...]:
        """The primary key: the tenant, then the grain."""
        return ("tenant_id", *self.grain)

    @property
    def checksum(self) -> str:
        """Changes exactly when the table's shape does."""
        shape = [(column.name, column.type, column.not_null) for column in self.columns]
        return hashlib.sha256(msgspec.json.encode([self.name, self.key, shape])).hexdigest()[:16]

    def column(self, name: str) -> Column | None:
        """The column of that name, if there is one."""
        return next((column for column in self.columns if column.name == name), None)


def read(manifest: Path) -> dict[str, Mart]:
    """The marts of a dbt manifest by name. Raises ContractsUnreadable."""
    try:
        decoded = msgspec.json.decode(manifest.read_bytes(), type=_Manifest)
    except (OSError, msgspec.MsgspecError) as error:
        raise ContractsUnreadable(f"cannot read {manifest}: {error}. Do: run clearsignal up, or dbt parse.") from None
    models = [node for node in decoded.nodes.values() if node.resource_type == "model" and "api" in node.config.meta]
    return {model.name: _mart(model) for model in sorted(models, key=lambda model: model.name)}


class _Constraint(Struct):
    type: str


class _Column(Struct):
    name: str
    data_type: str | None = None
    description: str = ""
    meta: dict[str, Any] = field(default_factory=dict)
    constraints: list[_Constraint] = field(default_factory=list)


class _Config(Struct):
    meta: dict[str, Any] = field(default_factory=dict)


class _Node(Struct):
    name: str
    resource_type: str
    description: str = ""
    fqn: list[str] = field(default_factory=list)
    columns: dict[str, _Column] = field(default_factory=dict)
    config: _Config = field(default_factory=_Config)


class _Manifest(Struct):
    nodes: dict[str, _Node]


def _mart(model: _Node) -> Mart:
    api: Mapping[str, Any] = model.config.meta["api"]
    try:
        mart = Mart(
            name=model.name,
            area=model.fqn[-2] if len(model.fqn) > 1 else "",
            description=model.description.strip(),
            columns=tuple(_column(column) for column in model.columns.values()),
            grain=tuple(api["grain"]),
            time_column=api.get("time_column"),
            filters=msgspec.convert(api.get("filters", {}), dict[str, tuple[Operator, ...]]),
            order=tuple(api.get("order", api["grain"])),
            series=model.config.meta.get("series"),
        )
    except (KeyError, msgspec.ValidationError) as error:
        raise ContractsUnreadable(f"mart {model.name}: meta.api is wrong: {error}") from None
    known = {column.name for column in mart.columns}
    named = {*mart.key, *mart.filters, *(name.lstrip("-") for name in mart.order)} | {mart.time_column or "tenant_id"}
    if unknown := named - known:
        raise ContractsUnreadable(f"mart {model.name}: meta.api names columns it does not have: {sorted(unknown)}")
    return mart


def _column(column: _Column) -> Column:
    return Column(
        name=column.name,
        type=column.data_type or "text",
        description=column.description.strip(),
        unit=column.meta.get("unit"),
        not_null=any(constraint.type in ("not_null", "primary_key") for constraint in column.constraints),
        personal=bool(column.meta.get("personal", False)),
    )
