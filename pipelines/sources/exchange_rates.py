"""Exchange rates → raw_exchange_rates. One provider a connection; its name is in every row's key."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from pipelines.sources.reading import Reading, Request, Rows
from pipelines.sync_error import SyncError

KEEP = timedelta(hours=24)
LOOKBACK = timedelta(days=7)  # today's rate can still change, and holidays leave gaps


def limits(connection: Any) -> dict[str, int]:
    return {"month": 1500} if connection.provider == "exchangerate_api" else {}


def client(connection: Any) -> dict[str, Any]:
    return {}


def rates(request: Request) -> Reading:
    """Units of each currency for one unit of the base, by the provider's own day."""
    connection = request.connection
    rows = []
    for day, found in PROVIDERS[connection.provider](request):
        rows += [
            {"provider": connection.provider, "base": connection.base, "currency": currency, "day": day, "rate": rate}
            for currency, rate in found.items()
            if currency != connection.base and rate is not None
        ]
    yield Rows("rates", rows)
    yield from request.reached("rates", connection.base, [row["day"] for row in rows])


def _frankfurter(request: Request) -> Iterator[tuple[str, dict[str, float]]]:
    """ECB's reference rates of a period: working days only."""
    since = request.since("rates", request.connection.base, LOOKBACK)
    start = (since or request.now - timedelta(days=request.connection.first_days)).date()
    answer = _ask(request, f"/v1/{start}..{request.now.date()}?base={request.connection.base}")
    yield from answer["rates"].items()


def _open_er_api(request: Request) -> Iterator[tuple[str, dict[str, float]]]:
    answer = _ask(request, f"/v6/latest/{request.connection.base}")
    if answer.get("result") != "success":  # an error may come with status 200
        raise SyncError(
            "rate_limited" if "quota" in str(answer) else "unparsable", f"the answer says {str(answer)[:200]}"
        )
    yield datetime.fromtimestamp(answer["time_last_update_unix"], UTC).date().isoformat(), answer["rates"]


def _exchangerate_api(request: Request) -> Iterator[tuple[str, dict[str, float]]]:
    """Rounded to two or three digits; the base is among them as 1."""
    answer = _ask(request, f"/v4/latest/{request.connection.base}")
    yield answer["date"], answer["rates"]


def _ask(request: Request, path: str) -> dict[str, Any]:
    assert request.cache is not None
    url = request.client.url(path)
    return msgspec.json.decode(request.cache.fetch("exchange_rates", url, KEEP, lambda: request.client.get(path).body))


PROVIDERS: dict[str, Callable[[Request], Iterator[tuple[str, dict[str, float]]]]] = {
    "frankfurter": _frankfurter,
    "open_er_api": _open_er_api,
    "exchangerate_api": _exchangerate_api,
}
RESOURCES: dict[str, Callable[[Request], Reading]] = {"rates": rates}
