"""Sentiment, forecasts and anomalies between Postgres and polars, against a real database."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest

from pipelines import signals
from pipelines.signals import sentiment
from pipelines.warehouse.connection import Warehouse

ACME, GLOBEX = UUID(int=1 << 96), UUID(int=2 << 96)
FIRST = date(2026, 1, 5)
DAYS = 160

INPUTS = """
create schema if not exists staging;
create schema if not exists intermediate;
create schema if not exists build;
create table staging.stg_gdelt__articles (tenant_id uuid, article_id uuid, title text, language text);
create table intermediate.int_issues__unioned (tenant_id uuid, issue_id uuid, title text, body_text text);
create table intermediate.int_tenants__as_of (tenant_id uuid, source text, as_of timestamptz);
create table build.kpi_daily (tenant_id uuid, metric text, entity text, day date, value float8, n bigint);
"""


@pytest.fixture
def filled(warehouse: Warehouse) -> Iterator[Warehouse]:
    """Two tenants; Globex lives in India, where a day ends earlier."""
    with warehouse.connect("loader") as connection:
        for tenant, slug, zone in ((ACME, "acme", "UTC"), (GLOBEX, "globex", "Asia/Kolkata")):
            connection.execute(
                "insert into app.tenant (tenant_id, slug, name, time_zone) values (%s, %s, %s, %s)",
                (tenant, slug, slug, zone),
            )
    execute(warehouse, INPUTS)
    yield warehouse


def execute(warehouse: Warehouse, query: str, *values: object) -> list[tuple]:
    with warehouse.connect("transformer") as connection:
        cursor = connection.execute(query, values or None)
        return cursor.fetchall() if cursor.description else []


def add_series(warehouse: Warehouse, tenant: UUID, metric: str, values: list[float]) -> None:
    rows = [(tenant, metric, "shop", FIRST + timedelta(days=day), value) for day, value in enumerate(values)]
    with warehouse.connect("transformer") as connection, connection.cursor() as cursor:
        cursor.executemany("insert into build.kpi_daily values (%s, %s, %s, %s, %s, 1)", rows)


def counts(seed: int) -> list[float]:
    return np.random.default_rng(seed).poisson(20, DAYS).astype(float).tolist()


def add_texts(warehouse: Warehouse) -> None:
    execute(
        warehouse,
        "insert into staging.stg_gdelt__articles values"
        " (%s, %s, 'Acme stock soars', 'English'), (%s, %s, 'Acme soars', 'German')",
        *(ACME, UUID(int=11), ACME, UUID(int=12)),
    )
    execute(
        warehouse,
        "insert into intermediate.int_issues__unioned values (%s, %s, 'Checkout outage', 'Customers cannot pay')",
        *(GLOBEX, UUID(int=21)),
    )


def scores(warehouse: Warehouse) -> dict[str, float | None]:
    return dict(execute(warehouse, "select entity_id, sentiment from ml.sentiments"))


def test_headlines_and_tickets_get_their_sentiment(filled: Warehouse):
    add_texts(filled)

    assert signals.score_texts(filled) == {"scored": 3, "written": 3, "deleted": 0}
    found = scores(filled)
    assert found[str(UUID(int=11))] > 0
    assert found[str(UUID(int=12))] is None
    assert found[str(UUID(int=21))] < 0


def test_only_texts_that_changed_are_scored_again_and_vanished_ones_go(filled: Warehouse):
    add_texts(filled)
    signals.score_texts(filled)
    execute(filled, "update intermediate.int_issues__unioned set title = 'Checkout fixed', body_text = null")
    execute(filled, "delete from staging.stg_gdelt__articles where language = 'German'")

    assert signals.score_texts(filled) == {"scored": 1, "written": 1, "deleted": 1}
    assert signals.score_texts(filled) == {"scored": 0, "written": 0, "deleted": 0}
    assert scores(filled)[str(UUID(int=21))] > 0


def test_scoring_all_gives_the_rows_of_scoring_what_changed(filled: Warehouse):
    add_texts(filled)
    signals.score_texts(filled)
    before = execute(filled, "select * from ml.sentiments order by entity_id")

    assert signals.score_texts(filled, full=True) == {"scored": 3, "written": 0, "deleted": 0}
    assert execute(filled, "select * from ml.sentiments order by entity_id") == before


def test_another_list_of_words_scores_everything_again(filled: Warehouse, monkeypatch: pytest.MonkeyPatch):
    add_texts(filled)
    signals.score_texts(filled)
    monkeypatch.setattr(sentiment, "scorer_version", lambda: "3.3.2+another")

    assert signals.score_texts(filled)["written"] == 3


def test_each_series_gets_thirty_days_of_each_model_and_one_is_published(filled: Warehouse):
    add_series(filled, ACME, "deployment_count", counts(1))
    today = FIRST + timedelta(days=DAYS)

    answer = signals.forecast_series(filled, today=today)

    assert answer == {"series": 1, "refused": 0, "written": 90, "deleted": 0}
    rows = execute(
        filled,
        "select model, min(day), max(day), bool_and(is_published) from ml.forecasts group by model order by model",
    )
    last = today + timedelta(days=29)
    assert rows == [
        ("combination", today, last, True),
        ("prophet", today, last, False),
        ("seasonal_naive", today, last, False),
    ]


def test_a_refused_series_has_one_row_a_model_with_the_reason(filled: Warehouse):
    add_series(filled, ACME, "deployment_count", [1.0, 2.0, 3.0])

    assert signals.forecast_series(filled, today=FIRST + timedelta(days=3))["refused"] == 1
    rows = execute(filled, "select model, day, made_on, value, is_published, refusal_reason from ml.forecasts")
    reason = "Only 3 measured days; a forecast needs 14."
    day = FIRST + timedelta(days=3)
    assert sorted(rows) == [
        (model, day, day, None, False, reason) for model in ("combination", "prophet", "seasonal_naive")
    ]


def test_the_unfinished_day_is_the_tenants_own(filled: Warehouse):
    evening = datetime(2026, 6, 1, 22, tzinfo=UTC)  # 03:30 of the next day in India
    for tenant in (ACME, GLOBEX):
        add_series(filled, tenant, "deployment_count", counts(1))
        execute(filled, "insert into intermediate.int_tenants__as_of values (%s, 'github', %s)", tenant, evening)

    execute(filled, "insert into intermediate.int_tenants__as_of values (%s, 'jira', null)", ACME)

    signals.forecast_series(filled, with_prophet=False)

    made_on = dict(execute(filled, "select distinct tenant_id, made_on from ml.forecasts"))
    assert made_on == {ACME: date(2026, 6, 1), GLOBEX: date(2026, 6, 2)}


def test_a_tenant_without_news_of_its_sources_ends_before_its_last_day(filled: Warehouse):
    add_series(filled, ACME, "deployment_count", counts(1))
    execute(filled, "insert into intermediate.int_tenants__as_of values (%s, 'jira', null)", ACME)

    signals.forecast_series(filled, with_prophet=False)

    assert execute(filled, "select distinct made_on from ml.forecasts") == [(FIRST + timedelta(days=DAYS - 1),)]


def test_a_run_for_one_tenant_leaves_the_others_alone(filled: Warehouse):
    for tenant in (ACME, GLOBEX):
        add_series(filled, tenant, "deployment_count", counts(1))
    today = FIRST + timedelta(days=DAYS)
    signals.forecast_series(filled, today=today, with_prophet=False)
    execute(filled, "delete from build.kpi_daily")

    assert signals.forecast_series(filled, [ACME], today, with_prophet=False)["deleted"] == 60
    assert execute(filled, "select distinct tenant_id from ml.forecasts") == [(GLOBEX,)]


def test_prophets_weekly_scores_are_kept_by_the_daily_run(filled: Warehouse):
    add_series(filled, ACME, "deployment_count", counts(1)[:90])
    today = FIRST + timedelta(days=90)
    scored = "select distinct mase from ml.forecasts where model = 'prophet'"
    signals.forecast_series(filled, today=today, prophet_backtest=True)
    weekly = execute(filled, scored)

    assert weekly[0][0] > 0
    assert signals.forecast_series(filled, today=today) == {"series": 1, "refused": 0, "written": 0, "deleted": 0}
    signals.forecast_series(filled, today=today + timedelta(days=1))
    assert execute(filled, scored) == weekly


def test_anomalies_are_stored_and_go_when_late_data_removes_their_cause(filled: Warehouse):
    values = counts(1)
    values[120] = 200.0
    add_series(filled, ACME, "deployment_count", values)
    today = FIRST + timedelta(days=DAYS)

    signals.detect_anomalies(filled, today=today)

    stored = "select day, value, direction, kind from ml.anomalies where day = %s"
    spike = FIRST + timedelta(days=120)
    assert execute(filled, stored, spike) == [(spike, 200.0, "up", "spike")]
    assert signals.detect_anomalies(filled, today=today) == {"series": 1, "written": 0, "deleted": 0}

    execute(filled, "update build.kpi_daily set value = 20 where day = %s", spike)
    signals.detect_anomalies(filled, today=today)
    assert execute(filled, stored, spike) == []


def test_nothing_to_forecast_is_no_error(filled: Warehouse):
    assert signals.forecast_series(filled) == {"series": 0, "refused": 0, "written": 0, "deleted": 0}
    assert signals.detect_anomalies(filled) == {"series": 0, "written": 0, "deleted": 0}
    assert signals.score_texts(filled) == {"scored": 0, "written": 0, "deleted": 0}
