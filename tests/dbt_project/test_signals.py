"""News, weather, rates, KPI series and sync health, on rows whose figures can be worked out by hand."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from pipelines import tenants
from tests.dbt_project.project import Project

MODELS = (
    "+news_articles +news_daily +weather_hourly +weather_daily +exchange_rates_daily +sync_health +forecasts +anomalies"
)
MARTS = ("news_articles", "news_daily", "weather_hourly", "weather_daily", "exchange_rates_daily", "sync_health")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Observer:
    """A tenant in Tokyo (UTC+9) with two places of one name, and what it read about them."""

    def __init__(self, project: Project, slug: str) -> None:
        self.project = project
        self.tenant_id: UUID = tenants.create(project.warehouse, slug, slug, "Asia/Tokyo").tenant_id
        self.place = {"US": str(uuid4()), "AU": str(uuid4())}
        self.connections: dict[str, UUID] = {}
        with project.warehouse.connect("loader") as database:
            for country, place_id in self.place.items():
                database.execute(
                    "insert into app.place (tenant_id, place_id, name, country_code)"
                    " values (%s, %s, 'Springfield', %s)",
                    [self.tenant_id, place_id, country],
                )
            for source in ("gdelt", "open_meteo", "exchange_rates"):
                self.connections[source] = uuid4()
                database.execute(
                    "insert into app.connection (tenant_id, connection_id, source, name, config)"
                    " values (%s, %s, %s, %s, '{}')",
                    [self.tenant_id, self.connections[source], source, f"{source} of {slug}"],
                )

    def read(self, source: str, hours: float, **tables: list[dict]) -> None:
        self.project.load(self.tenant_id, self.connections[source], source, NOON + timedelta(hours=hours), tables)

    def article(self, name: str, hours: float, place: str = "US") -> dict:
        return {
            "place_id": self.place[place], "url": f"https://news.example/{name}", "title": name,
            "seen_at": NOON + timedelta(hours=hours), "domain": "news.example", "language": "English",
        }  # fmt: skip

    def bin(self, mode: str, hours: float, value: float, resolution: str = "hour", norm: float | None = None) -> dict:
        return {
            "place_id": self.place["US"], "mode": mode, "at": NOON + timedelta(hours=hours), "value": value,
            "norm": norm, "resolution": resolution,
        }  # fmt: skip

    def hour(self, hours: float, degrees: float, kind: str = "forecast") -> dict:
        return {
            "place_id": self.place["US"], "kind": kind, "at": NOON + timedelta(hours=hours), "temperature_2m": degrees,
            "weather_code": 61,
        }  # fmt: skip

    def score(self, article: str, sentiment: float | None, version: str = "1") -> None:
        """What the sentiment scorer writes."""
        with self.project.warehouse.connect("transformer") as database:
            database.execute(
                "insert into ml.sentiments"
                " (tenant_id, entity_kind, entity_id, content_hash, sentiment, scorer, scorer_version)"
                " select tenant_id, 'news_article', article_id, '', %s, 'lexicon', %s from staging.stg_gdelt__articles"
                " where tenant_id = %s and title = %s on conflict (tenant_id, entity_kind, entity_id)"
                " do update set sentiment = excluded.sentiment, scorer_version = excluded.scorer_version",
                [sentiment, version, self.tenant_id, article],
            )

    def rows(self, mart: str, order: str = "1") -> list[dict]:
        return self.project.rows(mart, self.tenant_id, order)


def build(project: Project, full: bool = False) -> None:
    build_id = project.open()
    project.run(MODELS, full)
    project.close(build_id)


@pytest.fixture(scope="module")
def observer(project: Project) -> Observer:
    one = Observer(project, "observer")
    one.read(
        "gdelt", 0,
        articles=[
            one.article("good", -1), one.article("bad", -1), one.article("tomorrow there", 4),
            one.article("far", 0, "AU"),
        ],
        timelines=[
            one.bin("volume", -2, 3, norm=100), one.bin("tone", -2, 1.0), one.bin("volume", -1, 1, norm=100),
            one.bin("tone", -1, -3.0), one.bin("tone", -3, 0.0),  # nothing was written then: this 0 is no tone
            one.bin("volume", 36, 7, "day"), one.bin("tone", 36, 2.0, "day"),  # midnight UTC, 9 in the morning in Tokyo
        ],
    )  # fmt: skip
    one.read(
        "open_meteo", 0,
        hourly=[one.hour(-1, 8.0), one.hour(-2, 7.0), one.hour(-2, 7.5, "archive"), one.hour(1, 9.0)],
        daily=[{"place_id": one.place["US"], "kind": "forecast", "day": date(2026, 3, 2), "weather_code": 95}],
    )  # fmt: skip
    rate = {"base": "EUR", "currency": "USD", "day": date(2026, 2, 27)}
    rates = {"ecb": 1.08, "other": 1.1}
    one.read("exchange_rates", 0, rates=[{**rate, "provider": name, "rate": value} for name, value in rates.items()])
    build(project)
    one.score("good", 0.5)
    one.score("bad", -0.1)
    one.score("tomorrow there", None)
    build(project)  # new scores alone reach the marts
    return one


def test_the_feed_says_when_news_were_seen_and_how_they_sound(observer: Observer):
    feed = {row["title"]: row for row in observer.rows("news_articles")}

    assert (feed["good"]["sentiment"], feed["good"]["sentiment_scorer"]) == (0.5, "lexicon")
    assert (feed["far"]["sentiment"], feed["far"]["sentiment_scorer"], feed["far"]["content"]) == (None, None, None)
    assert feed["good"]["published_at"] == NOON - timedelta(hours=1)


def test_two_places_of_one_name_are_told_apart(observer: Observer):
    assert {row["place"] for row in observer.rows("news_articles")} == {"Springfield (US)", "Springfield (AU)"}


def test_a_day_of_news_is_the_tenants_and_missing_is_not_zero(observer: Observer):
    days = {(row["place"], row["day"].isoformat()): row for row in observer.rows("news_daily")}
    today, tomorrow = days["Springfield (US)", "2026-03-02"], days["Springfield (US)", "2026-03-03"]

    assert (today["article_count"], today["sentiment_n"], today["coverage"]) == (2, 2, 1.0)
    assert today["sentiment"] == pytest.approx(0.2)
    assert (today["volume"], today["volume_share"], today["tone"]) == (4, 0.02, 0.0)  # (3 x 1 + 1 x -3) / 4
    assert (tomorrow["article_count"], tomorrow["sentiment"], tomorrow["coverage"]) == (1, None, 0.0)
    assert (tomorrow["volume"], tomorrow["tone"]) == (None, None)


def test_a_bin_of_a_whole_day_stays_the_day_that_gdelt_means(observer: Observer):
    days = {(row["place"], row["day"].isoformat()): row for row in observer.rows("news_daily")}

    whole = days["Springfield (US)", "2026-03-04"]
    assert (whole["volume"], whole["article_count"]) == (7, None)


def test_the_archive_comes_before_the_forecast_and_hours_to_come_are_forecasts(observer: Observer):
    hours = [(row["temperature_celsius"], row["is_forecast"]) for row in observer.rows("weather_hourly", "measured_at")]

    assert hours == [(7.5, False), (8.0, False), (9.0, True)]
    assert {row["conditions"] for row in observer.rows("weather_hourly")} == {"Slight rain"}
    (day,) = observer.rows("weather_daily")
    assert (day["conditions"], day["is_forecast"]) == ("Thunderstorm", True)


def test_rates_of_two_providers_stay_apart_and_weekends_stay_empty(observer: Observer):
    rates = {(row["provider"], row["day"].isoformat()): row["rate"] for row in observer.rows("exchange_rates_daily")}

    assert rates == {("ecb", "2026-02-27"): 1.08, ("other", "2026-02-27"): 1.1}


def test_sync_health_counts_what_failed_and_how_far_behind_a_source_is(project: Project):
    one = Observer(project, "health")
    one.read("gdelt", 0)
    one.read("open_meteo", 2)
    with project.warehouse.connect("loader") as database:
        for hours, error in ((3, "rate_limited"), (4, "credentials")):
            database.execute(
                "insert into app.sync_run (tenant_id, connection_id, source, resource, started_at, finished_at, status,"
                " error_class, error_message) values (%s, %s, 'gdelt', 'all', %s, %s, 'failed', %s, 'Do: wait.')",
                [one.tenant_id, one.connections["gdelt"], *[NOON + timedelta(hours=hours)] * 2, error],
            )
        key = (one.tenant_id, one.connections["gdelt"])
        database.execute("insert into app.completeness values (%s, %s, 'all', 8, 6, %s)", [*key, NOON])
        database.execute("insert into app.connection_quota values (%s, %s, 100, 40, null, %s)", [*key, NOON])
        database.execute(
            "insert into app.sync_hold (tenant_id, connection_id, resource, error_class, reason, needs_attention,"
            " updated_at) values (%s, %s, '', 'credentials', 'refused', true, %s)",
            [*key, NOON],
        )
        for record in ("1", "2"):
            database.execute(
                "insert into app.quarantine (tenant_id, connection_id, table_name, record_key, source, resource,"
                " reason, record, first_seen_at, last_seen_at)"
                " values (%s, %s, 'articles', %s, 'gdelt', 'all', 'no url', '{}', %s, %s)",
                [*key, record, NOON, NOON],
            )
    build(project)

    news, weather = one.rows("sync_health", "source")
    told = ("needs_attention", "quarantined_count", "completeness", "source_count", "quota_left", "quota_limit")
    assert [news[name] for name in told] == [True, 2, 0.75, 8, 40, 100]
    assert [weather[name] for name in told] == [False, 0, None, None, None, None]
    assert (news["run_count"], news["success_rate"], news["last_status"]) == (3, pytest.approx(1 / 3), "failed")
    assert news["errors_by_class"] == {"rate_limited": 1, "credentials": 1}
    assert (news["last_error_class"], news["last_success_at"], news["lag_seconds"]) == ("credentials", NOON, 7200)
    assert (weather["success_rate"], weather["lag_seconds"], weather["last_error_at"]) == (1, 0, None)


def test_signals_built_bit_by_bit_equal_a_full_refresh(project: Project, observer: Observer):
    gone = {**observer.article("bad", -1), "_deleted_at": NOON}
    observer.read("gdelt", 20, articles=[gone, observer.article("new", 19)])
    observer.read("open_meteo", 20, hourly=[observer.hour(1, 9.5, "archive")])  # and the day is over by now
    observer.score("good", 0.6, version="2")
    build(project)

    assert {row["title"] for row in observer.rows("news_articles")} == {"good", "tomorrow there", "far", "new"}
    assert not any(row["is_forecast"] for row in [*observer.rows("weather_hourly"), *observer.rows("weather_daily")])
    found = project.checksums(MARTS)
    build(project, full=True)
    assert found == project.checksums(MARTS)


def test_forecasts_and_anomalies_follow_what_was_computed(project: Project, observer: Observer):
    insert = "insert into ml.anomalies values (%s, 'm', 'e', %s, 9, 5, 4, 'up', 'spike')"
    with project.warehouse.connect("transformer") as database:
        database.execute(insert, [observer.tenant_id, date(2026, 3, 1)])
    build(project)
    assert [row["score"] for row in observer.rows("anomalies")] == [4]

    with project.warehouse.connect("transformer") as database:
        database.execute("delete from ml.anomalies")
    build(project)
    assert observer.rows("anomalies") == []
