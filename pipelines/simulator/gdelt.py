"""GDELT 2.0's DOC API: article lists and timelines; its complaints are plain text with status 200."""

import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.datastructures import State

from pipelines.simulator import news, recorded
from pipelines.simulator.gdelt_query import Query, Refused, parse
from pipelines.simulator.news import BIN, Article

MAX_RECORDS, DEFAULT_RECORDS = 250, 75
SPANS = {"min": 60, "h": 3600, "hours": 3600, "d": 86_400, "days": 86_400, "w": 604_800, "weeks": 604_800}
SPANS |= {"m": 30 * 86_400, "months": 30 * 86_400}
TOO_SHORT = "Timespan is too short."
PACE = "Please limit requests to one every 5 seconds or contact us for larger queries."
PACE_SETTING = "gdelt_seconds_between_requests"
SERIES = {
    "timelinevol": "Volume Intensity",
    "timelinevolraw": "Article Count",
    "timelinetone": "Average Tone",
}


def stamp(instant: int) -> str:
    """As GDELT writes an instant: 20240115T120000Z."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(instant))


def window(query: dict[str, str], now: int) -> tuple[int, int]:
    """The first and last second asked for, not beyond now. Raises Refused."""
    if "startdatetime" in query or "enddatetime" in query:
        end = min(now, _instant(query["enddatetime"]) if "enddatetime" in query else now)
        start = _instant(query["startdatetime"]) if "startdatetime" in query else end - 90 * 86_400
        if start > end and start <= now:
            raise Refused(TOO_SHORT)
        return start, end
    text = query.get("timespan", "3months")
    match = re.fullmatch(r"(\d+)\s*([a-z]+)", text.strip().lower())
    if match is None or match[2] not in SPANS:
        raise Refused("Invalid timespan.")
    seconds = int(match[1]) * SPANS[match[2]]
    if seconds < 3600:
        raise Refused(TOO_SHORT)
    return now - seconds, now


def _instant(text: str) -> int:
    try:
        return int(datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp())
    except ValueError:
        raise Refused("Invalid query start date.") from None


def resolution(start: int, end: int) -> tuple[str, int]:
    """The width of a timeline's bins, by the length of the window: its name and seconds."""
    days = (end - start) / 86_400
    return ("15m", BIN) if days <= 3 else ("hour", 3600) if days <= 7 else ("day", 86_400)


def article_list(query: Query, start: int, end: int, limit: int) -> dict[str, Any]:
    """Newest first; nothing at all is `{}`."""
    found = sorted(query.articles(start, end), key=lambda article: (-article.seen_at, article.url))[:limit]
    return {"articles": [_rendered(article) for article in found]} if found else {}


def _rendered(article: Article) -> dict[str, str]:
    return {
        "url": article.url,
        "url_mobile": "",
        "title": article.title,
        "seendate": stamp(article.seen_at),
        "socialimage": "",
        "domain": article.domain,
        "language": article.language,
        "sourcecountry": article.country,
    }


def timeline(query: Query, text: str, mode: str, start: int, end: int) -> dict[str, Any]:
    """One series over the window; bins without an article are left out."""
    name, width = resolution(start, end)
    counts: Counter[int] = Counter()
    tones: defaultdict[int, list[float]] = defaultdict(list)
    for article in query.articles(start, end):
        counts[article.seen_at // width] += 1
        tones[article.seen_at // width].append(article.tone)
    if not counts:
        return {}
    points: list[dict[str, Any]] = []
    for number in sorted(counts):
        point: dict[str, Any] = {"date": stamp(number * width)}
        norm = sum(news.all_articles(number * width // BIN + part) for part in range(width // BIN))
        if mode == "timelinetone":
            point["value"] = round(sum(tones[number]) / len(tones[number]), 4)
        elif mode == "timelinevolraw":
            point |= {"value": counts[number], "norm": norm}
        else:
            point["value"] = round(100 * counts[number] / norm, 4)
        points.append(point)
    details = {"title": text, "date_resolution": name}
    return {"query_details": details, "timeline": [{"series": SERIES[mode], "data": points}]}


def recorded_articles(replays: Iterable[Any], query: dict[str, str], now: int) -> dict[str, Any] | None:
    """Recorded articles of the same query inside the window; None where none were recorded for it."""
    for replay in replays:
        if query.get("query", "") in replay.articles:
            start, end = (stamp(instant) for instant in window(query, now))
            inside = [one for one in replay.articles[query["query"]] if start <= one["seendate"] <= end]
            inside.sort(key=lambda one: (one["seendate"], one["url"]), reverse=True)
            return {"articles": inside[:MAX_RECORDS]} if inside else {}
    return None


def encoded(answer: dict[str, Any]) -> bytes:
    """JSON as GDELT writes it: a backslash in a title is not escaped, which makes it invalid."""
    return msgspec.json.encode(answer).replace(rb"\\", b"\\")


def plain_text(message: str, status: int = 200) -> Response:
    return Response(message.encode(), media_type="text/html; charset=utf-8", status_code=status)


def read(query: dict[str, str], now: int) -> dict[str, Any]:
    """The answer to a request's parameters. Raises Refused."""
    text, mode = query.get("query", ""), query.get("mode", "artlist").lower()
    parsed = parse(text)
    start, end = window(query, now)
    if mode in SERIES:
        return timeline(parsed, text, mode, start, end)
    if mode != "artlist":
        raise Refused("Invalid mode.")
    try:
        limit = min(MAX_RECORDS, int(query.get("maxrecords", DEFAULT_RECORDS)))
    except ValueError:
        raise Refused("Invalid maxrecords.") from None
    return article_list(parsed, start, end, limit)


@get("/gdelt/api/v2/doc/doc", sync_to_thread=False)
def read_doc(request: Request, state: State) -> Response:
    """Articles or a timeline, at most one request in so many seconds."""
    world, query = state.world, dict(request.query_params)
    last, moment = getattr(state, "gdelt_asked_at", 0.0), time.monotonic()
    state.gdelt_asked_at = moment
    if moment - last < world.settings.get(PACE_SETTING, 0.0):
        return plain_text(PACE)
    kind = "articles" if query.get("mode", "artlist").lower() == "artlist" else "timelines"
    found = recorded.answer(world, "gdelt", kind, request.url.path, query)
    try:
        if found is None and kind == "articles":
            found = recorded_articles(world.replays.values(), query, world.clock.now())
        answer = found if found is not None else read(query, world.clock.now())
    except Refused as error:
        return plain_text(str(error))
    return Response(encoded(answer), media_type="application/json; charset=utf-8")


HANDLERS = [read_doc]
