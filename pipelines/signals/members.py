"""The five small methods whose median is the forecast. All work on many windows of history at once.

A window is a row of a matrix: days in model space, right-aligned, so that the last column is the day before the
forecast. Rows that begin later are padded with NaN on the left. Weekdays are counted back from the end (class 0 is the
last day's weekday), so no method needs to know a date.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

HORIZON = 30  # days
WEEK = 7
PROFILE_DAYS = 26 * WEEK
SES_DAYS = 730
SES_ALPHAS = np.array([0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8])
ERROR_DISCOUNT = 0.995  # a day; errors of half a year ago weigh 0.4
HOLT_DAYS = 400
HOLT_BEST = 5
YEARLY_DAYS = 500  # fewer do not show a year
YEARLY_PAIRS = 4
HALF_LIFE_DAYS = 180
# The ridge's penalties; its days together weigh at most 260. Trends and years rarely last, weekdays do.
LEVEL_PENALTY, TREND_PENALTY, WEEKDAY_PENALTY, YEAR_PENALTY = 1e-6, 10.0, 1.0, 600.0
RESIDUAL_DECAY = 0.98  # a day ahead

# every damped Holt-Winters that is tried: alpha, beta, gamma, phi
HOLT = np.array(
    [
        (alpha, beta, gamma, phi)
        for alpha in (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
        for beta in (0.0, 0.01, 0.05)
        for gamma in (0.0, 0.05, 0.15)
        for phi in (0.8, 0.95)
    ]
).T


def combination(windows: Array) -> tuple[Array, Array]:
    """The forecast of each window, (windows, HORIZON), and its mean absolute one-step error in sample."""
    profile = weekday_profile(windows)
    level_windows = pad(windows - profile_of_days(profile, windows.shape[1]))
    ahead = profile[:, classes_ahead()]
    smoothed, error = ses(level_windows)
    members = [
        smoothed[:, None] + ahead,
        holt_winters(level_windows) + ahead,
        ridge(windows),
        weekday_median(windows, 4),
        weekday_median(windows, 8),
    ]
    return np.median(np.stack(members), axis=0), error


def classes_ahead(horizon: int = HORIZON) -> NDArray[np.int64]:
    """The weekday class of each forecast day: tomorrow has the weekday of six days ago, class 6."""
    return -np.arange(1, horizon + 1) % WEEK


def classes_back(days: int) -> NDArray[np.int64]:
    """The weekday class of each column of a window of so many days."""
    return np.arange(days - 1, -1, -1) % WEEK


def profile_of_days(profile: Array, days: int) -> Array:
    """The profile laid over the columns of a window."""
    return profile[:, classes_back(days)]


def weekday_profile(windows: Array) -> Array:
    """What a weekday adds: the median over the last 26 weeks of x minus its centred 7-day mean. Sums to 0."""
    recent = windows[:, -(PROFILE_DAYS + 6) :]
    before = np.isnan(recent)
    sums = np.cumsum(np.pad(np.where(before, 0.0, recent), ((0, 0), (1, 0))), axis=1)
    means = (sums[:, WEEK:] - sums[:, :-WEEK]) / WEEK
    apart = recent[:, 3:-3] - means
    apart[before[:, : apart.shape[1]]] = np.nan  # a mean that reaches before the first day is none
    classes = classes_back(recent.shape[1])[3:-3]
    profile = np.stack([_median(apart[:, classes == weekday]) for weekday in range(WEEK)], axis=1)
    profile = np.nan_to_num(profile)
    return profile - profile.mean(axis=1, keepdims=True)


def _median(values: Array) -> Array:
    """Median of each row without its NaN, which is much faster where there are none."""
    if not np.isnan(values).any():
        return np.median(values, axis=1)
    known = np.sort(values, axis=1)  # NaN go last
    count = (~np.isnan(values)).sum(axis=1)
    rows = np.arange(len(values))
    low, high = np.maximum(count - 1, 0) // 2, np.maximum(count // 2, 0)
    return np.where(count > 0, (known[rows, low] + known[rows, np.minimum(high, values.shape[1] - 1)]) / 2, np.nan)


def pad(windows: Array) -> Array:
    """Days before the beginning get the mean of the first four weeks: there a smoother makes no error."""
    missing = np.isnan(windows)
    if not missing.any():
        return windows
    start = missing.sum(axis=1)
    first = [row[begin : begin + 4 * WEEK].mean() for row, begin in zip(windows, start, strict=True)]
    return np.where(missing, np.array(first)[:, None], windows)


def ses(levels: Array) -> tuple[Array, Array]:
    """The last level of simple exponential smoothing, and its mean absolute one-step error.

    Each window's alpha is the one with the lowest discounted absolute error over the last 730 days.
    """
    recent = levels[:, -SES_DAYS:]
    level = np.repeat(recent[:, : 4 * WEEK].mean(axis=1), len(SES_ALPHAS)).reshape(len(recent), -1)
    error = np.zeros_like(level)
    step, size = np.empty_like(level), np.empty_like(level)
    for day in np.ascontiguousarray(recent.T)[:, :, None]:
        np.subtract(day, level, out=step)
        np.abs(step, out=size)
        error *= ERROR_DISCOUNT
        error += size
        step *= SES_ALPHAS
        level += step
    best = error.argmin(axis=1)
    rows = np.arange(len(recent))
    weight = (1 - ERROR_DISCOUNT ** recent.shape[1]) / (1 - ERROR_DISCOUNT)
    return level[rows, best], error[rows, best] / weight


def holt_winters(levels: Array) -> Array:
    """Damped additive Holt-Winters: the mean forecast of the five best of 108 parameter sets over 400 days."""
    recent = levels[:, -HOLT_DAYS:]
    alpha, beta, gamma, phi = HOLT
    shape = (len(recent), HOLT.shape[1])
    level = np.repeat(recent[:, : 2 * WEEK].mean(axis=1), shape[1]).reshape(shape)
    trend, error, expected, size = (np.zeros(shape) for _ in range(4))
    season = np.zeros((WEEK, *shape))
    days = recent.shape[1]
    for day, weekday in zip(np.ascontiguousarray(recent.T)[:, :, None], classes_back(days), strict=True):
        trend *= phi
        level += trend
        np.add(level, season[weekday], out=expected)
        np.subtract(day, expected, out=expected)  # from here on the error of the step
        np.abs(expected, out=size)
        error *= ERROR_DISCOUNT
        error += size
        level += np.multiply(expected, alpha, out=size)
        trend += np.multiply(size, beta, out=size)
        season[weekday] += np.multiply(expected, gamma, out=size)
    best = np.argpartition(error, HOLT_BEST, axis=1)[:, :HOLT_BEST]
    rows = np.arange(len(recent))[:, None]
    ahead = np.arange(1, HORIZON + 1)
    damped = np.cumsum(phi[best][:, :, None] ** ahead, axis=2)
    seasons = np.moveaxis(season, 0, 2)[rows, best][:, :, classes_ahead()]
    return (level[rows, best][:, :, None] + trend[rows, best][:, :, None] * damped + seasons).mean(axis=1)


def weekday_median(windows: Array, weeks: int) -> Array:
    """The median of the same weekday over the last weeks."""
    recent = windows[:, -weeks * WEEK :]
    classes = classes_back(recent.shape[1])
    return np.stack([_median(recent[:, classes == weekday]) for weekday in range(WEEK)], axis=1)[:, classes_ahead()]


def ridge(windows: Array) -> Array:
    """Regression on trend, weekday and (from 500 days) the year; its residuals' level fades by 2 % a day."""
    measured = ~np.isnan(windows)
    lengths = measured.sum(axis=1)
    forecast = np.empty((len(windows), HORIZON))
    for is_yearly in (False, True):
        rows = np.flatnonzero((lengths >= YEARLY_DAYS) == is_yearly)
        if len(rows):
            forecast[rows] = _ridge(windows[rows], measured[rows], is_yearly)
    return forecast


