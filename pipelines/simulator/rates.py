"""Exchange rates that move: a function of the currency and the day alone."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from math import exp

from pipelines.simulator.chance import bell, wave

# Units of the currency for one US dollar around which each wanders, and how widely (log scale).
CURRENCIES: dict[str, tuple[float, float]] = {
    "USD": (1.0, 0.0), "AUD": (1.51, 0.04), "BGN": (1.81, 0.03), "BRL": (5.4, 0.07), "CAD": (1.37, 0.025),
    "CHF": (0.88, 0.03), "CNY": (7.19, 0.015), "CZK": (23.1, 0.04), "DKK": (6.91, 0.03), "EUR": (0.926, 0.03),
    "GBP": (0.785, 0.03), "HKD": (7.81, 0.002), "HUF": (365.0, 0.05), "IDR": (15900.0, 0.03), "ILS": (3.68, 0.04),
    "INR": (83.6, 0.015), "ISK": (138.0, 0.03), "JPY": (151.0, 0.05), "KRW": (1365.0, 0.03), "MXN": (18.3, 0.06),
    "MYR": (4.55, 0.03), "NOK": (10.7, 0.04), "NZD": (1.65, 0.04), "PHP": (57.4, 0.02), "PLN": (3.98, 0.04),
    "RON": (4.61, 0.03), "SEK": (10.6, 0.04), "SGD": (1.34, 0.015), "THB": (35.6, 0.03), "TRY": (33.5, 0.09),
    "ZAR": (18.2, 0.05), "AED": (3.6725, 0.0), "BBD": (2.0, 0.0), "ARS": (940.0, 0.1), "EGP": (47.9, 0.05),
}  # fmt: skip
# What the European Central Bank quotes; exchangerate-api has more.
ECB = frozenset(CURRENCIES) - {"AED", "BBD", "ARS", "EGP"}
PUBLICATION_HOUR = 15  # UTC; about 16:00 in Frankfurt


@lru_cache(maxsize=1 << 16)
def per_dollar(currency: str, day: date) -> float:
    """Units of a currency for one dollar on a day: slow waves, and noise from day to day."""
    middle, spread = CURRENCIES[currency]
    if not spread:
        return middle
    number = day.toordinal()
    slow = sum(
        wave(f"{currency}{days}", number / days) * weight for days, weight in ((400, 1.0), (90, 0.5), (21, 0.25))
    )
    return middle * exp(spread * (slow + 0.08 * bell(currency, number)))


def rate(base: str, currency: str, day: date) -> float:
    """Units of `currency` for one unit of `base`."""
    return per_dollar(currency, day) / per_dollar(base, day)


@lru_cache(maxsize=64)
def easter(year: int) -> date:
    """Easter Sunday (Gauss, in Meeus' form)."""
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    f = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    return date(year, f // 31, f % 31 + 1)


def is_quoted(day: date) -> bool:
    """Whether the ECB publishes rates on this day: no weekend, no TARGET closing day."""
    holidays = {date(day.year, 1, 1), date(day.year, 5, 1), date(day.year, 12, 25), date(day.year, 12, 26)}
    holidays |= {easter(day.year) - timedelta(days=2), easter(day.year) + timedelta(days=1)}
    return day.weekday() < 5 and day not in holidays


def newest_quoted(now: datetime) -> date:
    """The last day whose rates the ECB has published by `now`."""
    now = now.astimezone(UTC)
    day = now.date() if now.hour >= PUBLICATION_HOUR else now.date() - timedelta(days=1)
    return quoted_on(day)


def quoted_on(day: date) -> date:
    """This day, or the working day before it."""
    while not is_quoted(day):
        day -= timedelta(days=1)
    return day
