"""Anomalies of daily series: found where they were put, and seldom elsewhere."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipelines.signals.anomaly import anomalies

FIRST = date(2024, 1, 1)
WEEK = np.array([1.0, 1.1, 1.05, 1.0, 0.9, 0.5, 0.4])


def clean(kind: str, seed: int, count: int = 400) -> np.ndarray:
    random = np.random.default_rng(seed)
    week = WEEK[np.arange(count) % 7]
    if kind == "busy":
        return random.poisson(40 * week).astype(float)
    if kind == "workdays":
        return random.poisson(8 * week * (week > 0.6)).astype(float)
    if kind == "rare":
        return random.poisson(0.4, count).astype(float)
    if kind == "hours":
        return random.lognormal(2.5, 0.5, count)
    return random.normal(5000, 300, count) * week


def found(values: np.ndarray, as_of: int | None = None) -> pl.DataFrame:
    days = [FIRST + timedelta(days=day) for day in range(len(values))]
    return anomalies(days, values.tolist(), FIRST + timedelta(days=len(values) if as_of is None else as_of))


def at(day: int) -> date:
    return FIRST + timedelta(days=day)


@pytest.mark.parametrize("kind", ["busy", "workdays", "rare", "hours", "large"])
def test_a_clean_series_alarms_at_most_seven_times_in_a_hundred_weeks(kind: str):
    alarms = sum(found(clean(kind, seed)).height for seed in range(30))

    assert alarms / (30 * (400 - 42) / 7) <= 0.07


@pytest.mark.parametrize("kind", ["hours", "large"])
def test_spikes_are_seen(kind: str):
    seen = 0
    for seed in range(20):
        values = clean(kind, seed)
        values[300] = values[300] + 3 * values.mean() if kind == "hours" else values[300] * 2.5
        rows = found(values).filter(pl.col("day") == at(300))
        seen += rows.select("direction", "kind").rows() == [("up", "spike")]

    assert seen >= 16


def test_a_drop_is_seen_with_what_was_expected():
    values = clean("large", 1)
    values[300] *= 0.2

    row = found(values).row(by_predicate=pl.col("day") == at(300), named=True)

    assert (row["direction"], row["kind"]) == ("down", "drop")
    assert row["score"] < -3
    assert row["expected"] == pytest.approx(5000 * WEEK[300 % 7], rel=0.15)


@pytest.mark.parametrize("kind", ["busy", "large"])
def test_a_shift_of_level_alarms_once_within_two_weeks_and_becomes_the_new_level(kind: str):
    for seed in range(10):
        values = clean(kind, seed)
        values[250:] = np.round(values[250:] * 1.8)

        shifts = found(values).filter((pl.col("kind") == "level_shift") & (pl.col("day") >= at(250)))["day"]

        assert shifts[0] < at(265)
        assert len(shifts.filter(shifts < at(310))) == 1


def test_the_unfinished_day_is_never_scored():
    values = np.append(clean("large", 1), 0.0)

    assert found(values).filter(pl.col("day") == at(400)).height == 1
    assert found(values, as_of=400).filter(pl.col("day") >= at(400)).is_empty()


def test_the_first_42_days_are_for_learning():
    values = clean("large", 1)
    values[20] = values[41] = 50_000
    values[60] = 50_000

    assert found(values)["day"][0] == at(60)


def test_a_verdict_does_not_change_when_later_days_come():
    values = clean("busy", 3)
    values[[200, 310]] = 300
    values[350:] *= 3

    whole = found(values)

    assert_frame_equal(found(values[:320]), whole.filter(pl.col("day") < at(320)))


def test_days_without_a_value_are_neither_scored_nor_learnt():
    values = clean("large", 2)
    values[[100, 150, 151, 152]] = np.nan

    days = found(values)["day"].to_list()

    assert not {at(100), at(150), at(151), at(152)} & set(days)


def test_a_series_without_variation_has_no_scale_and_no_alarm():
    assert found(np.full(200, 0.25)).is_empty()
