"""One case of a figure, in one shape whatever the figure is, and what was decided about it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct


class LeftOut(Struct, frozen=True):
    """Cases that were looked at and do not count, by reason. The mart's description says what each reason means."""

    reason: str
    case_count: int


class Rules(Struct, frozen=True):
    """The tenant's rules of one kind: a digest that any change of them changes; `default` without any."""

    rule_kind: str
    version: str
    rule_count: int


class Piece(Struct, frozen=True):
    """Why a deployment is a change failure or rework.

    `overruled_by`: the override by which a person said that it is no change failure.
    """

    kind: str
    confidence: float
    source_ref: str
    reference: str | None
    reason: str | None
    overruled_by: UUID | None
    overruled_because: str | None


class Case(Struct, frozen=True):
    """One deployment, change, incident, pull request or issue; what its kind does not have is null.

    `is_in_numerator`: of a rate, whether it is one of those that it counts. `project` is the tracker's; `seconds` or
    `points` is what was measured of it.
    """

    case_kind: str
    case_id: str
    deployment_id: UUID | None
    service: str | None
    repository: str | None
    environment: str | None
    happened_at: datetime | None
    is_counted: bool
    left_out_because: str | None
    is_in_numerator: bool | None
    seconds: float | None
    reference: str | None
    evidence: list[Piece]
    override_id: UUID | None
    override_reason: str | None
    rule_position: int | None
    url: str | None
    source: str | None
    project: str | None
    sprint_id: UUID | None
    points: float | None


def shown(row: Any) -> Case:
    """A row of a mart of cases, with its evidence read and its ids as such."""
    given = {field: row[field] for field in Case.__struct_fields__}
    given["evidence"] = msgspec.json.decode(row["evidence"], type=list[Piece]) if row["evidence"] else []
    for field in ("deployment_id", "override_id", "sprint_id"):
        given[field] = UUID(row[field]) if row[field] else None
    return Case(**given)
