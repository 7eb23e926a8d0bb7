"""A list of large cities, for places that GeoNames was not asked about.

`cities.csv` is compiled from GeoNames (https://www.geonames.org, CC BY 4.0): every city of 300,000 inhabitants or more
and every capital, most populous first, with its names in Latin letters.
"""

import csv
import unicodedata
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).with_name("cities.csv")


class City(NamedTuple):
    """Coordinates in degrees, `time_zone` an IANA name."""

    geoname_id: int
    name: str
    country_code: str
    latitude: float
    longitude: float
    population: int
    time_zone: str


def find(name: str, country_code: str | None = None) -> City | None:
    """The most populous city of this name, in whatever language and with or without accents; None where none is known.

    One whose own name it is goes before one that is also called so.
    """
    wanted = _plain(name)
    for known in _by_name():
        for city in known.get(wanted, ()):
            if country_code is None or city.country_code == country_code.upper():
                return city
    return None


@cache
def _by_name() -> tuple[dict[str, list[City]], dict[str, list[City]]]:
    """Cities by their own name, and by their other names."""
    own: dict[str, list[City]] = defaultdict(list)
    other: dict[str, list[City]] = defaultdict(list)
    with FILE.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            city = City(
                int(row["geoname_id"]), row["name"], row["country_code"], float(row["latitude"]),
                float(row["longitude"]), int(row["population"]), row["time_zone"],
            )  # fmt: skip
            own[_plain(city.name)].append(city)
            for name in filter(None, row["other_names"].split("|")):
                other[name].append(city)
    return own, other


def _plain(text: str) -> str:
    """Without accents and case."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).casefold().strip()
