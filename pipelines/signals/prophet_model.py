"""Prophet's forecast of a series, served beside the combination as `model = prophet`: silent, the same each time."""

import logging
from dataclasses import replace
from threading import Lock

import numpy as np
import pandas as pd

from pipelines.signals import backtest
from pipelines.signals.forecast import DRAWS, PROPHET, Forecast
from pipelines.signals.intervals import Band
from pipelines.signals.members import HORIZON, Array
from pipelines.signals.series import MIN_INTERVAL_DAYS, History

SERVED_DRAWS = 300  # 1,000 move the ends by half a point of coverage and cost three times as much
QUANTILES = (0.10, 0.90, 0.025, 0.975)
SEED = 20260101
_drawing = Lock()  # Prophet draws from NumPy's global state, which threads share


def forecast(history: History, draws: int = SERVED_DRAWS) -> Forecast:
    """Today's forecast by Prophet, without a backtest: that costs twelve fits and runs weekly."""
    reason = history.refusal()
    if reason is None and history.measured_days < MIN_INTERVAL_DAYS:
        reason = f"Only {history.measured_days} measured days; Prophet's forecast needs {MIN_INTERVAL_DAYS}."
    if reason:
        return Forecast(PROPHET, refusal_reason=reason)
    point, band = _fit(history, history.values, draws)
    return Forecast(PROPHET, point, band, interval_basis=DRAWS)


def with_backtest(made: Forecast, history: History, draws: int = SERVED_DRAWS) -> Forecast:
    """The same forecast with the scores of Prophet's own twelve origins."""
    if made.value is None:
        return made
    past = backtest.windows(history)
    if not len(past.actual):
        return made
    known = (~np.isnan(past.known[1:])).sum(axis=1)
    fits = [_fit(history, history.values[:days], draws) for days in known]
    points = np.array([point for point, _ in fits])
    bands = Band(*(np.array([getattr(band, end) for _, band in fits]) for end in Band.__dataclass_fields__))
    return replace(made, scores=backtest.scores(past, points, bands))


def silence() -> None:
    """Prophet and its optimiser say nothing but errors, from the first fit on."""
    logging.getLogger("prophet").setLevel(logging.ERROR)
    logging.getLogger("prophet.plot").setLevel(logging.CRITICAL)  # tells every importer that plotly is missing
    from cmdstanpy.utils import get_logger

    get_logger().setLevel(logging.ERROR)  # its first call sets the level itself, so it must be made before


def _fit(history: History, values: Array, draws: int) -> tuple[Array, Band]:
    """Point and band for the 30 days after `values`, fitted to measured days only."""
    silence()
    from prophet import Prophet  # half a second: only where a forecast is made

    days = pd.date_range(end=pd.Timestamp(history.end) - pd.Timedelta(days=1), periods=len(history.values))
    measured = ~np.isnan(values)
    model = Prophet(uncertainty_samples=0, daily_seasonality=False)
    model.fit(pd.DataFrame({"ds": days[: len(values)][measured], "y": values[measured]}), seed=SEED)
    ahead = pd.DataFrame({"ds": pd.date_range(days[len(values) - 1] + pd.Timedelta(days=1), periods=HORIZON)})
    point = _bounded(history, model.predict(ahead)["yhat"].to_numpy())
    model.uncertainty_samples = draws
    with _drawing:
        np.random.seed(SEED)
        samples = model.predictive_samples(ahead)["yhat"]
    ends = [_bounded(history, end) for end in np.quantile(samples, QUANTILES, axis=1)]
    lower_80, upper_80 = np.minimum(ends[0], point), np.maximum(ends[1], point)
    lower_95, upper_95 = np.minimum(ends[2], lower_80), np.maximum(ends[3], upper_80)
    return point, Band(lower_80, upper_80, lower_95, upper_95)


def _bounded(history: History, values: Array) -> Array:
    """Prophet knows no bounds: counts end at 0, rates at 0 and 1."""
    low = 0.0 if history.is_non_negative else -np.inf
    return np.clip(values, max(low, 0.0) if history.is_rate else low, 1.0 if history.is_rate else np.inf)