def _ridge(windows: Array, measured: NDArray[np.bool_], is_yearly: bool) -> Array:
    days = windows.shape[1]
    past, future = _calendar(np.arange(1 - days, 1), is_yearly), _calendar(np.arange(1, HORIZON + 1), is_yearly)
    penalty = np.diag([LEVEL_PENALTY, TREND_PENALTY] + [WEEKDAY_PENALTY] * WEEK + [YEAR_PENALTY] * (past.shape[1] - 9))
    known = np.where(measured, windows, 0.0)
    weight: Array = measured * 0.5 ** (np.arange(days - 1, -1, -1) / HALF_LIFE_DAYS)
    fitted: Array = np.zeros_like(windows)
    coefficients: Array = np.zeros((len(windows), past.shape[1]))
    for is_robust in (False, True):
        if is_robust:  # Huber: beyond 1.345 deviations a day weighs as 1 / its distance
            residual = np.abs(known - fitted)
            spread = 1.4826 * _median(np.where(measured, residual, np.nan)) + 1e-9
            weight = weight * np.minimum(1.0, 1.345 * spread[:, None] / np.maximum(residual, 1e-12))
        weighted = weight[:, None, :] * past.T  # (windows, columns, days)
        solved = np.linalg.solve(weighted @ past + penalty, weighted @ known[:, :, None])
        coefficients = solved[:, :, 0].astype(np.float64)
        fitted = coefficients @ past.T
    level, _ = ses(np.where(measured, known - fitted, 0.0))
    return coefficients @ future.T + level[:, None] * RESIDUAL_DECAY ** np.arange(1, HORIZON + 1)


def _calendar(days: NDArray[np.int64], is_yearly: bool) -> Array:
    """Columns of the regression: one, trend in half-years, weekdays, waves of the year. Day 0 is the window's last."""
    columns = [np.ones(len(days)), days / HALF_LIFE_DAYS]
    columns += [(-days % WEEK == weekday).astype(float) for weekday in range(WEEK)]
    if is_yearly:
        for pair in range(1, YEARLY_PAIRS + 1):
            angle = 2 * np.pi * pair * days / 365.25
            columns += [np.sin(angle), np.cos(angle)]
    return np.stack(columns, axis=1)
