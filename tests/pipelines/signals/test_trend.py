"""Trends of a window of days: against figures worked out by hand, scipy, and other programs' answers."""

import numpy as np
import pytest
from scipy import stats

from pipelines.signals import decomposition
from pipelines.signals.trend import mann_kendall, slope_interval, trend, variance_factor

WEEK = np.array([3, 4, 4, 3, 1, -7, -8.0])
NAN = float("nan")


def weekly(count: int) -> np.ndarray:
    """A week, .1 more a day, something that looks like noise, and an outlier every 17 days."""
    days = np.arange(count)
    return 20 + 0.1 * days + WEEK[days % 7] + (days * 37 % 11) / 5 + np.where(days % 17 == 5, 15, 0)


def waves(count: int) -> np.ndarray:
    """Days that depend on each other."""
    days = np.arange(count)
    return np.round(10 + 3 * np.sin(days / 6) + 0.03 * days + (days * 29 % 13) / 4, 2)


def autoregressive(share: float, count: int, seed: int) -> np.ndarray:
    """Each day has a share of the one before."""
    values = np.random.default_rng(seed).normal(size=count + 50)
    for day in range(1, len(values)):
        values[day] += share * values[day - 1]
    return values[50:]


def test_four_values_by_hand():
    # 5 pairs rise, 1 falls: S = 4 of 6. Variance 4 x 3 x 13 / 18 = 8.667, z = 3 / 2.944 = 1.019.
    assert mann_kendall(np.array([1.0, 3, 2, 4])) == (pytest.approx(4 / 6), pytest.approx(0.3082, abs=1e-4))


def test_tied_values_by_hand():
    # S = 5; tau-b = 5 / root(6 x 5). Variance (156 - 2 x 1 x 9) / 18 = 7.667, z = 4 / 2.769 = 1.4446.
    assert mann_kendall(np.array([1.0, 2, 2, 3])) == (pytest.approx(0.9129, abs=1e-4), pytest.approx(0.1486, abs=1e-4))


def test_a_straight_line_is_all_trend():
    line = trend(10 + 0.5 * np.arange(28))

    assert (line.tau, line.direction, line.measured_days, line.coverage) == (pytest.approx(1), "up", 28, 1)
    assert (line.slope, line.slope_lower_95, line.slope_upper_95) == (0.5, 0.5, 0.5)
    assert line.level == 10 + 0.5 * 13.5
    assert line.change_ratio_30d == pytest.approx(15 / 16.75)
    assert line.trend_strength == pytest.approx(1)


def test_the_slope_counts_days_and_not_measurements():
    values = np.full(28, NAN)
    values[::2] = 3.0 * np.arange(14)  # every other day 3 more

    assert trend(values).slope == 1.5
    assert trend(values).coverage == 0.5


def test_a_day_out_of_line_moves_no_slope():
    assert trend(np.where(np.arange(28) == 13, 10_000, 2.0 * np.arange(28))).slope == 2


@pytest.mark.parametrize("seed", range(5))
def test_independent_days_give_what_scipy_gives(seed: int):
    random = np.random.default_rng(seed)
    values, days = random.poisson(4, 60).astype(float), np.arange(60)
    theil = stats.theilslopes(values, days, 0.95)

    tau, p_value = mann_kendall(values)

    kendall = stats.kendalltau(days, values, method="asymptotic")
    ties = np.unique(values, return_counts=True)[1]
    tied = (ties * (ties - 1)).sum() / 2
    s = kendall.statistic * np.sqrt(1770 * (1770 - tied))
    assert tau == kendall.statistic
    # scipy does not correct for continuity: its z is of S where ours is of S - 1.
    z = stats.norm.isf(kendall.pvalue / 2) * (abs(s) - 1) / abs(s)
    assert p_value == pytest.approx(2 * stats.norm.sf(z))
    assert slope_interval(values, days, 1) == (pytest.approx(theil.low_slope), pytest.approx(theil.high_slope))


@pytest.mark.parametrize(
    ("count", "plain", "factor", "corrected"),
    [(30, 0.002414, 2.586562, 0.05923412), (90, 0.005531, 8.282218, 0.33503183)],
)
def test_days_that_depend_on_each_other_are_corrected_as_by_pymannkendall(count, plain, factor, corrected):
    """pymannkendall 1.4: original_test, hamed_rao_modification_test(lag=7)."""
    values = waves(count)

    found = trend(values)

    assert mann_kendall(values)[1] == pytest.approx(plain, abs=1e-6)
    assert (found.variance_factor, found.p_value) == (pytest.approx(factor, abs=1e-6), pytest.approx(corrected))
    assert found.direction == "none"
    assert found.slope_lower_95 < 0 < found.slope_upper_95


