"""30 days of each daily series: the median of five small methods, with intervals and its own backtest.

The recipe and what it was measured against stand in README.md of this package. Prophet's forecast is made beside it in
`prophet_model.py`; both answer `Forecast`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from pipelines.signals import backtest, intervals, members
from pipelines.signals.backtest import NOT_MEASURED, Scores, Windows
from pipelines.signals.intervals import Band
from pipelines.signals.members import WEEK, Array
from pipelines.signals.series import MIN_INTERVAL_DAYS, History, filled

COMBINATION, PROPHET, SEASONAL_NAIVE = "combination", "prophet", "seasonal_naive"
CONFORMAL, POOLED, DRAWS = "conformal", "pooled", "draws"  # what an interval rests on
PROPHET_IS_BETTER = 0.8  # its backtest MASE over the combination's from which on it is published

Method = Callable[[Array], tuple[Array, Array]]  # windows → forecasts, one-step errors in sample; model space


@dataclass(frozen=True)
class Forecast:
    """30 days in the unit of the series from the first unfinished day on, or the reason why there is none."""

    model: str
    value: Array | None = None
    band: Band | None = None
    scores: Scores = NOT_MEASURED
    interval_basis: str | None = None
    beats_seasonal_naive: bool | None = None  # in the backtest
    refusal_reason: str | None = None


def forecast(history: History) -> list[Forecast]:
    """The combination and seasonal naive beside it. A series that cannot be forecast is refused in both."""
    reason = history.refusal()
    if reason:
        return [Forecast(model, refusal_reason=reason) for model in (COMBINATION, SEASONAL_NAIVE)]
    if history.measured_days < MIN_INTERVAL_DAYS:
        repeat, _ = seasonal_naive(history.to_model(filled(history.values))[None, :])
        value = history.from_model(repeat[0])
        return [Forecast(model, value) for model in (COMBINATION, SEASONAL_NAIVE)]
    past = backtest.windows(history)
    naive = by_method(SEASONAL_NAIVE, seasonal_naive, history, past)
    combined = by_method(COMBINATION, members.combination, history, past)
    return [replace(combined, beats_seasonal_naive=is_better(combined.scores, naive.scores)), naive]


def by_method(model: str, method: Method, history: History, past: Windows) -> Forecast:
    """Today's forecast of a method, with intervals from its errors at the origins of the backtest."""
    ahead, one_step_error = method(past.known)
    residuals = history.to_model(past.actual) - ahead[1:]
    origins = int((~np.isnan(residuals)).any(axis=1).sum())
    if origins >= backtest.MIN_ORIGINS:
        half_widths, basis = intervals.widths(residuals), CONFORMAL
    else:
        half_widths, basis = intervals.pooled_widths(float(one_step_error[0])), POOLED
    return Forecast(
        model,
        history.from_model(ahead[0]),
        _back(history, intervals.band(ahead[0], half_widths)),
        backtest.scores(
            past, history.from_model(ahead[1:]), _past_bands(history, ahead[1:], residuals, one_step_error)
        ),
        basis,
    )


def seasonal_naive(windows: Array) -> tuple[Array, Array]:
    """The last week again, and again."""
    error = np.abs(windows[:, WEEK:] - windows[:, :-WEEK])
    return windows[:, -1 - members.classes_ahead()], np.nanmean(error, axis=1)


def is_better(one: Scores, other: Scores) -> bool | None:
    """None where either could not be measured."""
    if one.mase is None or other.mase is None:
        return None
    return one.mase < other.mase


def prophet_is_published(prophet_mase: float | None, combination_mase: float | None) -> bool:
    """Switching pays only where the other's backtest is better by a fifth; a champion by less is chance."""
    return (
        prophet_mase is not None
        and combination_mase is not None
        and prophet_mase <= PROPHET_IS_BETTER * combination_mase
    )


def _past_bands(history: History, ahead: Array, residuals: Array, one_step_error: Array) -> Band | None:
    """The band that each origin would have had, made without that origin's own errors."""
    if not len(ahead):
        return None
    bands = []
    for origin, point in enumerate(ahead):
        others = np.delete(residuals, origin, axis=0)
        if (~np.isnan(others)).any(axis=1).sum() >= backtest.MIN_ORIGINS - 1:
            half_widths = intervals.widths(others)
        else:
            half_widths = intervals.pooled_widths(float(one_step_error[origin + 1]))
        bands.append(_back(history, intervals.band(point, half_widths)))
    return Band(*(np.array([getattr(each, end) for each in bands]) for end in Band.__dataclass_fields__))


def _back(history: History, model_space: Band) -> Band:
    return Band(*(history.from_model(getattr(model_space, end)) for end in Band.__dataclass_fields__))
