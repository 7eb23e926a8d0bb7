"""Open-Meteo's forecast and archive: parallel arrays, one object a position."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from litestar import Request, Response, get
from litestar.datastructures import State

from pipelines.simulator import recorded, weather
from pipelines.simulator.geonames import nearest

ARCHIVE_DELAY_HOURS = 48  # the archive's newest hours are still null
MAX_FORECAST_DAYS, MAX_PAST_DAYS = 16, 92
DAY = timedelta(days=1)


class Refused(Exception):
    """A 400, with the reason as Open-Meteo words it."""


def numbers(text: str, name: str, limit: float) -> list[float]:
    """A comma list of degrees. Raises Refused."""
    if not text:
        raise Refused(f"Parameter '{name}' must be set")
    try:
        found = [float(part) for part in text.split(",")]
    except ValueError:
        raise Refused(f"Value of type 'Float' required for key '{name}'.") from None
    for value in found:
        if not -limit <= value <= limit:
            raise Refused(f"{name.title()} must be in range of -{limit:.0f} to {limit:.0f}°. Given: {value}.")
    return found


def variables(text: str, known: dict[str, Any], kind: str) -> list[str]:
    names = [name for name in text.split(",") if name]
    for name in names:
        if name not in known:
            raise Refused(f"Data corrupted at path ''. Cannot initialize {kind} from invalid String value {name}.")
    return names


def whole(query: dict[str, str], name: str, default: int, limit: int) -> int:
    try:
        value = int(query.get(name, default))
    except ValueError:
        raise Refused(f"Value of type 'Int' required for key '{name}'.") from None
    if not 0 <= value <= limit:
        raise Refused(f"Parameter '{name}' is out of range. Allowed range 0 to {limit}. Given {value}.")
    return value


def day(query: dict[str, str], name: str) -> date:
    try:
        return date.fromisoformat(query[name])
    except ValueError:
        raise Refused("Invalid date format. Make sure to use 'YYYY-MM-DD'") from None


def span(query: dict[str, str], today: date, is_archive: bool) -> tuple[date, date]:
    """The first and last day that are asked for. Raises Refused."""
    first = date(1940, 1, 1) if is_archive else today - DAY * (MAX_PAST_DAYS + 1)
    last = today if is_archive else today + DAY * (MAX_FORECAST_DAYS - 1)
    if "start_date" in query or "end_date" in query:
        if "past_days" in query:
            raise Refused("Parameter 'past_days' is mutually exclusive with 'start_date' and 'end_date'")
        if not ("start_date" in query and "end_date" in query):
            raise Refused("Both 'start_date' and 'end_date' must be set")
        start, end = day(query, "start_date"), day(query, "end_date")
        for name, value in (("start_date", start), ("end_date", end)):
            if not first <= value <= last:
                raise Refused(f"Parameter '{name}' is out of allowed range from {first} to {last}")
        if end < start:
            raise Refused("End-date must be larger or equals than start-date")
        return start, end
    if is_archive:
        raise Refused("Parameter 'start_date' and 'end_date' must be set")
    past = whole(query, "past_days", 0, MAX_PAST_DAYS)
    days = whole(query, "forecast_days", 7, MAX_FORECAST_DAYS)
    return today - DAY * past, today + DAY * (days - 1)


def zone_of(query: dict[str, str], latitude: float, longitude: float) -> tuple[str, ZoneInfo]:
    name = query.get("timezone", "GMT")
    if name == "auto":
        name = nearest(latitude, longitude).time_zone
    try:
        return name, ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise Refused("Invalid timezone") from None


def answer_one(query: dict[str, str], latitude: float, longitude: float, now: int, is_archive: bool) -> dict[str, Any]:
    """One position's answer, as of `now` (seconds since 1970)."""
    name, zone = zone_of(query, latitude, longitude)
    # Open-Meteo takes one offset, today's, for the whole answer.
    moment = datetime.fromtimestamp(now, zone)
    offset = int((moment.utcoffset() or timedelta()).total_seconds())
    start, end = span(query, moment.date(), is_archive)
    hourly = variables(query.get("hourly", ""), weather.HOURLY, "ForecastVariable")
    daily = variables(query.get("daily", ""), weather.DAILY, "ForecastVariableDaily")
    at = weather.cell(latitude, longitude)
    midnight = int(datetime(start.year, start.month, start.day, tzinfo=UTC).timestamp()) - offset
    hours = [midnight // weather.HOUR + n for n in range(24 * ((end - start).days + 1))]
    known_until = now // weather.HOUR - ARCHIVE_DELAY_HOURS if is_archive else hours[-1]

    def series(variable: str) -> list[float | None]:
        present = now // weather.HOUR
        return [
            weather.observed_or_expected(variable, at, hour, present) if hour <= known_until else None for hour in hours
        ]

    answer: dict[str, Any] = {
        "latitude": at.latitude,
        "longitude": at.longitude,
        "generationtime_ms": 0.0919,
        "utc_offset_seconds": offset,
        "timezone": name,
        "timezone_abbreviation": moment.tzname() if name not in ("GMT", "UTC") else name,
        "elevation": float(at.elevation),
    }
    if hourly:
        answer["hourly_units"] = {"time": "iso8601"} | {name: weather.HOURLY[name][0] for name in hourly}
        times = [datetime.fromtimestamp(hour * weather.HOUR + offset, UTC).strftime("%Y-%m-%dT%H:%M") for hour in hours]
        answer["hourly"] = {"time": times} | {name: series(name) for name in hourly}
    if daily:
        answer["daily_units"] = {"time": "iso8601"} | {name: weather.DAILY[name][0] for name in daily}
        answer["daily"] = {"time": [(start + DAY * n).isoformat() for n in range((end - start).days + 1)]}
        for name in daily:
            _, source, combine = weather.DAILY[name]
            values = series(source)
            answer["daily"][name] = [combined(values[n : n + 24], combine) for n in range(0, len(values), 24)]
    return answer


def combined(values: list[float | None], combine: Any) -> float | None:
    """A day's figure, null where an hour of it is still unknown."""
    known = [value for value in values if value is not None]
    return combine(known) if len(known) == len(values) else None


def answer(query: dict[str, str], now: int, is_archive: bool) -> Any:
    """An object, or an array of them where several positions are asked for. Raises Refused."""
    latitudes = numbers(query.get("latitude", ""), "latitude", 90)
    longitudes = numbers(query.get("longitude", ""), "longitude", 180)
    if len(latitudes) != len(longitudes):
        raise Refused("Parameter 'latitude' and 'longitude' must have the same number of elements")
    found = [
        answer_one(query, latitude, longitude, now, is_archive)
        for latitude, longitude in zip(latitudes, longitudes, strict=True)
    ]
    for number, one in enumerate(found[1:], 1):
        one["location_id"] = number  # the first one has none
    return found if len(found) > 1 else found[0]


@get(["/open_meteo/v1/forecast", "/open_meteo/v1/archive"], sync_to_thread=False)
def read_weather(request: Request, state: State) -> Response:
    """The weather of up to several positions."""
    query, kind = dict(request.query_params), request.url.path.rsplit("/", 1)[1]
    found = recorded.answer(state.world, "open_meteo", kind, request.url.path, query)
    if found is not None:
        return Response(found)
    try:
        return Response(answer(query, state.world.clock.now(), kind == "archive"))
    except Refused as error:
        return Response({"error": True, "reason": str(error)}, status_code=400)


HANDLERS = [read_weather]