def test_a_week_does_not_make_the_test_surer_than_independent_days():
    days = np.arange(84)

    assert variance_factor((days % 7 < 5) + np.random.default_rng(1).normal(0, 0.01, 84)) == 1


@pytest.mark.parametrize(("share", "at_most"), [(0.0, 0.07), (0.3, 0.14), (0.6, 0.22)])
def test_chance_alone_is_seldom_called_a_trend(share: float, at_most: float):
    told = sum(trend(autoregressive(share, 90, seed)).direction != "none" for seed in range(200))

    assert told / 200 <= at_most


def test_a_week_hides_no_trend_and_is_none():
    days = np.arange(91)
    noise = np.random.default_rng(1).normal(size=91)
    rising, level = trend(30 + 0.15 * days + WEEK[days % 7] + noise), trend(30 + WEEK[days % 7] + noise)

    assert (rising.direction, level.direction) == ("up", "none")
    assert rising.slope == pytest.approx(0.15, abs=0.05)
    assert rising.slope_lower_95 < 0.15 < rising.slope_upper_95
    assert min(rising.trend_strength, rising.week_strength, level.week_strength) > 0.9
    assert level.trend_strength < 0.2


@pytest.mark.parametrize(
    ("count", "strengths", "ends"),
    [(35, (0.034793, 0.629156), (20.66895, 24.34175)), (90, (0.329008, 0.669381), (20.66509, 29.82666))],
)
def test_the_parts_are_those_of_statsmodels(count, strengths, ends):
    """statsmodels 0.15: STL(period=7, seasonal=100 n + 1, seasonal_deg=0, trend=29, robust).fit(1, 15)."""
    smooth, week, remainder = decomposition.stl(np.arange(count), weekly(count))

    found = decomposition.strength(smooth, remainder), decomposition.strength(week, remainder)
    assert found == (pytest.approx(strengths[0], abs=1e-5), pytest.approx(strengths[1], abs=1e-5))
    assert (smooth[0], smooth[-1]) == (pytest.approx(ends[0], abs=1e-4), pytest.approx(ends[1], abs=1e-4))


def test_gaps_are_neither_filled_nor_zero():
    days = np.arange(90)
    whole = 50 + 0.3 * days + WEEK[days % 7]
    holes = np.where((days > 40) & (days < 62) | (days % 5 == 0), NAN, whole)
    known = np.flatnonzero(~np.isnan(holes))

    found, parts = trend(holes), decomposition.stl(known, holes[known])

    assert found.measured_days == len(known) == 55
    assert found.slope == pytest.approx(0.3, abs=0.02)
    assert (found.direction, found.level) == ("up", holes[known].mean())
    assert np.allclose(sum(parts), holes[known])
    assert found.week_strength > 0.99


def test_working_days_alone_have_a_week_too():
    days = np.arange(90)
    values = np.where(days % 7 < 5, 10 + (days % 7) + (days * 37 % 11) / 20, NAN)

    assert trend(values).week_strength > 0.9


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([NAN] * 28, "Only 0 measured days; a trend needs 14."),
        ([NAN] * 15 + [1.0, 2] * 6 + [3], "Only 13 measured days; a trend needs 14."),
        ([NAN] * 70 + [1.0, 2] * 10, "The measured days span 20 of 90 days; a trend needs half of them."),
        ([1e308, -1e308] * 14, "A day has a value beyond 1e+100, with which no trend can be computed."),
        ([0.0] * 28, "Every measured day has the value 0; a constant has no trend."),
    ],
)
def test_what_cannot_be_told_is_refused_with_the_reason(values: list[float], reason: str):
    found = trend(np.array(values))

    assert found.refusal_reason == reason
    assert {found.slope, found.tau, found.p_value, found.direction, found.level, found.week_strength} == {None}


def test_a_level_around_0_has_no_share_and_few_days_have_no_strengths():
    around = trend(np.linspace(-1, 1, 20))

    assert (around.change_ratio_30d, around.trend_strength, around.week_strength) == (None, None, None)
    assert around.direction == "up"


def test_a_falling_share_is_negative_and_a_mirror_changes_signs_alone():
    values = autoregressive(0.3, 60, 3) - 0.05 * np.arange(60) + 20
    down, up = trend(values), trend(-values)

    assert (down.direction, up.direction) == ("down", "up")
    assert (down.slope, down.tau, down.p_value) == (pytest.approx(-up.slope), pytest.approx(-up.tau), up.p_value)
    assert down.change_ratio_30d < 0 < up.change_ratio_30d


def test_rare_counts_and_days_that_all_fit_exactly_have_figures():
    rare = trend((np.arange(90) % 13 == 0).astype(float))

    assert (rare.slope, rare.direction) == (0, "none")
    assert all(0 <= part <= 1 for part in (rare.trend_strength, rare.week_strength))
