"""Forecasts of daily series: what they must hold on every series, and what they refuse."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.signals import backtest, forecast, intervals, members, prophet_model, series
from pipelines.signals.series import history

FIRST = date(2024, 1, 1)
WEEK = np.array([1.0, 1.1, 1.05, 1.0, 0.9, 0.2, 0.1])


def days(count: int) -> list[date]:
    return [FIRST + timedelta(days=day) for day in range(count)]


def weekly_counts(count: int, level: float = 20, seed: int = 1) -> list[float]:
    """Poisson counts with a working week."""
    return np.random.default_rng(seed).poisson(level * WEEK[np.arange(count) % 7]).astype(float).tolist()


def of(values: list[float | None], metric: str = "", as_of: date | None = None) -> forecast.Forecast:
    end = as_of or FIRST + timedelta(days=len(values))
    return forecast.forecast(history(days(len(values)), values, end, metric))[0]


def test_a_weekly_pattern_comes_back():
    made = of(weekly_counts(400))

    expected = 20 * WEEK[(400 + np.arange(30)) % 7]
    assert np.abs(made.value - expected).mean() < 2


def test_it_beats_seasonal_naive_on_noisy_weeks_and_says_so():
    made = of(weekly_counts(400))

    assert made.scores.mase < 0.9
    assert made.beats_seasonal_naive is True


def test_the_forecast_begins_on_the_unfinished_day_and_does_not_see_it():
    values = weekly_counts(200)

    with_half_day = forecast.forecast(history(days(201), [*values, 0.0], FIRST + timedelta(days=200)))[0]

    assert np.array_equal(with_half_day.value, of(values).value)


@pytest.mark.parametrize("count", [0, 1, 13])
def test_fewer_than_14_measured_days_are_refused(count: int):
    made = of(weekly_counts(count))

    assert made.value is None
    assert f"Only {count} measured days" in made.refusal_reason


@pytest.mark.parametrize("value", [0.0, 7.0])
def test_a_constant_is_refused(value: float):
    assert "constant" in of([value] * 100).refusal_reason


def test_a_series_that_ended_long_ago_is_refused():
    made = of(weekly_counts(100), as_of=FIRST + timedelta(days=200))

    assert "Nothing measured in the last 100 days" in made.refusal_reason


def test_14_to_27_days_repeat_the_week_without_interval():
    values = weekly_counts(20)

    made = of(values)

    assert made.value == pytest.approx(np.resize(values[-7:], 30))
    assert made.band is None
    assert made.scores.mase is None


def test_too_few_origins_use_pooled_ratios():
    assert of(weekly_counts(60)).interval_basis == "pooled"
    assert of(weekly_counts(120)).interval_basis == "conformal"


def test_a_gap_of_120_days_is_no_obstacle():
    values: list[float | None] = list(weekly_counts(500))
    values[200:320] = [None] * 120

    assert np.isfinite(of(values).value).all()


def test_the_order_of_the_input_changes_nothing():
    values = weekly_counts(150)
    mixed = np.random.default_rng(0).permutation(150)
    as_of = FIRST + timedelta(days=150)

    shuffled = forecast.forecast(history([days(150)[at] for at in mixed], [values[at] for at in mixed], as_of))[0]

    assert np.array_equal(shuffled.value, of(values).value)


def test_rates_stay_between_0_and_1_and_prices_do_not():
    rates = np.clip(np.random.default_rng(2).normal(0.95, 0.2, 200), 0, 1).tolist()

    made = of(rates, "change_failure_rate")

    assert made.band.upper_95.max() <= 1
    assert not series.is_rate("exchange_rate")


@settings(max_examples=25, deadline=None)
@given(
    st.integers(28, 260),
    st.sampled_from(["counts", "rare", "walk", "rate"]),
    st.integers(0, 2**32 - 1),
)
def test_intervals_nest_around_the_point_and_counts_stay_above_0(count: int, kind: str, seed: int):
    random = np.random.default_rng(seed)
    values = {
        "counts": random.poisson(9, count).astype(float),
        "rare": random.poisson(0.2, count).astype(float),
        "walk": random.normal(0, 3, count).cumsum(),
        "rate": random.random(count),
    }[kind]
    values[random.random(count) < 0.1] = np.nan
    past = history(days(count), values.tolist(), FIRST + timedelta(days=count), "x_rate" if kind == "rate" else "x")

    for made in forecast.forecast(past):
        if made.band is None:
            continue
        ends = [made.band.lower_95, made.band.lower_80, made.value, made.band.upper_80, made.band.upper_95]
        assert (np.diff(np.stack(ends), axis=0) >= 0).all()
        if kind != "walk":
            assert min(end.min() for end in ends) >= 0
        if kind == "rate":
            assert max(end.max() for end in ends) <= 1


def test_the_interval_covers_about_80_percent_of_what_comes():
    inside = []
    for seed in range(40):
        values = weekly_counts(330, level=15, seed=seed)
        made = of(values[:300])
        inside += [(made.band.lower_80 <= values[300:]) & (made.band.upper_80 >= values[300:])]

    assert 0.74 < np.mean(inside) < 0.9


def test_the_interval_grows_with_the_days_ahead():
    assert intervals.GROWTH[[0, 29]] == pytest.approx([0.77, 1.14], abs=0.01)


def test_the_backtest_asks_twelve_origins_and_judges_each_by_its_full_30_days():
    past = backtest.windows(history(days(400), weekly_counts(400), FIRST + timedelta(days=400)))

    known = (~np.isnan(past.known)).sum(axis=1)
    assert known.tolist() == [400, *(370 - 15 * origin for origin in range(12))]
    assert past.actual.shape == (12, 30)
    assert not np.isnan(past.actual).any()


def test_an_origin_of_the_backtest_knows_nothing_of_what_came_after():
    values = weekly_counts(400)
    other = [*values[:205], *weekly_counts(195, level=90, seed=5)]

    one, two = (
        backtest.windows(history(days(400), each, FIRST + timedelta(days=400))).known for each in (values, other)
    )

    assert np.array_equal(one[-1], two[-1], equal_nan=True)
    assert not np.array_equal(one[1], two[1], equal_nan=True)


def test_scores_are_right_by_hand():
    past = backtest.Windows(np.zeros((2, 40)), np.full((1, 30), 10.0), np.array([2.0]))
    point = np.full((1, 30), 9.0)
    band = intervals.Band(point - 0.5, point + 0.5, point - 2, point + 2)

    scores = backtest.scores(past, point, band)

    assert scores.mase == pytest.approx(0.5)  # off by 1, a week's difference is 2
    assert scores.smape == pytest.approx(2 / 19)
    assert (scores.coverage_80, scores.coverage_95) == (0, 1)
    # half of 1, plus .1 × (1 + 10 × .5), plus .025 × 4; over 2.5; in units of 2
    assert scores.wis == pytest.approx((0.5 + 0.1 * 6 + 0.025 * 4) / 2.5 / 2)


def test_a_window_of_many_is_forecast_as_if_it_were_alone():
    windows = np.full((3, 200), np.nan)
    for row, count in enumerate((200, 150, 60)):
        windows[row, -count:] = np.sqrt(weekly_counts(count, seed=row))

    together, _ = members.combination(windows)

    for row, count in enumerate((200, 150, 60)):
        alone, _ = members.combination(windows[row : row + 1])
        assert together[row] == pytest.approx(alone[0]), count


def test_prophet_is_published_only_where_it_is_a_fifth_better():
    assert forecast.prophet_is_published(0.79, 1.0)
    assert not forecast.prophet_is_published(0.81, 1.0)
    assert not forecast.prophet_is_published(None, 1.0)


def test_prophet_stands_beside_it_silent_bounded_and_the_same_each_time(capfd: pytest.CaptureFixture[str]):
    past = history(days(120), weekly_counts(120, level=2), FIRST + timedelta(days=120))

    one, two = prophet_model.forecast(past), prophet_model.forecast(past)

    assert one.model == "prophet"
    assert np.array_equal(one.band.upper_95, two.band.upper_95)
    assert (one.band.lower_95 >= 0).all()
    assert (one.band.lower_80 <= one.value).all()
    assert (one.value <= one.band.upper_80).all()
    assert capfd.readouterr() == ("", "")


def test_prophets_own_backtest_gives_it_scores():
    past = history(days(120), weekly_counts(120), FIRST + timedelta(days=120))

    scored = prophet_model.with_backtest(prophet_model.forecast(past), past)

    assert 0.2 < scored.scores.mase < 3
    assert 0 < scored.scores.coverage_80 <= scored.scores.coverage_95 <= 1
