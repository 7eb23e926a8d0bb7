"""The KPI series that the marts' YAML declares, and how the figure of a week or month follows from its days."""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

from api.registry import Registry

SUM, LAST = "The sum of its days.", "The value at the end of its last measured day, for days do not add up."


class OverTime(Struct, frozen=True):
    """How days become a longer period: by adding, by taking the last one, or not at all; and why."""

    by: Literal["sum", "last"] | None
    why: str


UNDEFINED = OverTime(None, "no definition says how its days become a longer period")
KINDS = {"sum": OverTime("sum", SUM), "last": OverTime("last", LAST)}


class Series(Struct, frozen=True):
    """One metric of the mart kpi_daily."""

    metric: str
    unit: str
    over_time: OverTime


def declared(registry: Registry) -> dict[str, Series]:
    """The series by metric, as the contracts say them now."""
    found = {}
    for shape in registry.shapes.values():
        for metric, words in (shape.mart.series or {}).items():
            found[metric] = Series(metric, str(words.get("unit", "")), _over_time(words))
    return found


def _over_time(words: Mapping[str, Any]) -> OverTime:
    if why := words.get("over_time_why"):
        return OverTime(None, str(why))
    return KINDS.get(str(words.get("over_time")), UNDEFINED)
