"""GeoNames' search, over a short list of cities written for this simulator."""

import csv
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from litestar import Request, get
from litestar.datastructures import State

from pipelines.simulator import recorded

PLACES_FILE = Path(__file__).with_name("places.csv")


class Place(NamedTuple):
    """A city. Coordinates in degrees, `time_zone` an IANA name."""

    geoname_id: int
    name: str
    country_code: str
    country_name: str
    admin_name: str
    latitude: float
    longitude: float
    population: int
    time_zone: str


@lru_cache(maxsize=1)
def places() -> tuple[Place, ...]:
    """All places, most populous first, as GeoNames ranks equal matches."""
    with PLACES_FILE.open(encoding="utf-8", newline="") as lines:
        rows = [
            Place(
                int(row["geoname_id"]),
                row["name"],
                row["country_code"],
                row["country_name"],
                row["admin_name"],
                float(row["latitude"]),
                float(row["longitude"]),
                int(row["population"]),
                row["time_zone"],
            )
            for row in csv.DictReader(lines)
        ]
    return tuple(sorted(rows, key=lambda place: -place.population))


def plain(text: str) -> str:
    """Without accents and case: GeoNames finds `Zurich` for `Zürich`."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).casefold().strip()


def nearest(latitude: float, longitude: float) -> Place:
    """The place with the smallest difference in degrees: good enough for a time zone."""
    return min(places(), key=lambda place: abs(place.latitude - latitude) + abs(place.longitude - longitude))


def matches(place: Place, query: dict[str, str]) -> bool:
    """Whether a search with these parameters finds this place."""
    country = query.get("country", "")
    if country and place.country_code != country.upper():
        return False
    name = plain(place.name)
    if "name_equals" in query:
        return name == plain(query["name_equals"])
    if "name_startsWith" in query:
        return name.startswith(plain(query["name_startsWith"]))
    if "name" in query:
        return plain(query["name"]) in name
    everything = plain(f"{place.name} {place.admin_name} {place.country_name} {place.country_code}")
    return all(word in everything for word in plain(query["q"]).replace(",", " ").split())


def rendered(place: Place, style: str) -> dict[str, Any]:
    """One result: coordinates are strings, the population is a number."""
    result = {
        "adminCode1": place.admin_name[:2].upper(),
        "lng": str(place.longitude),
        "geonameId": place.geoname_id,
        "toponymName": place.name,
        "countryId": str(6000000 + sum(ord(letter) for letter in place.country_code)),
        "fcl": "P",
        "population": place.population,
        "countryCode": place.country_code,
        "name": place.name,
        "fclName": "city, village,...",
        "adminCodes1": {"ISO3166_2": place.admin_name[:2].upper()},
        "countryName": place.country_name,
        "fcodeName": "populated place",
        "adminName1": place.admin_name,
        "lat": str(place.latitude),
        "fcode": "PPL",
    }
    if style == "FULL":
        zone = {"gmtOffset": 0, "timeZoneId": place.time_zone, "dstOffset": 0}
        result |= {"timezone": zone, "asciiName": plain(place.name).title(), "score": 50.5, "adminName2": ""}
    return result


def failure(message: str, value: int) -> dict[str, Any]:
    """GeoNames answers errors like this, with HTTP status 200 too."""
    return {"status": {"message": message, "value": value}}


def search(query: dict[str, str]) -> dict[str, Any]:
    """The body that `/searchJSON` answers to these parameters."""
    if not query.get("username"):
        return failure(
            "Please add a username to each call in order for geonames to be able to identify the calling"
            " application and count the credits usage.",
            10,
        )
    if query["username"] != "demo":
        return failure("user does not exist.", 10)
    if not any(query.get(name) for name in ("q", "name", "name_equals", "name_startsWith")):
        return failure("missing parameter q,name,name_equals or name_startsWith", 14)
    try:
        limit, start = int(query.get("maxRows", "100")), int(query.get("startRow", "0"))
    except ValueError as error:
        return failure(f"error parsing parameter. {error}", 14)
    if limit > 1000:
        return failure("maxRows too large", 27)
    found = [place for place in places() if matches(place, query)]
    style = query.get("style", "MEDIUM").upper()
    return {"totalResultsCount": len(found), "geonames": [rendered(place, style) for place in found[start:][:limit]]}


@get("/geonames/searchJSON", sync_to_thread=False)
def search_places(request: Request, state: State) -> dict[str, Any]:
    """Places by name. What a replay folder recorded for the same parameters goes first."""
    query = dict(request.query_params)
    found = recorded.answer(state.world, "geonames", "places", request.url.path, query)
    return found if found is not None else search(query)


HANDLERS = [search_places]
