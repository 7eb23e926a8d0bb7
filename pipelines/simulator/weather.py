"""Weather that could have been: a function of the place and the hour, so that the past stays as it was."""

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi

from pipelines.simulator.chance import bell, wave

HOUR = 3_600
GRID_DEGREES = 0.1  # the cell for which the model answers
FORECAST_ERROR_PER_DAY = 0.9  # degrees Celsius for each day that a forecast looks ahead


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the weather model's grid: degrees, and metres above the sea."""

    latitude: float
    longitude: float
    elevation: float

    @property
    def name(self) -> str:
        return f"{self.latitude:.2f},{self.longitude:.2f}"


def cell(latitude: float, longitude: float) -> Cell:
    """The grid cell that answers for a position; its coordinates are not the asked ones."""
    south, west = round(latitude / GRID_DEGREES) * GRID_DEGREES, round(longitude / GRID_DEGREES) * GRID_DEGREES
    # Float32 leftovers such as 13.419998 are what the real API answers.
    return Cell(
        round(south, 4), round(west - 0.000002, 6), round(200 + 180 * wave(f"height{south:.1f}{west:.1f}", 0.5))
    )


def temperature(at: Cell, hour: int) -> float:
    """Degrees Celsius two metres above ground; `hour` counts hours since 1970, UTC."""
    year = (hour / 24 - 20) / 365.25 * 2 * pi  # coldest about the 20th of January in the north
    season = -cos(year) * min(14.0, abs(at.latitude) * 0.24) * (1 if at.latitude >= 0 else -1)
    local = (hour + at.longitude / 15) % 24
    daily = -cos((local - 3) / 24 * 2 * pi) * 4.0 * (1 - cloudiness(at, hour) / 180)
    level = 29 - abs(at.latitude) * 0.38 - at.elevation * 0.0065
    front = 4.5 * wave(at.name + "front", hour / 70) + 2.0 * wave(at.name + "air", hour / 17)
    return round(level + season + daily + front, 1)


def cloudiness(at: Cell, hour: int) -> int:
    """Cloud cover in per cent."""
    share = 50 + 45 * wave(at.name + "cloud", hour / 31) + 25 * wave(at.name + "shower", hour / 5)
    return round(min(100.0, max(0.0, share)))


def precipitation(at: Cell, hour: int) -> float:
    """Millimetres of the preceding hour."""
    clouds = cloudiness(at, hour)
    rain = max(0.0, wave(at.name + "rain", hour / 6) - 0.25) * (clouds - 55) / 12
    return round(max(0.0, rain), 1)


def humidity(at: Cell, hour: int) -> int:
    """Relative humidity in per cent: clouds and rain raise it, warm afternoons lower it."""
    local = (hour + at.longitude / 15) % 24
    share = (
        62 + cloudiness(at, hour) * 0.2 + 12 * cos((local - 4) / 24 * 2 * pi) + 8 * wave(at.name + "damp", hour / 40)
    )
    return round(min(100.0, max(18.0, share + (8 if precipitation(at, hour) else 0))))


def wind(at: Cell, hour: int) -> float:
    """Kilometres per hour, ten metres above ground."""
    speed = 13 + 9 * wave(at.name + "wind", hour / 26) + 5 * wave(at.name + "gust", hour / 4)
    return round(max(0.4, speed), 1)


def weather_code(at: Cell, hour: int) -> int:
    """WMO code: clear 0, cloudy 1–3, fog 45, drizzle 51, rain 61/63/65, snow 71/73, thunderstorm 95."""
    rain, clouds, warmth = precipitation(at, hour), cloudiness(at, hour), temperature(at, hour)
    if rain > 0:
        if warmth < 0.5:
            return 71 if rain < 1 else 73
        if warmth > 22 and rain > 2:
            return 95
        return 51 if rain < 0.3 else 61 if rain < 1.5 else 63 if rain < 4 else 65
    if humidity(at, hour) > 97:
        return 45
    return 0 if clouds < 15 else 1 if clouds < 40 else 2 if clouds < 75 else 3


HOURLY: dict[str, tuple[str, Callable[[Cell, int], float]]] = {
    "temperature_2m": ("°C", temperature),
    "relative_humidity_2m": ("%", humidity),
    "precipitation": ("mm", precipitation),
    "rain": ("mm", lambda at, hour: precipitation(at, hour) if temperature(at, hour) >= 0.5 else 0.0),
    "weather_code": ("wmo code", weather_code),
    "cloud_cover": ("%", cloudiness),
    "wind_speed_10m": ("km/h", wind),
}
DAILY: dict[str, tuple[str, str, Callable[[list[float]], float]]] = {
    "temperature_2m_max": ("°C", "temperature_2m", max),
    "temperature_2m_min": ("°C", "temperature_2m", min),
    "precipitation_sum": ("mm", "precipitation", lambda values: round(sum(values), 1)),
    "rain_sum": ("mm", "rain", lambda values: round(sum(values), 1)),
    "weather_code": ("wmo code", "weather_code", max),
    "wind_speed_10m_max": ("km/h", "wind_speed_10m", max),
}


def observed_or_expected(name: str, at: Cell, hour: int, now_hour: int) -> float:
    """An hour's value; one that is still to come is off by an error that grows with its distance.

    The error belongs to the model's run (every six hours), so a forecast changes from run to run.
    """
    value = HOURLY[name][1](at, hour)
    ahead = hour - now_hour
    if ahead <= 0 or name == "weather_code":
        return value
    slip = bell(f"{at.name}{name}run{now_hour // 6}", hour // 12) * ahead / 24
    if name == "temperature_2m":
        return round(value + slip * FORECAST_ERROR_PER_DAY, 1)
    if name in {"relative_humidity_2m", "cloud_cover"}:
        return round(min(100.0, max(0.0, value + 2.5 * slip)))
    return round(max(0.0, value * (1 + 0.12 * slip)), 1)
