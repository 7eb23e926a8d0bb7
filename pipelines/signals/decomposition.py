"""A daily series as trend + week + remainder, and how strong the first two are. NumPy in and out."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipelines.signals.members import WEEK, Array

TREND_DAYS = 29  # the neighbours of each trend point; Cleveland asks for at least 11 of a fixed week
ROBUST_ROUNDS = 15
OUTLIER = 6.0  # median absolute remainders beyond which a day weighs nothing


def stl(days: NDArray[np.int64], values: Array) -> tuple[Array, Array, Array]:
    """Trend, week and remainder of each measured day, in the unit of the values; they add up to the values.

    `days` are the measured ones, ascending, counted from any first day. STL of Cleveland, Cleveland, McRae & Terpenning
    (1990), J. Official Statistics 6, 3-73: robust, period 7, a week that stays the same (`s.window = "periodic"`).
    Of such a week the low-pass filter is its mean. A day that was not measured has no weight, and is not filled.
    """
    weekdays = days % WEEK
    near = _neighbours(days.tobytes())
    trend, week, weight = np.zeros_like(values), np.zeros_like(values), np.ones_like(values)
    for _ in range(1 + ROBUST_ROUNDS):
        week = _week(weekdays, values - trend, weight)[weekdays]
        trend = _smoothed(near, values - week, weight, trend)
        weight = _weights(values - week - trend)
    return trend, week, values - week - trend


def strength(part: Array, remainder: Array) -> float | None:
    """How strong the trend or the week is, from 0 to 1: max(0, 1 - var(remainder) / var(part + remainder)).

    Wang, Smith & Hyndman (2006), Data Mining and Knowledge Discovery 13, 335-364; Hyndman & Athanasopoulos,
    Forecasting: Principles and Practice, 3rd ed., 4.3. None where both together do not vary.
    """
    whole = float(np.var(part + remainder))
    return max(0.0, 1.0 - float(np.var(remainder)) / whole) if whole > 0 else None


def _week(weekdays: NDArray[np.int64], values: Array, weight: Array) -> Array:
    """The weighted mean of each weekday less the mean of the seven; 0 for one that was never measured."""
    weights = np.bincount(weekdays, weight, WEEK)
    sums = np.bincount(weekdays, weight * values, WEEK)
    plain = np.bincount(weekdays, values, WEEK) / np.maximum(np.bincount(weekdays, minlength=WEEK), 1)
    means = np.where(weights > 0, sums / np.where(weights > 0, weights, 1.0), plain)
    known = np.bincount(weekdays, minlength=WEEK) > 0
    return np.where(known, means - means[known].mean(), 0.0)


@lru_cache(maxsize=4)  # most series are measured on the same days
def _neighbours(packed: bytes) -> Array:
    """Three matrices over each other, by which weights become the sums of local regressions: K, K x, K x².

    K is the tricube of the distance in days over that of the 29th measured neighbour.
    """
    days = np.frombuffer(packed, dtype=np.int64).astype(np.float64)
    apart = days[None, :] - days[:, None]
    size = np.abs(apart)
    nearest = min(TREND_DAYS, len(days))
    width = np.partition(size, nearest - 1, axis=1)[:, nearest - 1]
    width = width + max(TREND_DAYS - len(days), 0) // 2  # as in the authors' program
    ratio = size / width[:, None]
    tricube = np.where(ratio <= 0.999, (1 - np.minimum(ratio, 1) ** 3) ** 3, 0.0)
    return np.concatenate([tricube, tricube * apart, tricube * apart**2])


def _smoothed(near: Array, values: Array, weight: Array, before: Array) -> Array:
    """Local linear regression (loess) at each day; where all neighbours weigh nothing, what was there before."""
    count = len(values)
    sums = near @ np.stack([weight, weight * values], axis=1)
    (w0, w1, w2), (y0, y1) = sums[:, 0].reshape(3, count), sums[: 2 * count, 1].reshape(2, count)
    spread = w0 * w2 - w1**2
    is_line = spread > 1e-9 * np.maximum(w0, 1e-300) ** 2  # else a single day counts
    line = (w2 * y0 - w1 * y1) / np.where(is_line, spread, 1.0)
    level = y0 / np.where(w0 > 0, w0, 1.0)
    return np.where(is_line, line, np.where(w0 > 0, level, before))


def _weights(remainder: Array) -> Array:
    """Bisquare: from 1 for the days that fit to 0 beyond six median absolute remainders."""
    size = np.abs(remainder)
    bound = OUTLIER * float(np.median(size))
    if bound <= 0:
        return (size <= 0).astype(np.float64)
    return np.where(size <= 0.999 * bound, (1 - np.minimum(size / bound, 1) ** 2) ** 2, 0.0)
