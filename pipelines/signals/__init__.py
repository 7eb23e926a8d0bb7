"""Signals: forecasts, anomalies and trends of series, delivery dates, sentiment, estimates, names in texts, likeness.

What the orchestration calls; polars, Prophet and spaCy are imported only then.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.signals.delivery_dates import forecast_delivery
    from pipelines.signals.estimates import estimate_points
    from pipelines.signals.issue_groups import group_issues
    from pipelines.signals.kpi_trends import find_trends
    from pipelines.signals.kpis import detect_anomalies, forecast_series
    from pipelines.signals.mention_scans import find_mentions
    from pipelines.signals.plot import sparkline_svg
    from pipelines.signals.scores import score_texts

__all__ = [
    "detect_anomalies",
    "estimate_points",
    "find_mentions",
    "find_trends",
    "forecast_delivery",
    "forecast_series",
    "group_issues",
    "score_texts",
    "sparkline_svg",
]

_MODULES = {
    "detect_anomalies": "kpis",
    "estimate_points": "estimates",
    "find_mentions": "mention_scans",
    "find_trends": "kpi_trends",
    "forecast_delivery": "delivery_dates",
    "forecast_series": "kpis",
    "group_issues": "issue_groups",
    "score_texts": "scores",
    "sparkline_svg": "plot",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(name)
    return getattr(import_module(f"pipelines.signals.{_MODULES[name]}"), name)
