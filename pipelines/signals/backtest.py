"""Rolling-origin backtest: what a method would have said at twelve earlier days, and how right it was."""

from dataclasses import dataclass

import numpy as np

from pipelines.signals.intervals import LEVELS, Band
from pipelines.signals.members import HORIZON, Array
from pipelines.signals.series import MIN_INTERVAL_DAYS, History, filled, seasonal_scale

ORIGINS = 12
ORIGIN_STEP = 15  # days between origins
MIN_ORIGINS = 3  # fewer say nothing about errors


@dataclass(frozen=True)
class Windows:
    """What each origin knew and what then came. Row 0 of `known` is today; the others have a row in `actual` each."""

    known: Array  # (1 + origins, days), model space, gaps filled, right-aligned, NaN before the beginning
    actual: Array  # (origins, HORIZON), unit of the series, NaN where nothing was measured
    scales: Array  # (origins,), seasonal naive's mean error in sample


@dataclass(frozen=True)
class Scores:
    """Means over the origins. MASE and WIS are in units of seasonal naive's error in sample; None: not measurable."""

    mase: float | None = None
    smape: float | None = None
    wis: float | None = None
    coverage_80: float | None = None
    coverage_95: float | None = None


NOT_MEASURED = Scores()


def cuts(days: int) -> list[int]:
    """How many days each origin of the backtest knows, latest first; each has its full 30 days to be judged by."""
    ends = [days - HORIZON - ORIGIN_STEP * origin for origin in range(ORIGINS)]
    return [end for end in ends if end >= MIN_INTERVAL_DAYS]


def windows(history: History) -> Windows:
    """The windows of today's forecast and of every origin that knew at least 28 measured days."""
    values = history.values
    measured = np.cumsum(~np.isnan(values))
    ends = [end for end in cuts(len(values)) if measured[end - 1] >= MIN_INTERVAL_DAYS]
    known = np.full((1 + len(ends), len(values)), np.nan)
    for row, end in enumerate([len(values), *ends]):
        known[row, len(values) - end :] = history.to_model(filled(values[:end]))
    actual = np.array([values[end : end + HORIZON] for end in ends]).reshape(-1, HORIZON)
    return Windows(known, actual, np.array([seasonal_scale(values[:end]) for end in ends]))


def scores(past: Windows, point: Array, bands: Band | None) -> Scores:
    """How the points and bands of the origins (in the unit of the series) compare with what came."""
    if not len(past.actual) or np.isnan(past.actual).all():
        return NOT_MEASURED
    error = np.abs(past.actual - point)
    total = np.abs(past.actual) + np.abs(point)
    relative = np.where(total > 0, 2 * error / np.where(total > 0, total, 1), np.where(np.isnan(error), np.nan, 0.0))
    mase, smape = _mean(_row_means(error) / past.scales), _mean(_row_means(relative))
    if bands is None:
        return Scores(mase=mase, smape=smape)
    pairs = [(bands.lower_80, bands.upper_80), (bands.lower_95, bands.upper_95)]
    weighted = 0.5 * error
    for level, (lower, upper) in zip(LEVELS, pairs, strict=True):
        miss = 1 - level
        outside = np.maximum(lower - past.actual, 0) + np.maximum(past.actual - upper, 0)
        weighted = weighted + miss / 2 * ((upper - lower) + 2 / miss * outside)
    inside = [
        _mean(np.where(np.isnan(error), np.nan, (lower <= past.actual) & (past.actual <= upper)))
        for lower, upper in pairs
    ]
    wis = _mean(_row_means(weighted / (len(LEVELS) + 0.5)) / past.scales)
    return Scores(mase, smape, wis, inside[0], inside[1])


def _row_means(values: Array) -> Array:
    """Mean of each row without NaN; NaN for a row of nothing but NaN."""
    count = (~np.isnan(values)).sum(axis=1)
    return np.where(count > 0, np.nansum(values, axis=1) / np.maximum(count, 1), np.nan)


def _mean(values: Array) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None
