"""Exchange rates → raw_exchange_rates. One provider a connection; its name is in every row's key."""

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from pipelines.answers import Answer
from pipelines.http import Client
from pipelines.sources.reading import Reading, Request, Rows
from pipelines.sync_error import SyncError

KEEP = timedelta(hours=24)
LOOKBACK = timedelta(days=7)  # today's rate can still change, and holidays leave gaps
LIMITS = {"exchangerate_api": {"month": 1500}}  # of its free tier; the others state none
STAND_IN_SECONDS = 15  # the provider may have taken its minute already
PASSING = ("unavailable", "timeout", "rate_limited", "unparsable")  # for these another provider is asked
log = logging.getLogger("clearsignal.sources")


def limits(connection: Any) -> dict[str, int]:
    return LIMITS.get(connection.provider, {})


def client(connection: Any) -> dict[str, Any]:
    return {}


def rates(request: Request) -> Reading:
    """Units of each currency for one unit of the base, by the provider's own day.

    While the provider fails, the newest rates of the first that stands in for it. Raises its own SyncError, as what it
    lacks is still to be had, where nobody answers.
    """
    connection = request.connection
    try:
        rows = _rows(request, request.client, connection.provider)
    except SyncError as error:
        if error.error_class not in PASSING or request.is_trial:
            raise
        yield Rows("rates", _of_a_stand_in(request, error))
        return  # and the cursor stays: the provider is asked for the days that it owes
    yield Rows("rates", rows)
    yield from request.reached("rates", connection.base, [row["day"] for row in rows])


def _of_a_stand_in(request: Request, error: SyncError) -> list[dict[str, Any]]:
    assert request.other_client is not None
    connection = request.connection
    for name in connection.stand_ins:
        other = request.other_client(connection.address_of(name), LIMITS.get(name, {}))
        other.total_seconds = STAND_IN_SECONDS
        try:
            rows = _rows(request, other, name)
        except SyncError:
            continue
        newest = max((row["day"] for row in rows), default="")
        found = [row for row in rows if row["day"] == newest]
        log.warning("%s fails (%s): today's rates are %s's", connection.provider, error.error_class, name)
        return found
    raise error


def _rows(request: Request, client: Client, provider: str) -> list[dict[str, Any]]:
    base = request.connection.base
    return [
        {"provider": provider, "base": base, "currency": currency, "day": day, "rate": rate}
        for day, found in PROVIDERS[provider](request, client)
        for currency, rate in found.items()
        if currency != base and rate is not None
    ]


def _frankfurter(request: Request, client: Client) -> Iterator[tuple[str, dict[str, float]]]:
    """ECB's reference rates of a period: working days only."""
    since = request.since("rates", request.connection.base, LOOKBACK)
    start = (since or request.now - timedelta(days=request.connection.first_days)).date()
    answer = _ask(request, client, f"/v1/{start}..{request.now.date()}?base={request.connection.base}")
    yield from answer["rates"].items()


def _open_er_api(request: Request, client: Client) -> Iterator[tuple[str, dict[str, float]]]:
    answer = _ask(request, client, f"/v6/latest/{request.connection.base}", _check_success)
    yield datetime.fromtimestamp(answer["time_last_update_unix"], UTC).date().isoformat(), answer["rates"]


def _exchangerate_api(request: Request, client: Client) -> Iterator[tuple[str, dict[str, float]]]:
    """Rounded to two or three digits; the base is among them as 1."""
    answer = _ask(request, client, f"/v4/latest/{request.connection.base}")
    yield answer["date"], answer["rates"]


def _check_success(answer: Answer) -> None:
    """An error may come with status 200."""
    if (found := answer.json()).get("result") != "success":
        error_class = "rate_limited" if "quota" in str(found) else "unparsable"
        raise SyncError(error_class, f"the answer says {str(found)[:200]}")


def _ask(
    request: Request, client: Client, path: str, check: Callable[[Answer], None] = lambda answer: None
) -> dict[str, Any]:
    """The stored answer, else a new one that passes `check`: what it refuses is not stored."""
    assert request.cache is not None

    def ask() -> bytes:
        answer = client.get(path)
        check(answer)
        return answer.body

    return msgspec.json.decode(request.cache.fetch("exchange_rates", client.url(path), KEEP, ask))


PROVIDERS: dict[str, Callable[[Request, Client], Iterator[tuple[str, dict[str, float]]]]] = {
    "frankfurter": _frankfurter,
    "open_er_api": _open_er_api,
    "exchangerate_api": _exchangerate_api,
}
RESOURCES: dict[str, Callable[[Request], Reading]] = {"rates": rates}
