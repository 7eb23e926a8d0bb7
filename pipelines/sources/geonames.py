"""GeoNames → raw_geonames: what a tenant's places are. Errors come with status 200, numbers as text."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from pipelines import answers, lenient_json
from pipelines.answers import Answer
from pipelines.sources.reading import Place, Reading, Request, Rows
from pipelines.sync_error import SyncError

ERRORS = {
    10: "credentials",
    18: "rate_limited",
    19: "rate_limited",
    20: "rate_limited",
    13: "unavailable",
    22: "unavailable",
}
HOUR = 3600.0


def limits(connection: Any) -> dict[str, int]:
    return {"hour": 1000}


def client(connection: Any) -> dict[str, Any]:
    return {"check": check}


def check(answer: Answer) -> None:
    """The body is the truth, whatever the status."""
    answers.check(answer)
    found = answer.json()
    status = found.get("status") if isinstance(found, dict) else None
    if status:
        error_class = ERRORS.get(int(status.get("value", 0)), "configuration")
        wait = HOUR if error_class == "rate_limited" else None
        message = f"GeoNames refuses: {str(status.get('message'))[:200]!r}"
        raise SyncError(error_class, message, http_status=answer.status, retry_after=wait)


def places(request: Request) -> Reading:
    """The best match of each place. Answers are kept for ever: places do not move."""
    yield Rows("places", [row for place in request.places if (row := _place(request, place))])


def _place(request: Request, place: Place) -> dict[str, Any] | None:
    assert request.cache is not None
    wanted = {"q": place.name, "maxRows": 1, "style": "FULL", "featureClass": "P"}
    if place.country_code:
        wanted["country"] = place.country_code
    named = f"/searchJSON?{urlencode(wanted)}"  # the stored address has no user name

    def ask() -> bytes:
        return request.client.get(f"{named}&{urlencode({'username': request.connection.username})}").body

    found = lenient_json.decode(request.cache.fetch("geonames", request.client.url(named), None, ask))["geonames"]
    if not found:
        return None
    best = found[0]
    return {
        "place_id": str(place.place_id),
        "geoname_id": best["geonameId"],
        "name": best.get("name"),
        "country_code": best.get("countryCode"),
        "country_name": best.get("countryName"),
        "admin_name": best.get("adminName1"),
        "latitude": best.get("lat"),
        "longitude": best.get("lng"),
        "population": best.get("population"),
        "time_zone": (best.get("timezone") or {}).get("timeZoneId"),
    }


RESOURCES: dict[str, Callable[[Request], Reading]] = {"places": places}
