"""Working hours: nine to six, Monday to Friday, of the company's own zone."""

from datetime import UTC, date, datetime

from pipelines.simulator.calendar import Calendar
from pipelines.simulator.clock import iso, parse_instant


def test_friday_evening_goes_on_on_monday():
    friday_at_five = parse_instant("2026-03-06T17:00:00Z")
    assert iso(Calendar("UTC").work_after(friday_at_five, 2)) == "2026-03-09T10:00:00Z"


def test_work_is_done_by_the_local_clock():
    six_in_new_york = parse_instant("2026-01-05T11:00:00Z")
    assert iso(Calendar("America/New_York").work_after(six_in_new_york, 0)) == "2026-01-05T14:00:00Z"


def test_the_opening_follows_summer_time():
    berlin = Calendar("Europe/Berlin")
    openings = [datetime.fromtimestamp(berlin.opening(date(2026, 3, day)), UTC).hour for day in (27, 30)]
    assert openings == [8, 7]


def test_a_local_day_begins_at_its_own_midnight():
    assert Calendar("Asia/Kolkata").day_of(parse_instant("2026-01-05T18:30:00Z")) == date(2026, 1, 6)


def test_an_instant_without_offset_is_utc_and_a_plus_may_come_as_a_space():
    assert parse_instant("2026-01-05T10:00:00") == parse_instant("2026-01-05T10:00:00Z")
    assert parse_instant("2026-01-05T10:00:00 02:00") == parse_instant("2026-01-05T08:00:00Z")
    assert iso(parse_instant("2026-01-05")) == "2026-01-05T00:00:00Z"
