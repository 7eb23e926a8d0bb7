"""Dates and counts from weekly throughput, against futures that are known."""

import numpy as np
import pytest

from pipelines.signals import monte_carlo

STEADY = np.full(12, 7.0)


def paths(weeks, remaining, start=1):
    return monte_carlo.paths(weeks, remaining, np.random.default_rng(start), runs=1_000)


def test_a_steady_team_delivers_when_division_says():
    path = paths(STEADY, 70)

    assert monte_carlo.dates(path, 70) == [70, 70, 70]
    assert monte_carlo.dates(path, 3) == [3, 3, 3]  # within a week evenly
    assert monte_carlo.counts(path, 4) == [28, 28, 28]


def test_a_surer_date_is_later_and_a_surer_count_is_less():
    path = paths(np.array([0.0, 9, 2, 5, 0, 7, 3, 1]), 40)
    days, counts = monte_carlo.dates(path, 40), monte_carlo.counts(path, 6)

    assert days == sorted(days) and len(set(days)) == 3
    assert counts == sorted(counts, reverse=True) and len(set(counts)) == 3


def test_what_is_further_than_three_years_has_no_date():
    assert monte_carlo.dates(paths(np.array([0.0, 0, 0, 0, 0, 1]), 5_000), 5_000) == [None, None, None]


def test_a_larger_scope_of_the_same_runs_changes_no_date_of_a_smaller_one():
    weeks = np.array([1.0, 4, 2, 0, 3, 5])

    assert monte_carlo.dates(paths(weeks, 20), 20) == monte_carlo.dates(paths(weeks, 200), 20)


@pytest.mark.parametrize(
    ("weeks", "reason"),
    [
        ([3.0] * 5, "Only 5 complete weeks; a forecast needs 6."),
        ([0.0] * 8, "Nothing was delivered in the last 8 complete weeks."),
        ([9.0] + [0.0] * 26, "Nothing was delivered in the last 26 complete weeks."),
        ([0.0] * 7 + [1.0], None),
    ],
)
def test_weeks_that_carry_no_forecast_are_refused_with_the_reason(weeks, reason):
    assert monte_carlo.refusal(np.array(weeks)) == reason


def test_seeds_are_the_same_on_every_machine_and_differ_between_tenants():
    assert monte_carlo.seed("a", "2026-03-02") == 6065020120945192254
    assert monte_carlo.seed("b", "2026-03-02") != monte_carlo.seed("a", "2026-03-02")


@pytest.mark.parametrize("weeks_known", [6, 26])
def test_promises_are_kept_about_as_often_as_they_say(weeks_known):
    """400 teams with uneven weeks, each judged by a future that it drew itself."""
    world = np.random.default_rng(weeks_known)
    kept_dates, kept_counts, teams = np.zeros(3), np.zeros(3), 400
    for _ in range(teams):
        weeks = world.negative_binomial(2, 0.2, weeks_known + 100).astype(float)
        known, future = weeks[:weeks_known], np.concatenate([[0.0], weeks[weeks_known:].cumsum()])
        path = monte_carlo.paths(known, 60, np.random.default_rng(world.integers(1 << 32)), runs=300)
        came = monte_carlo.days_until(future[None], 60)[0]
        kept_dates += [came <= (np.inf if days is None else days) for days in monte_carlo.dates(path, 60)]
        kept_counts += [future[4] >= count for count in monte_carlo.counts(path, 4)]

    for share in (kept_dates / teams, kept_counts / teams):
        assert 0.47 <= share[0] <= 0.6
        assert 0.8 <= share[1] <= 0.9
        assert 0.91 <= share[2] <= 0.98


def test_the_backtest_of_a_project_judges_promises_by_what_came():
    steady = monte_carlo.backtest(STEADY, np.random.default_rng(1))
    falling = monte_carlo.backtest(np.concatenate([np.full(12, 10.0), np.full(12, 1.0)]), np.random.default_rng(1))

    assert steady == (3, 1.0)
    assert falling[0] == 15 and falling[1] < 0.7
    assert monte_carlo.backtest(STEADY[:9], np.random.default_rng(1)) == (0, None)
