"""When will it be done, how much by then: a team's future weeks drawn from those it has had.

Few weeks say little about what is usual, so each run first draws how likely each past week is (Bayesian bootstrap,
weights from a flat Dirichlet) and then its own future weeks with these odds. Drawing plainly, as most tools do, takes
eight weeks for the whole truth and promises P85 dates that are kept less often than 85 times of 100.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

RUNS = 5_000
MIN_WEEKS = 6
MAX_WEEKS = 26  # of the past; older ones were another team
FURTHEST = 156  # weeks ahead; what is not done in three years has no date
BACKTEST_AHEAD = 4  # weeks
BACKTEST_RUNS = 500
PROBABILITIES = (0.5, 0.85, 0.95)


def seed(*parts: object) -> int:
    """The same for the same parts on every machine, so that a forecast made again is the same one."""
    return int.from_bytes(hashlib.sha256("|".join(map(str, parts)).encode()).digest()[:8])


def refusal(weeks: Array) -> str | None:
    """Why these complete weeks do not carry a forecast, in a sentence."""
    if len(weeks) < MIN_WEEKS:
        return f"Only {len(weeks)} complete weeks; a forecast needs {MIN_WEEKS}."
    if not weeks[-MAX_WEEKS:].any():
        return f"Nothing was delivered in the last {min(len(weeks), MAX_WEEKS)} complete weeks."
    return None


def paths(weeks: Array, remaining: int, generator: np.random.Generator, least: int = 12, runs: int = RUNS) -> Array:
    """What each run has delivered by the end of each week ahead, (runs, weeks + 1), beginning with 0.

    As many weeks as all runs need for `remaining`, at least `least`, at most FURTHEST; more change no earlier one.
    """
    known = weeks[-MAX_WEEKS:]
    odds = np.cumsum(generator.dirichlet(np.ones(len(known)), runs), axis=1)
    totals = [np.zeros(runs)]
    while len(totals) <= least or (totals[-1].min() < remaining and len(totals) <= FURTHEST):
        drawn = (generator.random(runs)[:, None] > odds[:, :-1]).sum(axis=1)
        totals.append(totals[-1] + known[drawn])
    return np.stack(totals, axis=1)


def days_until(path: Array, remaining: int) -> Array:
    """Days after which each run has delivered `remaining`, infinite where it never does. Within a week evenly."""
    reached = path >= remaining
    week = np.maximum(reached.argmax(axis=1), 1)
    rows = np.arange(len(path))
    before, after = path[rows, week - 1], path[rows, week]
    share = (remaining - before) / np.maximum(after - before, 1e-9)
    return np.where(reached.any(axis=1), np.ceil(7 * (week - 1 + share)), np.inf)


def dates(path: Array, remaining: int) -> list[int | None]:
    """Days by which `remaining` is delivered with each of PROBABILITIES; None beyond FURTHEST weeks."""
    found = np.quantile(days_until(path, remaining), PROBABILITIES, method="inverted_cdf")
    return [int(days) if np.isfinite(days) else None for days in found]


def counts(path: Array, week: int) -> list[int]:
    """What is delivered by the end of a week ahead with each of PROBABILITIES: that much or more."""
    least = np.quantile(path[:, week], [1 - probability for probability in PROBABILITIES], method="lower")
    return [int(count) for count in least]


def backtest(weeks: Array, generator: np.random.Generator) -> tuple[int, float | None]:
    """How many past forecasts could be judged, and the share that kept its P85: so much or more in the next four weeks.

    Each week with MIN_WEEKS before it and BACKTEST_AHEAD after it is an origin, of the last MAX_WEEKS at most.
    """
    last = len(weeks) - BACKTEST_AHEAD
    origins = [at for at in range(max(MIN_WEEKS, last - MAX_WEEKS + 1), last + 1) if weeks[:at][-MAX_WEEKS:].any()]
    if not origins:
        return 0, None
    kept = 0
    for origin in origins:
        path = paths(weeks[:origin], 0, generator, BACKTEST_AHEAD, BACKTEST_RUNS)
        promised = counts(path, BACKTEST_AHEAD)[PROBABILITIES.index(0.85)]
        kept += bool(weeks[origin : origin + BACKTEST_AHEAD].sum() >= promised)
    return len(origins), kept / len(origins)
