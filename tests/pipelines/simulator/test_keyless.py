"""News, weather, exchange rates and places: shapes, refusals, and a past that never changes."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import httpx
import msgspec
import pytest

from pipelines.simulator import gdelt, geonames, news, open_meteo, rates
from pipelines.simulator.clock import parse_instant
from pipelines.simulator.company import Charter
from pipelines.simulator.exchange_rates import NotFound, frankfurter, v4
from pipelines.simulator.gdelt_query import Refused, parse
from pipelines.simulator.server import running

NOW = parse_instant("2026-06-01T12:00:00Z")
DAY = 86_400
WEATHER = {"latitude": "52.52", "longitude": "13.41", "hourly": "temperature_2m", "timezone": "UTC"}


def ask(now: int = NOW, **query: str) -> dict:
    return gdelt.read({"query": "Berlin", "mode": "artlist", "timespan": "1d", **query}, now)


# -- news


def test_news_of_the_past_is_the_same_whenever_it_is_read():
    window = {"startdatetime": "20260520000000", "enddatetime": "20260521000000", "maxrecords": "250"}
    assert ask(NOW, **window) == ask(NOW + 40 * DAY, **window)
    assert len(ask(**window)["articles"]) > 3


def test_nothing_of_the_future_is_news():
    found = ask(enddatetime="20261231000000", startdatetime="20260601000000", maxrecords="250")["articles"]
    assert max(article["seendate"] for article in found) <= gdelt.stamp(NOW)


def test_a_list_ends_at_250_and_halves_are_whole():
    window = ("20260301000000", "20260601000000")
    assert len(ask(startdatetime=window[0], enddatetime=window[1], maxrecords="9999")["articles"]) == 250
    week = ask(startdatetime="20260501000000", enddatetime="20260508000000", maxrecords="250")["articles"]
    halves = [
        ask(startdatetime="20260501000000", enddatetime="20260504115959", maxrecords="250")["articles"],
        ask(startdatetime="20260504120000", enddatetime="20260508000000", maxrecords="250")["articles"],
    ]
    assert sorted(a["url"] for a in week) == sorted(a["url"] for half in halves for a in half)


def test_volume_leaves_empty_bins_out_and_fits_the_articles():
    window = {"startdatetime": "20260530000000", "enddatetime": "20260601000000"}
    answer = ask(mode="timelinevolraw", **window)
    points = answer["timeline"][0]["data"]
    articles = ask(maxrecords="250", **window)["articles"]

    assert answer["query_details"]["date_resolution"] == "15m"
    assert 0 < len(points) < 2 * 96 and all(point["value"] > 0 < point["norm"] for point in points)
    assert sum(point["value"] for point in points) == len(articles)


def test_resolution_follows_the_span():
    spans = {"1d": "15m", "5d": "hour", "30d": "day"}
    for span, name in spans.items():
        assert ask(mode="timelinetone", timespan=span)["query_details"]["date_resolution"] == name


def test_what_is_unknown_gives_an_empty_object():
    assert ask(query="Zzyzx Nowhere") == {}
    assert ask(query="Berlin theme:TERROR") == {}


def test_the_press_of_a_language_can_be_asked_for():
    german = ask(query="Berlin sourcelang:deu", timespan="30d")["articles"]
    english = ask(query="Berlin sourcelang:eng", timespan="30d")["articles"]
    assert {article["language"] for article in german} == {"German"}
    assert {article["language"] for article in english} == {"English"}


def test_some_articles_are_syndicated():
    found = ask(query="(Berlin OR London)", timespan="14d", maxrecords="250")["articles"]
    titles = [(article["title"], article["seendate"]) for article in found]
    assert len(set(titles)) < len(titles)
    assert len({article["url"] for article in found}) == len(found)


def test_bad_news_has_a_bad_tone():
    berlin = next(place for place in geonames.places() if place.name == "Berlin")
    articles = [
        a for number in range(NOW // news.BIN - 9000, NOW // news.BIN) for a in news.bin_articles(berlin, number)
    ]
    sad = [article.tone for article in articles if "crash" in article.title or "Unwetter" in article.title]
    glad = [article.tone for article in articles if "acclaim" in article.title or "Sunny" in article.title]
    assert sum(sad) / len(sad) < -3 < 3 < sum(glad) / len(glad)


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("x", "too short or too long"),
        ("b" * 300, "too short or too long"),
        ("Berlin OR London", "must be surrounded by"),
        ("(Berlin London)", "only be used around OR'd"),
        ('"ab" Berlin', "phrase is too short"),
        ("Berlin sourcecountry:qq", "Invalid/Unsupported Country"),
    ],
)
def test_gdelt_complains_in_its_own_words(query, complaint):
    with pytest.raises(Refused, match=complaint):
        parse(query)


def test_a_backslash_in_a_title_makes_the_json_invalid():
    text = gdelt.encoded({"articles": [{"title": r"a \d title"}]})
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(text)


def test_complaints_come_as_text_with_status_200_and_a_pace_is_kept():
    with running([Charter("acme", days=5)]) as simulator:
        address = f"{simulator.url}/gdelt/api/v2/doc/doc"
        simulator.post("/world/settings", {"gdelt_seconds_between_requests": 0})
        answer = httpx.get(address, params={"query": "Berlin", "timespan": "10min"})
        assert (answer.status_code, answer.text) == (200, "Timespan is too short.")
        assert answer.headers["content-type"].startswith("text/html")

        simulator.post("/world/settings", {"gdelt_seconds_between_requests": 5})
        assert "every 5 seconds" in httpx.get(address, params={"query": "Berlin"}).text


# -- weather


def temperatures(now: int, first: str, last: str, kind: str = "archive") -> list[float | None]:
    query = {**WEATHER, "start_date": first, "end_date": last}
    return open_meteo.answer(query, now, kind == "archive")["hourly"]["temperature_2m"]


def test_weather_of_the_past_stays_and_the_newest_hours_are_null():
    assert temperatures(NOW, "2026-05-01", "2026-05-20") == temperatures(NOW + 20 * DAY, "2026-05-01", "2026-05-20")
    newest = temperatures(NOW, "2026-05-29", "2026-06-01")
    assert newest[0] is not None and newest[-1] is None


def test_a_forecast_is_wrong_by_more_the_further_it_looks():
    def error(days: int) -> float:
        slips = []
        for n in range(40):
            now = NOW - n * 3 * DAY
            day = datetime.fromtimestamp(now + days * DAY, UTC).date().isoformat()
            was, is_ = temperatures(now, day, day, "forecast"), temperatures(now + 60 * DAY, day, day)
            slips += [abs(a - b) for a, b in zip(was, is_, strict=True) if a is not None and b is not None]
        return sum(slips) / len(slips)

    assert error(-3) == 0 < error(1) < error(6)


def test_summers_are_warmer_and_india_is_warmer_still():
    winter = [t for t in temperatures(NOW, "2026-01-05", "2026-02-05") if t is not None]
    summer = [t for t in temperatures(NOW + 90 * DAY, "2026-07-01", "2026-08-01") if t is not None]
    query = {**WEATHER, "latitude": "12.97", "longitude": "77.59", "start_date": "2026-01-05", "end_date": "2026-02-05"}
    bengaluru = open_meteo.answer(query, NOW, True)["hourly"]["temperature_2m"]
    average = [sum(values) / len(values) for values in (winter, summer, bengaluru)]
    assert average[0] + 12 < average[1] and average[0] + 15 < average[2]


def test_one_place_is_an_object_and_several_are_an_array():
    two = open_meteo.answer({**WEATHER, "latitude": "52.5,48.1", "longitude": "13.4,11.6"}, NOW, False)
    assert isinstance(open_meteo.answer(WEATHER, NOW, False), dict)
    assert [one.get("location_id") for one in two] == [None, 1]
    assert two[0]["latitude"] != 52.52 and two[0]["hourly_units"] == {"time": "iso8601", "temperature_2m": "°C"}
    assert two[0]["hourly"]["time"][0] == "2026-06-01T00:00"


def test_a_zone_moves_the_hours_and_is_told_as_an_offset():
    utc = open_meteo.answer(WEATHER, NOW, False)
    berlin = open_meteo.answer({**WEATHER, "timezone": "Europe/Berlin"}, NOW, False)
    assert (utc["utc_offset_seconds"], berlin["utc_offset_seconds"]) == (0, 7200)
    assert berlin["hourly"]["time"][0] == "2026-06-01T00:00"
    assert berlin["hourly"]["temperature_2m"][2:24] == utc["hourly"]["temperature_2m"][:22]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"latitude": "91"}, "Latitude must be in range"),
        ({"hourly": "temp"}, "invalid String value temp"),
        ({"latitude": "1,2"}, "same number of elements"),
        ({"timezone": "Nowhere/City"}, "Invalid timezone"),
        ({"forecast_days": "17"}, "out of range"),
        ({"start_date": "2026-13-01", "end_date": "2026-13-01"}, "Invalid date format"),
        ({"start_date": "2026-06-02", "end_date": "2026-06-01"}, "End-date must be larger"),
        ({"start_date": "2026-06-01", "end_date": "2026-06-01", "past_days": "2"}, "mutually exclusive"),
    ],
)
def test_open_meteo_gives_a_reason(changed, reason):
    with pytest.raises(open_meteo.Refused, match=reason):
        open_meteo.answer({**WEATHER, **changed}, NOW, False)


# -- exchange rates


def test_weekends_and_holidays_have_no_rates():
    now = datetime.fromtimestamp(NOW, UTC)
    days = frankfurter("2026-04-01..2026-05-31", "EUR", "USD", now)["rates"]
    quoted = {date.fromisoformat(day) for day in days}
    assert all(day.weekday() < 5 for day in quoted)
    assert not quoted & {date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 1)}  # Good Friday, Easter Monday, May Day
    assert len(quoted) == 43 - 3


def test_a_sunday_answers_friday_and_the_base_is_left_out():
    now = datetime.fromtimestamp(NOW, UTC)
    answer = frankfurter("2026-05-31", "USD", "", now)
    assert answer["date"] == "2026-05-29" and "USD" not in answer["rates"] and "EUR" in answer["rates"]


def test_todays_rates_come_in_the_afternoon():
    noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
    assert frankfurter("latest", "", "", noon)["date"] == "2026-05-29"
    assert frankfurter("latest", "", "", noon + timedelta(hours=4))["date"] == "2026-06-01"


def test_v4_rounds_and_mixes_whole_numbers_with_floats():
    answer = v4("USD", datetime.fromtimestamp(NOW, UTC))
    found = answer["rates"]
    assert found["USD"] == 1 and isinstance(found["BBD"], int) and isinstance(found["EUR"], float)
    assert answer["time_last_updated"] == parse_instant("2026-06-01T00:00:00Z") + 1
    assert abs(found["EUR"] - rates.rate("USD", "EUR", date(2026, 6, 1))) < 0.005


def test_rates_move_and_agree_across_bases():
    series = [rates.rate("EUR", "USD", date(2026, 1, 1) + timedelta(days=n)) for n in range(150)]
    assert len(set(series)) == 150 and 0.85 < min(series) < max(series) < 1.35
    assert max(abs(b / a - 1) for a, b in pairwise(series)) < 0.03
    day = date(2026, 3, 3)
    assert rates.rate("EUR", "JPY", day) == pytest.approx(rates.rate("EUR", "USD", day) * rates.rate("USD", "JPY", day))


@pytest.mark.parametrize(("period", "base"), [("latest", "XYZ"), ("tomorrow", ""), ("2026-05-05..2026-05-01", "")])
def test_frankfurter_finds_nothing_for_nonsense(period, base):
    with pytest.raises(NotFound):
        frankfurter(period, base, "", datetime.fromtimestamp(NOW, UTC))


# -- places


def test_coordinates_are_strings_and_accents_do_not_matter():
    found = geonames.search({"q": "zurich", "username": "demo", "style": "FULL"})["geonames"]
    assert [(place["name"], place["lat"], place["timezone"]["timeZoneId"]) for place in found] == [
        ("Zürich", "47.36667", "Europe/Zurich")
    ]
    assert isinstance(found[0]["population"], int)


def test_several_places_share_a_name_and_a_country_parts_them():
    found = geonames.search({"name_equals": "Springfield", "username": "demo"})
    assert found["totalResultsCount"] == 2
    assert geonames.search({"q": "Berlin", "country": "US", "username": "demo"})["geonames"] == []


@pytest.mark.parametrize(
    ("query", "value"),
    [({"q": "Berlin"}, 10), ({"username": "demo"}, 14), ({"q": "Berlin", "username": "demo", "maxRows": "2000"}, 27)],
)
def test_geonames_errors_are_a_body_with_status_200(query, value):
    with running([Charter("acme", days=5)]) as simulator:
        answer = httpx.get(f"{simulator.url}/geonames/searchJSON", params=query)
        assert (answer.status_code, answer.json()["status"]["value"]) == (200, value)
