"""Open-Meteo → raw_open_meteo: measured weather of a tenant's places, and the forecast. No key."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

import msgspec

from pipelines.http import Client
from pipelines.sources.reading import Place, Reached, Reading, Request, Rows
from pipelines.sync_error import SyncError

HOURLY = ("temperature_2m", "relative_humidity_2m", "precipitation", "weather_code", "wind_speed_10m")
DAILY = ("temperature_2m_max", "temperature_2m_min", "precipitation_sum", "weather_code", "wind_speed_10m_max")
KEEP = timedelta(hours=6)
LOOKBACK = timedelta(days=7)  # the archive's newest days come late and are corrected
BATCH = 50  # places a request


def limits(connection: Any) -> dict[str, int]:
    return {"day": 10_000}


def client(connection: Any) -> dict[str, Any]:
    return {}


def forecast(request: Request) -> Reading:
    """The next seven days and the last two."""
    places = _located(request)
    params = {"past_days": 2, "forecast_days": 7}
    for place, answer in _ask(request, request.client, "/v1/forecast", places, params):
        yield from _rows(place, "forecast", answer)
    unknown = [place.name for place in request.places if place not in places]
    if unknown and not request.is_trial:  # told at the end, so that the others are loaded
        raise SyncError(
            "not_found", f"no coordinates are known of {', '.join(unknown)}",
            what_to_do="name a larger city near it, or connect GeoNames, which knows small ones.",
        )  # fmt: skip


def archive(request: Request) -> Reading:
    """Measured weather up to yesterday, by the day that each place has reached."""
    assert request.other_client is not None
    end = (request.now - timedelta(days=1)).date()
    groups: dict[date, list[Place]] = defaultdict(list)
    for place in _located(request):
        since = request.since("archive", str(place.place_id), LOOKBACK)
        start = since.date() if since else end - timedelta(days=request.connection.first_days)
        groups[start].append(place)
    client = request.other_client(request.connection.archive_url)
    for start, places in groups.items():
        params = {"start_date": start.isoformat(), "end_date": end.isoformat()}
        for place, answer in _ask(request, client, "/v1/archive", places, params):
            yield from _rows(place, "archive", answer)
            yield Reached("archive", str(place.place_id), f"{end.isoformat()}T00:00:00+00:00")


def _located(request: Request) -> list[Place]:
    return [place for place in request.places if place.latitude is not None and place.longitude is not None]


def _ask(
    request: Request, client: Client, path: str, places: list[Place], params: dict[str, Any]
) -> Iterator[tuple[Place, dict]]:
    """One answer a place: what any tenant has asked for is not asked for again, the others are at once."""
    assert request.cache is not None
    wanted = {"hourly": ",".join(HOURLY), "daily": ",".join(DAILY), "timezone": "UTC", **params}
    for start in range(0, len(places), BATCH):
        some = places[start : start + BATCH]
        urls = [client.url(_query(path, [place], wanted)) for place in some]
        bodies = request.cache.fetch_each("open_meteo", urls, KEEP, partial(_bodies, client, path, some, wanted))
        yield from zip(some, map(msgspec.json.decode, bodies), strict=True)


def _query(path: str, places: list[Place], wanted: dict[str, Any]) -> str:
    coordinates = {
        "latitude": ",".join(str(place.latitude) for place in places),
        "longitude": ",".join(str(place.longitude) for place in places),
    }
    return f"{path}?{urlencode({**coordinates, **wanted}, safe=',')}"


def _bodies(client: Client, path: str, places: list[Place], wanted: dict[str, Any], numbers: list[int]) -> list[bytes]:
    """The answers for the places of these numbers, each by itself."""
    found = client.json(_query(path, [places[number] for number in numbers], wanted))
    answers = found if isinstance(found, list) else [found]  # one place: no list
    if len(answers) != len(numbers) or "error" in answers[0]:
        raise SyncError("unparsable", f"Open-Meteo answered {len(answers)} of {len(numbers)} places")
    if any(answer.get("utc_offset_seconds") for answer in answers):  # its times have no offset of their own
        raise SyncError("unparsable", "Open-Meteo answered in local time, and was asked for UTC")
    return [msgspec.json.encode(answer) for answer in answers]


def _rows(place: Place, kind: str, answer: dict) -> Iterator[Rows]:
    """Parallel lists → rows. An hour or day of which nothing was measured is left out."""
    own = {"place_id": str(place.place_id), "kind": kind}
    where = {"latitude": answer.get("latitude"), "longitude": answer.get("longitude")}  # of the grid's cell
    hours = list(_unrolled(answer.get("hourly") or {}, HOURLY))
    yield Rows("hourly", [{**own, **where, **values, "at": f"{at}:00+00:00"} for at, values in hours])
    days = list(_unrolled(answer.get("daily") or {}, DAILY))
    yield Rows("daily", [{**own, **values, "day": day} for day, values in days])


def _unrolled(lists: dict[str, list], names: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    for at, *values in zip(lists.get("time", []), *(lists[name] for name in names if lists.get("time")), strict=True):
        if any(value is not None for value in values):
            yield at, dict(zip(names, values, strict=True))


RESOURCES: dict[str, Callable[[Request], Reading]] = {"archive": archive, "forecast": forecast}
