"""Signals: forecasts and anomalies of the KPI series, sentiment of headlines and tickets.

What the orchestration calls; polars, Prophet and spaCy are imported only then.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.signals.kpis import detect_anomalies, forecast_series
    from pipelines.signals.plot import sparkline_svg
    from pipelines.signals.scores import score_texts

__all__ = ["detect_anomalies", "forecast_series", "score_texts", "sparkline_svg"]

_MODULES = {"detect_anomalies": "kpis", "forecast_series": "kpis", "score_texts": "scores", "sparkline_svg": "plot"}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(name)
    return getattr(import_module(f"pipelines.signals.{_MODULES[name]}"), name)
