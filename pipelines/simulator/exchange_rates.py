"""Exchange rates as exchangerate-api (v4), open.er-api.com (v6) and Frankfurter (v1) answer them."""

from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from litestar import Request, Response, get
from litestar.datastructures import State

from pipelines.simulator import rates, recorded
from pipelines.simulator.rates import CURRENCIES, ECB

EARLIEST = date(1999, 1, 4)  # the euro's first day
DAY = timedelta(days=1)


def rounded(value: float) -> float | int:
    """As v4 rounds: two to four digits, and whole numbers without a decimal point."""
    short = round(value, 2) if value >= 1 else float(f"{value:.3g}")
    return int(short) if short == int(short) else short


def v4(base: str, now: datetime) -> dict[str, Any]:
    """The rates of the day, the base included as 1."""
    midnight = datetime(now.year, now.month, now.day, tzinfo=UTC)
    return {
        "provider": "https://www.exchangerate-api.com",
        "WARNING_UPGRADE_TO_V6": "https://www.exchangerate-api.com/docs/free",
        "terms": "https://www.exchangerate-api.com/terms",
        "base": base,
        "date": midnight.date().isoformat(),
        "time_last_updated": int(midnight.timestamp()) + 1,
        "rates": {code: rounded(rates.rate(base, code, midnight.date())) for code in _base_first(base)},
    }


def v6(base: str, now: datetime) -> dict[str, Any]:
    """The same, unrounded, in today's envelope."""
    updated = datetime(now.year, now.month, now.day, tzinfo=UTC) + timedelta(seconds=151)
    following = updated + DAY
    return {
        "result": "success",
        "provider": "https://www.exchangerate-api.com",
        "documentation": "https://www.exchangerate-api.com/docs/free",
        "terms_of_use": "https://www.exchangerate-api.com/terms",
        "time_last_update_unix": int(updated.timestamp()),
        "time_last_update_utc": format_datetime(updated),
        "time_next_update_unix": int(following.timestamp()),
        "time_next_update_utc": format_datetime(following),
        "time_eol_unix": 0,
        "base_code": base,
        "rates": {
            code: 1 if code == base else round(rates.rate(base, code, updated.date()), 6) for code in _base_first(base)
        },
    }


def _base_first(base: str) -> list[str]:
    return [base, *sorted(set(CURRENCIES) - {base})]


class NotFound(Exception):
    """Frankfurter's 404, with its message."""


def quoted(base: str, symbols: str, day: date) -> dict[str, float]:
    """One day's rates: the base is left out, five decimals (more for small values)."""
    wanted = {code for code in symbols.upper().split(",") if code} & ECB if symbols else set(ECB)
    if base not in ECB or not wanted:
        raise NotFound("not found")
    found = {code: rates.rate(base, code, day) for code in sorted(wanted - {base})}
    return {code: round(value, 5) if value < 10 else round(value, 3) for code, value in found.items()}


def frankfurter_day(base: str, symbols: str, day: date, now: datetime) -> dict[str, Any]:
    """A single day; a day without rates answers the working day before it."""
    day = rates.quoted_on(min(day, rates.newest_quoted(now)))
    if day < EARLIEST:
        raise NotFound("not found")
    return {"amount": 1.0, "base": base, "date": day.isoformat(), "rates": quoted(base, symbols, day)}


def frankfurter_period(base: str, symbols: str, start: date, end: date, now: datetime) -> dict[str, Any]:
    """Every quoted day of a period; weekends are absent, and the period begins at its first quoted day."""
    end = min(end, rates.newest_quoted(now))
    # A start on a weekend is answered from the working day before it.
    first = rates.quoted_on(max(start, EARLIEST))
    if start > end or not quoted(base, symbols, first):
        raise NotFound("not found")
    span = [first + DAY * n for n in range((end - first).days + 1)]
    days = {day.isoformat(): quoted(base, symbols, day) for day in span if rates.is_quoted(day)}
    return {
        "amount": 1.0,
        "base": base,
        "start_date": first.isoformat(),
        "end_date": max(days),
        "rates": days,
    }


def frankfurter(period: str, base: str, symbols: str, now: datetime) -> dict[str, Any]:
    """`latest`, a date, `start..` or `start..end`. Raises NotFound."""
    base = (base or "EUR").upper()
    try:
        if period == "latest":
            return frankfurter_day(base, symbols, now.date(), now)
        if ".." in period:
            start, end = period.split("..", 1)
            last = date.fromisoformat(end) if end else now.date()
            return frankfurter_period(base, symbols, date.fromisoformat(start), last, now)
        return frankfurter_day(base, symbols, date.fromisoformat(period), now)
    except ValueError:
        raise NotFound("invalid date") from None


def _now(state: State) -> datetime:
    return datetime.fromtimestamp(state.world.clock.now(), UTC)


@get(["/exchange_rates/v4/latest/{base:str}", "/exchange_rates/v6/latest/{base:str}"], sync_to_thread=False)
def read_latest(request: Request, state: State, base: str) -> Response:
    """exchangerate-api's daily rates."""
    found = recorded.answer(state.world, "exchange_rates", "rates", request.url.path, dict(request.query_params))
    if found is not None:
        return Response(found)
    if base.upper() not in CURRENCIES:
        return Response({"result": "error", "error-type": "unsupported-code"}, status_code=404)
    answer = v4 if "/v4/" in request.url.path else v6
    return Response(answer(base.upper(), _now(state)))


@get("/exchange_rates/v1/{period:str}", sync_to_thread=False)
def read_period(request: Request, state: State, period: str, base: str = "", symbols: str = "") -> Response:
    """Frankfurter: the ECB's reference rates."""
    found = recorded.answer(state.world, "exchange_rates", "rates", request.url.path, dict(request.query_params))
    if found is not None:
        return Response(found)
    if period == "currencies":
        return Response({code: code for code in sorted(ECB)})
    try:
        return Response(frankfurter(period, base, symbols, _now(state)))
    except NotFound as error:
        return Response({"message": str(error)}, status_code=404)


HANDLERS = [read_latest, read_period]
