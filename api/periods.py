"""Days, ISO weeks and months of the tenant's calendar, and the stretch of days that a question is about."""

import calendar
from datetime import date
from typing import Annotated, Literal

from litestar.params import Parameter

from api import kinds
from api.errors import invalid
from api.kinds import Unreadable

MOST_DAYS = 3660
LONGEST = {"day": 1, "week": 7, "month": 31}  # days of a period
DEFAULT_DAYS = {"day": 90, "week": 364, "month": 730}  # up to `to`, where `from` is not given
GrainName = Literal["day", "week", "month"]
Grain = Annotated[
    GrainName,
    Parameter(
        description="A day, ISO week or month of the tenant; the longer ones only of what adds up or is a level."
    ),
]
DAY = {"format": "date", "examples": ["2026-01-31"]}
# Text: Litestar names what it cannot read by the name in Python, and `from` is none.
From = Annotated[
    str | None, Parameter(query="from", schema_extra=DAY, description="From the period on in which this day lies.")
]
To = Annotated[
    str | None,
    Parameter(query="to", schema_extra=DAY, description="Up to the period of this day; by default of the newest data."),
]


def days(first: str | None, last: str | None) -> tuple[date | None, date | None]:
    """The days that `from` and `to` name. Raises ApiError 400, which names the one that is none."""
    found = []
    for name, given in (("from", first), ("to", last)):
        try:
            found.append(None if given is None else kinds.day(given))
        except Unreadable as error:
            raise invalid(name, str(error)) from None
    return found[0], found[1]


def first_of(day: date, grain: GrainName) -> date:
    """The first day of the period in which a day lies."""
    match grain:
        case "week":
            return date.fromordinal(max(day.toordinal() - day.weekday(), 1))
        case "month":
            return day.replace(day=1)
    return day


def last_of(day: date, grain: GrainName) -> date:
    """The last day of the period in which a day lies."""
    match grain:
        case "week":
            return date.fromordinal(min(day.toordinal() + 6 - day.weekday(), date.max.toordinal()))
        case "month":
            return day.replace(day=calendar.monthrange(day.year, day.month)[1])
    return day


def stretch(first: date | None, last: date, grain: GrainName) -> tuple[date, date]:
    """Whole periods from the one of `first`, else the default, to the one of `last`.

    Raises ApiError 400 where they are turned round or too far apart.
    """
    first = first or date.fromordinal(max(last.toordinal() - DEFAULT_DAYS[grain] + 1, 1))
    if first > last:
        raise invalid("from", "is later than `to`, which by default is the newest day of the data.")
    if (last - first).days >= MOST_DAYS:
        raise invalid("from", f"is more than {MOST_DAYS} days before `to`.")
    return first_of(first, grain), last_of(last, grain)
