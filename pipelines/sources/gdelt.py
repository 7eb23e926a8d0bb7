"""GDELT DOC 2.0 → raw_gdelt: articles that name a tenant's place, and how many there were in what tone.

No key, no paging, one request every few seconds, and errors as text with status 200.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec

from pipelines import answers, lenient_json
from pipelines.answers import Answer
from pipelines.pace import Pace
from pipelines.sources.reading import Place, Reading, Request, Rows
from pipelines.sync_error import SyncError

PATH = "/api/v2/doc/doc"
MOST_ARTICLES = 250
LOOKBACK = timedelta(hours=6)
KEEP = timedelta(hours=1)
SMALLEST_WINDOW = timedelta(hours=1)
TIMELINES = {"volume": "timelinevolraw", "tone": "timelinetone"}
TIMELINE_DAYS = 14  # a span of more than a week comes by day, so that all points of a series are alike
BROKEN_ESCAPE = re.compile(rb'\\(?!["\\/bfnrtu])')
CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def limits(connection: Any) -> dict[str, int]:
    """GDELT states a pace, not a quota."""
    return {}


def client(connection: Any) -> dict[str, Any]:
    return {"check": check, "pace": Pace(urlsplit(connection.base_url).netloc, connection.pace_seconds)}


def check(answer: Answer) -> None:
    """An error is a sentence with status 200."""
    if answer.status >= 400 and answer.status != 429:
        answers.check(answer)
    said = answer.excerpt()
    if answer.status == 429 or "limit requests" in said.lower():
        raise SyncError(
            "rate_limited", f"GDELT asks for a slower pace: {said!r}", http_status=answer.status, retry_after=6
        )
    if not answer.body.lstrip().startswith(b"{"):
        error_class = "configuration" if "too short" in said or "query" in said.lower() else "unparsable"
        raise SyncError(error_class, f"GDELT answered a sentence: {said!r}", http_status=answer.status)
    parse(answer.body)


def parse(body: bytes) -> dict[str, Any]:
    """GDELT's JSON, in whose titles escapes may be invalid and control characters stand."""
    mended = CONTROL.sub(b" ", BROKEN_ESCAPE.sub(rb"\\\\", body))
    try:
        return lenient_json.decode(mended)
    except msgspec.DecodeError:
        excerpt = body[:200].decode("utf-8", "replace")
        raise SyncError("unparsable", f"GDELT's answer is not JSON: {excerpt!r}") from None


def articles(request: Request) -> Reading:
    """Articles of each place, in windows that are halved until none is cut off at 250."""
    for place in request.places:
        scope = str(place.place_id)
        since = request.since("articles", scope, LOOKBACK)
        start = since or request.now - timedelta(days=request.connection.first_days)
        seen: list[str | None] = []
        end = _hour(request.now) + timedelta(hours=1)
        start = _hour(start).replace(hour=0)  # whole days, so that tenants ask alike and share the answer
        while start < end:
            until = min(start + timedelta(days=1), end)
            for found in _window(request, place, start, until):
                rows = [_article(place, one) for one in found if one.get("url")]
                yield Rows("articles", rows)
                seen += [row["seen_at"] for row in rows]
            start = until
        yield from request.reached("articles", scope, seen)


def _window(request: Request, place: Place, start: datetime, end: datetime) -> Iterator[list[dict]]:
    params = {"mode": "artlist", "maxrecords": MOST_ARTICLES, "sort": "DateDesc"}
    found = _ask(request, place, {**params, **_between(start, end)}).get("articles") or []
    if len(found) >= MOST_ARTICLES and end - start > SMALLEST_WINDOW:
        middle = _hour(start + (end - start) / 2)
        middle = middle if start < middle < end else start + (end - start) / 2
        yield from _window(request, place, start, middle)
        yield from _window(request, place, middle, end)
    else:
        yield found


def _article(place: Place, found: dict) -> dict[str, Any]:
    return {
        "place_id": str(place.place_id),
        "url": found["url"],
        "title": found.get("title"),
        "seen_at": moment(found.get("seendate")),
        "domain": found.get("domain"),
        "language": found.get("language"),
        "source_country": found.get("sourcecountry"),
    }


def timelines(request: Request) -> Reading:
    """Articles a day and their average tone. Days that are left out were not measured; they are no zeros."""
    for place in request.places:
        since = request.since("timelines", str(place.place_id), timedelta(days=TIMELINE_DAYS))
        start = since or request.now - timedelta(days=max(request.connection.first_days, TIMELINE_DAYS))
        window = _between(_hour(start).replace(hour=0), _hour(request.now) + timedelta(hours=1))
        seen: list[str | None] = []
        for mode, asked in TIMELINES.items():
            answer = _ask(request, place, {"mode": asked, **window})
            resolution = (answer.get("query_details") or {}).get("date_resolution")
            for series in answer.get("timeline") or []:
                rows = [
                    {
                        "place_id": str(place.place_id), "mode": mode, "at": moment(point["date"]),
                        "value": point.get("value"), "norm": point.get("norm"), "resolution": resolution,
                    }
                    for point in series.get("data") or []
                ]  # fmt: skip
                yield Rows("timelines", rows)
                seen += [row["at"] for row in rows]
        yield from request.reached("timelines", str(place.place_id), seen)


def _ask(request: Request, place: Place, params: dict[str, Any]) -> dict[str, Any]:
    query = f"{PATH}?{urlencode({'query': phrase(place.name), 'format': 'json', **params})}"
    assert request.cache is not None

    def fetch() -> bytes:
        return request.client.get(query).body

    return parse(request.cache.fetch("gdelt", request.client.url(query), KEEP, fetch))


def phrase(name: str) -> str:
    """The name as GDELT takes it: quoted where it is long enough, since short phrases are refused."""
    words = " ".join(re.sub(r'["()]', " ", name).split())
    return f'"{words}"' if len(words) >= 5 else words


def moment(text: str | None) -> str | None:
    """`20240115T120000Z` as ISO 8601. Raises ValueError for other text."""
    if not text:
        return None
    return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).isoformat()


def _between(start: datetime, end: datetime) -> dict[str, str]:
    return {"startdatetime": f"{start:%Y%m%d%H%M%S}", "enddatetime": f"{end:%Y%m%d%H%M%S}"}


def _hour(time: datetime) -> datetime:
    return time.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


RESOURCES: dict[str, Callable[[Request], Reading]] = {"articles": articles, "timelines": timelines}
