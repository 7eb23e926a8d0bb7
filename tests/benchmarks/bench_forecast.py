"""Forecasts: the time of twelve origins and the forecast against one Prophet fit, and the error on recorded series."""

import csv
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipelines.signals import forecast, members, prophet_model
from pipelines.signals.series import History, filled, history, seasonal_scale
from tests.benchmarks.report import figure, interleaved

RECORDED = Path(__file__).parents[3] / "shared" / "data"
CURRENCIES = "USD JPY GBP CHF SEK NOK CAD AUD CZK PLN".split()  # noqa: SIM905
SERIES, DAYS = 50, 730
ORIGINS, STEP = 6, 30  # days between origins; the last has its 30 days
FIRST = date(2024, 1, 1)


def run() -> list[dict[str, Any]]:
    """Speed on generated series, then error and coverage on recorded ones where they are there."""
    lines = [_speed()]
    if RECORDED.is_dir():
        lines += _accuracy()
    else:
        print(f"recorded series ({RECORDED}) are not on this machine: error and coverage are not measured")
    return lines


def _speed() -> dict[str, Any]:
    """Seconds for all series, subject and reference in turns series by series, each the median of three rounds."""
    ours = theirs = 0.0
    _prophet(_generated(0), draws=10)  # imported before the clock runs
    for seed in range(SERIES):
        past = _generated(seed)
        mine, reference = interleaved(
            lambda past=past: _seconds(lambda: forecast.forecast(past)),
            lambda past=past: _seconds(lambda: _prophet(past, draws=1000)),
        )
        ours, theirs = ours + mine, theirs + reference
    return figure("forecast", "13 fits of 50 series", ours, "s", reference=theirs, goal=2.0, at_most=True)


def _accuracy() -> list[dict[str, Any]]:
    """Geometric means of MASE over the series, six origins each."""
    errors: list[np.ndarray] = []
    inside: list[float] = []
    for days, values in recorded_series():
        known = dict(zip(days, values, strict=True))
        of_origins = []
        for origin in range(ORIGINS):
            as_of = max(days) + timedelta(days=1 - members.HORIZON - STEP * origin)
            past = history(days, values, as_of)
            actual = np.array([known.get(as_of + timedelta(days=ahead), np.nan) for ahead in range(members.HORIZON)])
            made = forecast.forecast(past)[0]
            week = filled(past.values)[-1 - members.classes_ahead()]
            points = np.stack([made.value, _prophet(past, draws=0), week])  # type: ignore[list-item]
            of_origins.append(np.nanmean(np.abs(points - actual), axis=1) / seasonal_scale(past.values))
            measured = ~np.isnan(actual)
            inside += ((made.band.lower_80 <= actual) & (actual <= made.band.upper_80))[measured].tolist()  # type: ignore[union-attr]
        errors.append(np.mean(of_origins, axis=0))
    combination, prophet, naive = np.exp(np.log(np.array(errors)).mean(axis=0)).tolist()
    coverage = float(np.mean(inside))
    return [
        figure("forecast", "MASE against Prophet", combination, "MASE", reference=prophet, goal=0.9, at_most=True),
        figure(
            "forecast", "MASE against seasonal naive", combination, "MASE", reference=naive, goal=0.95, at_most=True
        ),
        figure("forecast", "80 % interval covers at least", coverage, "ratio", reference=1.0, goal=0.75),
        figure("forecast", "80 % interval covers at most", coverage, "ratio", reference=1.0, goal=0.88, at_most=True),
    ]


def recorded_series() -> list[tuple[list[date], list[float | None]]]:
    """The two daily files and ten exchange rates; days without a value (weekends of the rates) are absent."""
    found: list[tuple[list[date], list[float | None]]] = []
    for name in ("example_wp_log_peyton_manning", "example_pedestrians_covid"):
        with (RECORDED / "series" / f"{name}.csv").open() as lines:
            rows = [(date.fromisoformat(row["ds"]), float(row["y"])) for row in csv.DictReader(lines)]
        found.append(([day for day, _ in rows], [value for _, value in rows]))
    with (RECORDED / "fx_ecb" / "eurofxref_to_2023.csv").open() as lines:
        rates = list(csv.DictReader(lines))
    for currency in CURRENCIES:
        rows = [
            (date.fromisoformat(row["Date"]), float(row[currency])) for row in rates if row[currency] not in ("N/A", "")
        ]
        found.append(([day for day, _ in rows], [value for _, value in rows]))
    return found


def _generated(seed: int) -> History:
    """Two years of a count with a working week, a year and a shift."""
    chance = np.random.default_rng(seed)
    at = np.arange(DAYS)
    week = np.array([1.0, 1.1, 1.05, 1.0, 0.9, 0.2, 0.1])[at % 7]
    level = chance.uniform(5, 50) * (1 + 0.3 * np.sin(2 * np.pi * at / 365.25)) * np.where(at > 500, 1.3, 1)
    values = chance.poisson(level * week).astype(float).tolist()
    return history([FIRST + timedelta(days=int(day)) for day in at], values, FIRST + timedelta(days=DAYS))


def _prophet(past: History, draws: int) -> np.ndarray:
    """Prophet as it comes, weekly and yearly on: its point forecast of the same days."""
    prophet_model.silence()
    from prophet import Prophet

    days = pd.date_range(end=pd.Timestamp(past.end) - pd.Timedelta(days=1), periods=len(past.values))
    model = Prophet(
        uncertainty_samples=draws, weekly_seasonality=True, yearly_seasonality=True, daily_seasonality=False
    )
    measured = ~np.isnan(past.values)
    model.fit(pd.DataFrame({"ds": days[measured], "y": past.values[measured]}))
    return model.predict(pd.DataFrame({"ds": pd.date_range(past.end, periods=members.HORIZON)}))["yhat"].to_numpy()


def _seconds(work: Any) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    run()
