"""The forecasts of many series as the rows of ml.forecasts."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta

import polars as pl

from pipelines.signals.backtest import NOT_MEASURED, Scores
from pipelines.signals.forecast import COMBINATION, PROPHET, SEASONAL_NAIVE, Forecast, forecast, prophet_is_published
from pipelines.signals.series import History

PROPHET_THREADS = 2  # Prophet's optimiser runs in a process of its own, so threads do help
SCORES = ("mase", "smape", "wis", "coverage_80", "coverage_95")
FORECASTS = {
    "tenant_id": pl.String,
    "metric": pl.String,
    "entity": pl.String,
    "model": pl.String,
    "day": pl.Date,
    "made_on": pl.Date,
    **dict.fromkeys(("value", "lower_80", "upper_80", "lower_95", "upper_95"), pl.Float64),
    "is_published": pl.Boolean,
    **dict.fromkeys(SCORES, pl.Float64),
    "beats_seasonal_naive": pl.Boolean,
    "interval_basis": pl.String,
    "refusal_reason": pl.String,
}


@dataclass(frozen=True)
class Series:
    """One KPI of one entity of one tenant, and what of it a forecast may know."""

    tenant_id: str
    metric: str
    entity: str
    days: list[date]
    values: list[float | None]
    history: History

    @property
    def name(self) -> tuple[str, str, str]:
        return (self.tenant_id, self.metric, self.entity)


def forecasts(
    series: Sequence[Series], prophet_scores: pl.DataFrame, with_prophet: bool = True, prophet_backtest: bool = False
) -> pl.DataFrame:
    """The rows of FORECASTS for these series: 30 days a model, or one row with the reason of a refusal.

    `prophet_scores` (tenant_id, metric, entity and SCORES) are those of Prophet's last backtest, which decide which
    model is published until the next one.
    """
    from threadpoolctl import threadpool_limits

    known = {row[:3]: Scores(*row[3:]) for row in prophet_scores.rows()}
    with threadpool_limits(1):
        made = [forecast(each.history) for each in series]
    prophets: list[Forecast | None] = [None] * len(series)
    if with_prophet:
        with ThreadPoolExecutor(PROPHET_THREADS) as pool:
            prophets = list(pool.map(lambda each: _prophet(each, known.get(each.name), prophet_backtest), series))
    rows = []
    for each, own, prophet in zip(series, made, prophets, strict=True):
        scores = prophet.scores if prophet else known.get(each.name, NOT_MEASURED)
        published = PROPHET if prophet_is_published(scores.mase, own[0].scores.mase) else COMBINATION
        if prophet:
            own = [*own, _compared(prophet, own)]
        for each_model in own:
            rows += list(_rows(each, each_model, published))
    return pl.DataFrame(rows, schema=FORECASTS, orient="row")


def _prophet(series: Series, known: Scores | None, has_backtest: bool) -> Forecast:
    from pipelines.signals import prophet_model  # imports pandas

    made = prophet_model.forecast(series.history)
    if has_backtest:
        return prophet_model.with_backtest(made, series.history)
    return replace(made, scores=known) if known and made.value is not None else made


def _compared(prophet: Forecast, own: list[Forecast]) -> Forecast:
    naive = next(each.scores.mase for each in own if each.model == SEASONAL_NAIVE)
    if prophet.scores.mase is None or naive is None:
        return prophet
    return replace(prophet, beats_seasonal_naive=prophet.scores.mase < naive)


def _rows(series: Series, made: Forecast, published: str) -> Iterator[tuple[object, ...]]:
    name, made_on = (*series.name, made.model), series.history.end
    is_published = made.model == published and made.value is not None
    rest = (
        is_published,
        *asdict(made.scores).values(),
        made.beats_seasonal_naive,
        made.interval_basis,
        made.refusal_reason,
    )
    if made.value is None:
        yield (*name, made_on, made_on, None, None, None, None, None, *rest)
        return
    for ahead, value in enumerate(made.value.tolist()):
        ends: list[float | None] = [None] * 4
        if made.band is not None:
            ends = [
                float(end[ahead])
                for end in (made.band.lower_80, made.band.upper_80, made.band.lower_95, made.band.upper_95)
            ]
        yield (*name, made_on + timedelta(days=ahead), made_on, value, *ends, *rest)
