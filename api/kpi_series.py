"""The KPI series that the marts' YAML declares, and how the figure of a week or month follows from its days."""

from typing import Literal

from msgspec import Struct

from api.registry import Registry

MEDIAN = "it is each day's median, and medians are never averaged up."
MEAN = "it is each day's mean, and no definition says what its mean over more days is."
SUM, LAST = "The sum of its days.", "The value at the end of its last measured day, for days do not add up."


class OverTime(Struct, frozen=True):
    """How days become a longer period: by adding, by taking the last one, or not at all; and why."""

    by: Literal["sum", "last"] | None
    why: str


OVER_TIME = {
    "deployments": OverTime("sum", SUM),
    "change_failures": OverTime("sum", SUM),
    "rework_deployments": OverTime("sum", SUM),
    "created_issues": OverTime("sum", SUM),
    "resolved_issues": OverTime("sum", SUM),
    "news_volume": OverTime("sum", SUM),
    "open_issues": OverTime("last", LAST),
    "severity_load": OverTime("last", LAST),
    "market_price": OverTime("last", LAST),
    "lead_time_hours": OverTime(None, f"{MEDIAN} GET /api/v1/dora/lead-time recomputes it from the single changes"),
    "recovery_hours": OverTime(None, f"{MEDIAN} The mart dora_periods recomputes it from the single deployments"),
    "review_hours": OverTime(None, f"{MEDIAN} The mart executive_kpis recomputes it (review_time) over windows"),
    "news_tone": OverTime(None, f"{MEAN} The mart news_articles has the single articles"),
    "news_sentiment": OverTime(None, f"{MEAN} The mart news_articles has the single articles"),
    "exchange_rate": OverTime(None, "it is the rate of one day, and no definition says what a week's rate is"),
    "uploaded": OverTime(None, "its file does not say whether days add up"),
}
UNDEFINED = OverTime(None, "no definition says how its days become a longer period")


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
            found[metric] = Series(metric, str(words.get("unit", "")), OVER_TIME.get(metric, UNDEFINED))
    return found
