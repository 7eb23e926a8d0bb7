"""Recorded answers of the keyless sources and GeoNames, served by the simulator and loaded into a real Postgres."""

import csv
import json
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from pipelines import stored_connections, tenants
from pipelines.landing.rows import cells
from pipelines.outcomes import Outcome
from pipelines.raw_tables import RAW
from pipelines.simulator.company import Charter
from pipelines.simulator.server import running
from pipelines.sources import gdelt, open_meteo
from pipelines.tenants import Place
from pipelines.warehouse.connection import Warehouse
from tests.pipelines.syncs import config, sync

HOST = "https://recorded.example"
LONDON = Place("London", "GB", 51.50853, -0.12574)


def load_answers(
    warehouse: Warehouse, folder: Path, source: str, answers: dict[str, list[tuple[str, Any]]], now: datetime,
    places: tuple[Place, ...] = (LONDON,), **settings: Any,
) -> Outcome:  # fmt: skip
    """Serve answers (resource → pairs of a question and its body) and load the source as one tenant's."""
    for resource, pairs in answers.items():
        lines = [json.dumps({"request": {"url": HOST + asked}, "body": body}) for asked, body in pairs]
        file = folder / source / f"{resource}.jsonl"
        file.parent.mkdir(exist_ok=True)
        file.write_text("\n".join(lines) + "\n")
    with running([Charter("acme", days=5)], now=now.isoformat().replace("+00:00", "Z"), replay=[folder]) as simulator:
        tenant = tenants.create(warehouse, "acme", "Acme", "Europe/Berlin", places)
        stored_connections.add(warehouse, tenant, "main", config(source, simulator.url, **settings), allow_private=True)
        (outcome,) = sync(warehouse, source, tenant, now=now)
    return outcome


def kept(warehouse: Warehouse, table: str, columns: str, order: str = "1") -> list[tuple]:
    with warehouse.connect("loader") as database:
        return database.execute(f"select {columns} from {table} order by {order}").fetchall()  # type: ignore[arg-type]


def searched(name: str, country: str) -> str:
    wanted = {"q": name, "maxRows": 1, "style": "FULL", "featureClass": "P", "country": country}
    return f"/searchJSON?{urlencode(wanted)}"


def read(recorded: Path, name: str) -> Any:
    return json.loads((recorded / name).read_text())


def test_a_recorded_place_has_numbers_where_geonames_sends_texts(warehouse, recorded, tmp_path) -> None:
    found, nothing = (read(recorded, f"geonames/{name}.json") for name in ("search_79bff4e034", "empty_0e0f2d04bd"))
    assert isinstance(found["geonames"][0]["lat"], str)
    answers = {"places": [(searched("London", "GB"), found), (searched("Nowhere", "GB"), nothing)]}
    outcome = load_answers(
        warehouse, tmp_path, "geonames", answers, datetime(2026, 6, 1, tzinfo=UTC), (LONDON, Place("Nowhere", "GB"))
    )
    assert outcome.error is None
    columns = "geoname_id, name, country_code, latitude, longitude, population, time_zone, admin_name"
    assert kept(warehouse, "raw_geonames.places", columns) == [
        (2643743, "Londra", "GB", 51.50853, -0.12574, 7556900, "Europe/London", "Inghilterra")  # asked for in Italian
    ]


@pytest.mark.parametrize("name", ["forecast_general_0", "forecast_api_key_0", "forecast_dwd_icon_0"])
def test_recorded_weather_becomes_an_hour_a_row_and_what_no_model_computes_is_null(
    warehouse, recorded, tmp_path, name
) -> None:
    body = read(recorded, f"open_meteo/{name}.json")["body"]
    for lists, names in ((body["hourly"], open_meteo.HOURLY), (body["daily"], open_meteo.DAILY)):
        lists |= {one: [None] * len(lists["time"]) for one in names if one not in lists}
    codes = body["hourly"]["weather_code"][:]
    body["hourly"]["weather_code"][3] = None  # an hour of which nothing is known
    _, outcome = _forecast(warehouse, tmp_path, body)
    assert outcome.error is None
    rows = kept(
        warehouse, "raw_open_meteo.hourly where kind = 'forecast'",
        "at, weather_code, temperature_2m, latitude", "at",
    )  # fmt: skip
    start = datetime.fromisoformat(body["hourly"]["time"][0]).replace(tzinfo=UTC)
    assert rows == [
        (start + timedelta(hours=n), code, None, body["latitude"]) for n, code in enumerate(codes) if n != 3
    ]
    days = kept(warehouse, "raw_open_meteo.daily where kind = 'forecast'", "day, weather_code, temperature_2m_max")
    assert days == [
        (date.fromisoformat(day), code, None)
        for day, code in zip(body["daily"]["time"], body["daily"]["weather_code"], strict=True)
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"utc_offset_seconds": 7200}, "local time"),
        ({"hourly": {"time": ["2023-11-13T00:00"], "weather_code_gfs_seamless": [0]}}, "KeyError"),
    ],
    ids=["local times", "the names of several models"],
)
def test_weather_that_would_be_misread_is_unparsable(warehouse, recorded, tmp_path, change, message) -> None:
    body = read(recorded, "open_meteo/forecast_general_more_models_0.json")["body"] | change
    _, outcome = _forecast(warehouse, tmp_path, body)
    assert outcome.error is not None and outcome.error.error_class == "unparsable"
    assert message in outcome.error.message
    assert kept(warehouse, "raw_open_meteo.hourly where kind = 'forecast'", "1") == []


