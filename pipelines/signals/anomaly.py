"""Days on which a KPI was not what its own past led to expect: spikes, drops and shifts of level. Polars in and out.

Each day is judged by its past alone, so that a day's verdict never changes when later days come.
"""

from bisect import bisect_left, insort
from collections import deque
from dataclasses import dataclass, field
from datetime import date, timedelta
from statistics import fmean

import numpy as np
import polars as pl

from pipelines.signals.members import WEEK, Array, weekday_profile
from pipelines.signals.series import History, filled, history

LEARNING_DAYS = 42  # so long nothing is scored
LEVEL_ALPHA = 0.2
CLIP = 3.0  # deviations beyond which a day moves the level no further
SCALE_DAYS = 180
SCALE_QUANTILE = 0.95
NORMAL_QUANTILE = 1.96
COUNT_DEVIATION = 0.5  # Poisson's deviation in the space of square roots
ALARM = 3.0
SHIFT_DAYS = (7, 14)
BASE_DAYS = 28
SHIFT_ALARM = 3.5
SHIFT_SHARE = 0.7  # of the days must lie on one side: five working days of seven do
QUIET_DAYS = 21  # after a shift

ANOMALIES = {
    "day": pl.Date,
    "value": pl.Float64,
    "expected": pl.Float64,
    "score": pl.Float64,
    "direction": pl.String,
    "kind": pl.String,
}
Finding = tuple[int, float, float, str]  # day's index, expected in model space, score, kind


@dataclass
class _Scale:
    """The trailing 95 % quantile of the residuals' size over 180 days, as a deviation."""

    floor: float
    sizes: deque[float] = field(default_factory=deque)
    ordered: list[float] = field(default_factory=list)

    def add(self, size: float) -> None:
        self.sizes.append(size)
        insort(self.ordered, size)
        if len(self.sizes) > SCALE_DAYS:
            self.ordered.pop(bisect_left(self.ordered, self.sizes.popleft()))

    def deviation(self) -> float:
        """0 where nothing has varied yet: then nothing can be judged."""
        if not self.ordered:
            return self.floor
        place = SCALE_QUANTILE * (len(self.ordered) - 1)
        low = int(place)
        high = min(low + 1, len(self.ordered) - 1)
        quantile = self.ordered[low] + (self.ordered[high] - self.ordered[low]) * (place - low)
        return max(quantile / NORMAL_QUANTILE, self.floor)


def anomalies(days: list[date], values: list[float | None], as_of: date, metric: str = "") -> pl.DataFrame:
    """The anomalous days before `as_of`, whose own day is unfinished and never scored, in the columns of ANOMALIES."""
    past = history(days, values, as_of, metric)
    if past.measured_days <= LEARNING_DAYS:
        return pl.DataFrame(schema=ANOMALIES)
    first = as_of - timedelta(days=len(past.values))
    rows = [
        {
            "day": first + timedelta(days=at),
            "value": float(past.values[at]),
            "expected": float(past.from_model(np.array([expected]))[0]),
            "score": score,
            "direction": "up" if score > 0 else "down",
            "kind": kind,
        }
        for at, expected, score, kind in _judge(past)
    ]
    return pl.DataFrame(rows, schema=ANOMALIES)


def _judge(past: History) -> list[Finding]:
    """Walk the days once: score, then learn."""
    known = past.to_model(past.values)
    profile = _weekly_profiles(past.to_model(filled(past.values)))
    scale = _Scale(COUNT_DEVIATION if _is_count(past) else 0.0)
    measured: list[int] = []  # indices of measured days since the level last restarted
    flat: list[float] = []  # those days' values without their weekday
    level: float | None = None
    learned, quiet_until = 0, -1
    found: list[Finding] = []
    for at, value in enumerate(known.tolist()):
        if value != value:  # not measured
            continue
        plain = value - profile[at]
        learned += 1
        level = plain if level is None else level
        deviation, residual, expected = scale.deviation(), plain - level, level + profile[at]
        measured.append(at)
        flat.append(plain)
        if learned > LEARNING_DAYS and deviation > 0 and at > quiet_until:
            shift = _shift(flat, deviation)
            if shift is not None:
                found.append((at, expected, shift, "level_shift"))
                quiet_until = at + QUIET_DAYS
                level = fmean(flat[-SHIFT_DAYS[0] :])
                measured, flat = measured[-SHIFT_DAYS[0] :], flat[-SHIFT_DAYS[0] :]
                continue
            if abs(residual) / deviation > ALARM:
                found.append((at, expected, residual / deviation, "spike" if residual > 0 else "drop"))
        bound = CLIP * deviation if deviation > 0 else abs(residual)
        scale.add(abs(residual))
        level += LEVEL_ALPHA * min(max(residual, -bound), bound)
    return found


def _shift(flat: list[float], deviation: float) -> float | None:
    """How many deviations the last 7 or 14 days lie from the 28 before, where that is a shift of level."""
    for days in SHIFT_DAYS:
        if len(flat) < days + BASE_DAYS:
            return None
        before, now = flat[-days - BASE_DAYS : -days], flat[-days:]
        base = sorted(before)[BASE_DAYS // 2]
        bound = CLIP * deviation
        apart = [min(max(value - base, -bound), bound) for value in now]
        offset = fmean(min(max(value - base, -bound), bound) for value in before)
        test = (fmean(apart) - offset) / (deviation * (1 / days + 1 / BASE_DAYS) ** 0.5)
        share = sum(value > 0 for value in apart) / days if test > 0 else sum(value < 0 for value in apart) / days
        if abs(test) > SHIFT_ALARM and share >= SHIFT_SHARE:
            return test
    return None


def _weekly_profiles(values: Array) -> list[float]:
    """The weekday's share of each day, learnt from the days before it and refreshed every week."""
    shares = np.zeros(len(values))
    starts = range(2 * WEEK, len(values), WEEK)
    if not len(starts):
        return shares.tolist()
    width = 26 * WEEK + 6
    windows = np.full((len(starts), width), np.nan)
    for row, start in enumerate(starts):
        window = values[max(0, start - width) : start]
        windows[row, width - len(window) :] = window
    profiles = weekday_profile(windows)
    for row, start in enumerate(starts):
        week = shares[start : start + WEEK]
        week[:] = profiles[row, -np.arange(1, len(week) + 1) % WEEK]
    return shares.tolist()


def _is_count(past: History) -> bool:
    known = past.values[~np.isnan(past.values)]
    return past.is_non_negative and bool((known == np.round(known)).all())
