"""Whether a KPI rises or falls over a window of days, and by how much a day. NumPy in, plain figures out."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import kendalltau, norm, rankdata, theilslopes

from pipelines.signals import decomposition
from pipelines.signals.members import WEEK, Array

MIN_DAYS = 14
MIN_SPAN = 0.5  # of the window, from its first measured day to its last
MIN_STRENGTH_DAYS = 3 * WEEK  # with fewer of each weekday the week fits the noise
SIGNIFICANT = 0.05
NORMAL_95 = 1.959963984540054
LARGEST = 1e100  # the squares of larger values are no numbers any more
MAX_LAG = 7  # observations; longer ones add more noise to the factor than they correct


@dataclass(frozen=True)
class Trend:
    """What a window says. None is not measured; `refusal_reason` says why. Slopes are in the KPI's unit a day."""

    measured_days: int
    coverage: float  # measured days, of the window's
    level: float | None = None  # mean of the measured days, in the KPI's unit
    tau: float | None = None  # Kendall's tau-b of value and day, -1 to 1
    p_value: float | None = None
    variance_factor: float | None = None  # ≥ 1, 1 where one day says nothing of the next
    slope: float | None = None
    slope_lower_95: float | None = None
    slope_upper_95: float | None = None
    change_ratio_30d: float | None = None  # 30 slopes, of the level
    direction: str | None = None  # up, down, none
    trend_strength: float | None = None  # 0 to 1
    week_strength: float | None = None  # 0 to 1
    refusal_reason: str | None = None


def trend(values: Array) -> Trend:
    """The trend of a window, one value a day up to its last finished day, NaN where nothing was measured."""
    days = np.flatnonzero(~np.isnan(values))
    known = values[days]
    n, coverage = len(days), len(days) / len(values)
    reason = refusal(values)
    if reason:
        return Trend(n, coverage, refusal_reason=reason)
    slope = float(theilslopes(known, days).slope)
    factor = variance_factor(known - slope * days)
    tau, p_value = mann_kendall(known, factor)
    lower, upper = slope_interval(known, days, factor)
    level = float(known.mean())
    strong = _strengths(days, known) if n >= MIN_STRENGTH_DAYS else (None, None)
    return Trend(
        n, coverage, level, tau, p_value, factor, slope, lower, upper,
        change_ratio_30d=30 * slope / abs(level) if known.min() * known.max() >= 0 else None,
        direction="none" if p_value >= SIGNIFICANT else "up" if tau > 0 else "down",
        trend_strength=strong[0], week_strength=strong[1],
    )  # fmt: skip


def refusal(values: Array) -> str | None:
    """Why a window has no trend, in words for a user; None where it has one."""
    days = np.flatnonzero(~np.isnan(values))
    if len(days) < MIN_DAYS:
        return f"Only {len(days)} measured days; a trend needs {MIN_DAYS}."
    span = int(days[-1] - days[0]) + 1
    if span < MIN_SPAN * len(values):
        return f"The measured days span {span} of {len(values)} days; a trend needs half of them."
    known = values[days]
    if known.min() == known.max():
        return f"Every measured day has the value {known[0]:g}; a constant has no trend."
    if np.abs(known).max() > LARGEST:
        return f"A day has a value beyond {LARGEST:g}, with which no trend can be computed."
    return None


def mann_kendall(values: Array, factor: float = 1.0) -> tuple[float, float]:
    """Kendall's tau-b of values in order of time, and the two-sided p-value of "no trend".

    Mann (1945), Econometrica 13, 245-259; Kendall (1975), Rank Correlation Methods, 4th ed.: S = concordant less
    discordant pairs is normal, with the variance of tied values and a correction of 1 for continuity. `factor` is what
    that variance grows by where days depend on each other.
    """
    n = len(values)
    ties = np.unique(values, return_counts=True)[1].astype(np.float64)
    pairs = n * (n - 1) / 2
    tau = float(kendalltau(np.arange(n), values).statistic)
    s = round(tau * np.sqrt(pairs * (pairs - (ties * (ties - 1)).sum() / 2)))
    variance = (n * (n - 1) * (2 * n + 5) - (ties * (ties - 1) * (2 * ties + 5)).sum()) / 18
    z = max(abs(s) - 1, 0) / np.sqrt(variance * factor)
    return tau, float(2 * norm.sf(z))


def variance_factor(detrended: Array) -> float:
    """By how much S varies more than among independent days: n/n* of Hamed & Rao (1998), J. Hydrology 204, 182-196.

    From the autocorrelations of the ranks that differ from 0 at 5 %, up to lag 7, counted in measured days. Never under
    1: what a weekly pattern takes from the variance is known too badly to be trusted.
    """
    n = len(detrended)
    ranks = rankdata(detrended)
    ranks -= ranks.mean()
    total = float((ranks**2).sum())
    if total == 0:
        return 1.0
    lags = np.arange(1, MAX_LAG + 1)
    found = np.array([(ranks[lag:] * ranks[:-lag]).sum() / total for lag in lags])
    found[np.abs(found) <= NORMAL_95 / np.sqrt(n)] = 0.0
    weights = (n - lags) * (n - lags - 1) * (n - lags - 2)
    return max(1.0, float(1 + 2 / (n * (n - 1) * (n - 2)) * (weights * found).sum()))


def slope_interval(values: Array, days: np.ndarray, factor: float) -> tuple[float, float]:
    """The 95 % interval of the Theil-Sen slope, in units of the values a day.

    Sen (1968), J. American Statistical Association 63, 1379-1389: an interval of ranks, ± 1.96 deviations of S. The
    deviation is the test's, so that days that depend on each other widen it.
    """
    found = theilslopes(values, days, alpha=float(2 * norm.sf(NORMAL_95 * np.sqrt(factor))))
    return float(found.low_slope), float(found.high_slope)


def _strengths(days: np.ndarray, values: Array) -> tuple[float | None, float | None]:
    """Of the trend and of the week."""
    smooth, week, remainder = decomposition.stl(days, values)
    return decomposition.strength(smooth, remainder), decomposition.strength(week, remainder)