def _forecast(warehouse: Warehouse, folder: Path, body: Any) -> tuple[str, Outcome]:
    wanted = {
        "latitude": LONDON.latitude, "longitude": LONDON.longitude, "hourly": ",".join(open_meteo.HOURLY),
        "daily": ",".join(open_meteo.DAILY), "timezone": "UTC", "past_days": 2, "forecast_days": 7,
    }  # fmt: skip
    asked = f"/v1/forecast?{urlencode(wanted, safe=',')}"
    now = datetime.fromisoformat("2026-06-01T12:00:00+00:00")
    return asked, load_answers(warehouse, folder, "open_meteo", {"forecast": [(asked, body)]}, now, first_days=2)


@pytest.mark.parametrize(
    ("name", "mode"),
    [("timelinevol_15m_excerpt", "volume"), ("timelinetone_15m_excerpt", "tone"), ("timelinetone_day_excerpt", "tone")],
)
def test_recorded_timelines_leave_out_what_was_not_measured(recorded, name, mode) -> None:
    body = read(recorded, f"gdelt/{name}.json")
    assert gdelt.parse(json.dumps(body).encode()) == body
    points = body["timeline"][0]["data"]
    times = [datetime.fromisoformat(str(gdelt.moment(point["date"]))) for point in points]
    assert times == sorted(times)
    steps = {later - earlier for earlier, later in pairwise(times)}
    daily = name == "timelinetone_day_excerpt"
    assert steps == {timedelta(days=1)} if daily else len(steps) > 1  # gaps stay gaps
    assert body["query_details"]["date_resolution"] == ("day" if daily else "15m")


def test_recorded_articles_keep_their_titles_and_empty_fields_are_dropped(warehouse, recorded, tmp_path) -> None:
    articles = read(recorded, "gdelt/artlist_items_excerpt.json")
    lines = {"articles": [(f"/api/v2/doc/doc?{urlencode({'query': gdelt.phrase('London')})}", one) for one in articles]}
    now = datetime(2025, 12, 31, tzinfo=UTC)
    outcome = load_answers(warehouse, tmp_path, "gdelt", lines, now)
    assert outcome.error is None
    rows = kept(warehouse, "raw_gdelt.articles where language = 'Indonesian'", "title, seen_at, domain", "seen_at")
    assert rows == [
        (one["title"], datetime.strptime(one["seendate"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC), one["domain"])
        for one in articles
    ]


def test_recorded_rates_are_kept_without_their_base(warehouse, recorded, tmp_path) -> None:
    body = read(recorded, "exchangerate_api/v4_latest_USD_2021-05-18.json")
    assert {type(rate) for rate in body["rates"].values()} == {int, float} and body["rates"]["USD"] == 1
    answers = {"rates": [("/v4/latest/USD", body)]}
    now = datetime(2021, 5, 18, 12, tzinfo=UTC)
    outcome = load_answers(warehouse, tmp_path, "exchange_rates", answers, now, provider="exchangerate_api", base="USD")
    assert outcome.error is None
    rows = kept(warehouse, "raw_exchange_rates.rates", "provider, base, currency, day, rate", "currency")
    expected = sorted((code, float(rate)) for code, rate in body["rates"].items() if code != "USD")
    assert rows == [("exchangerate_api", "USD", code, date(2021, 5, 18), rate) for code, rate in expected]


def test_recorded_reference_rates_have_no_weekends_and_no_row_where_the_bank_says_nothing(
    warehouse, recorded, tmp_path
) -> None:
    """The bank's own file in Frankfurter's envelope, which leaves out what the file calls N/A."""
    with (recorded / "fx_ecb" / "eurofxref_to_2023.csv").open(encoding="utf-8") as lines:
        days = [row for row in csv.DictReader(lines) if row["Date"] >= "2023-12-01"]
    quoted = {
        row["Date"]: {code: float(rate) for code, rate in row.items() if code and code != "Date" and rate != "N/A"}
        for row in days
    }
    body = {"amount": 1.0, "base": "EUR", "start_date": min(quoted), "end_date": max(quoted), "rates": quoted}
    now = datetime(2023, 12, 31, 12, tzinfo=UTC)
    answers = {"rates": [("/v1/2023-12-01..2023-12-31?base=EUR", body)]}
    outcome = load_answers(warehouse, tmp_path, "exchange_rates", answers, now, first_days=30)
    assert outcome.error is None
    rows = kept(warehouse, "raw_exchange_rates.rates", "day::text, currency, rate", "day, currency")
    assert rows == sorted((day, code, rate) for day, rates in quoted.items() for code, rate in rates.items())
    found = {date.fromisoformat(day) for day, _, _ in rows}
    assert len(found) == 19 and all(day.weekday() < 5 for day in found)  # 21 working days less both of Christmas
    assert {"CYP", "HRK", "RUB"}.isdisjoint(code for _, code, _ in rows)


def test_a_population_may_be_a_text(recorded) -> None:
    country = read(recorded, "geonames/countryInfo_2e2c2d9a79.json")["geonames"][0]
    row = {"place_id": "p", "geoname_id": country["geonameId"], "population": country["population"]}
    (line,) = cells(RAW["geonames"]["places"], [row]).values()
    assert dict(zip(RAW["geonames"]["places"].columns, line, strict=True))["population"] == 1_173_108_018
