"""One daily series made ready for forecasting: complete calendar, model space, and reasons to refuse."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from pipelines.signals.members import WEEK, Array

MAX_TRAINING_DAYS = 1095
MIN_DAYS = 14  # fewer are refused
MIN_INTERVAL_DAYS = 28  # fewer get a weekday repeat without interval
MAX_SILENT_DAYS = 30  # a series that ended longer ago has no present to forecast from
NO_RATES = {"exchange_rate"}  # named so, but a price


@dataclass(frozen=True)
class History:
    """A series up to the last complete day; NaN where nothing was measured."""

    values: Array
    end: date  # the first day to forecast
    is_rate: bool

    @property
    def is_non_negative(self) -> bool:
        """Such a series is modelled in the space of its square roots, where its noise is even."""
        return bool(np.nanmin(self.values) >= 0)

    @property
    def measured_days(self) -> int:
        return int((~np.isnan(self.values)).sum())

    def to_model(self, values: Array) -> Array:
        return np.sqrt(np.maximum(values, 0.0)) if self.is_non_negative else values

    def from_model(self, values: Array) -> Array:
        """Back to the unit of the series. Counts never go below 0, rates stay in [0, 1]."""
        back = np.maximum(values, 0.0) ** 2 if self.is_non_negative else values
        return np.clip(back, 0.0, 1.0) if self.is_rate else back

    def refusal(self) -> str | None:
        """Why there can be no forecast, in words for a user; None where there can be one."""
        known = np.flatnonzero(~np.isnan(self.values))
        if len(known) < MIN_DAYS:
            return f"Only {len(known)} measured days; a forecast needs {MIN_DAYS}."
        silent = len(self.values) - 1 - int(known[-1])
        if silent > MAX_SILENT_DAYS:
            return (
                f"Nothing measured in the last {silent} days; a forecast needs a value in the last {MAX_SILENT_DAYS}."
            )
        values = self.values[known]
        if values.min() == values.max():
            return f"Every measured day has the value {values[0]:g}; a constant needs no forecast."
        return None


def history(days: list[date], values: list[float | None], as_of: date, metric: str = "") -> History:
    """The series before `as_of`, whose own day is unfinished and therefore left out.

    Days may come in any order and with gaps; values that are not finite count as not measured.
    Of the time before only the last 1,095 days are kept.
    """
    first = min((day for day in days if day < as_of), default=as_of)
    first = max(first, as_of - timedelta(days=MAX_TRAINING_DAYS))
    calendar = np.full((as_of - first).days, np.nan)
    for day, value in zip(days, values, strict=True):
        if first <= day < as_of and value is not None and np.isfinite(value):
            calendar[(day - first).days] = value
    known = np.flatnonzero(~np.isnan(calendar))
    calendar = calendar[known[0] :] if len(known) else calendar[:0]
    return History(calendar, as_of, is_rate(metric))


def is_rate(metric: str) -> bool:
    """Rates end in `_rate` everywhere and lie in [0, 1]."""
    return metric.endswith("_rate") and metric not in NO_RATES


def filled(values: Array) -> Array:
    """Gaps by linear interpolation, for fitting only; the beginning and the end keep the nearest value."""
    known = ~np.isnan(values)
    if known.all():
        return values
    at = np.arange(len(values))
    return np.interp(at, at[known], values[known])


def seasonal_scale(values: Array) -> float:
    """Mean absolute difference to a week before, over the pairs that were both measured. NaN without any."""
    apart = np.abs(values[WEEK:] - values[:-WEEK])
    apart = apart[~np.isnan(apart)]
    return float(apart.mean()) if len(apart) and apart.mean() > 0 else float("nan")
