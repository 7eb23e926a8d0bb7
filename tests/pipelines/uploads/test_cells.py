"""Cells → values: what is read, and what is none, whatever looks like one."""

import polars as pl
import pytest

from pipelines.uploads.cells import Reading


def typed(kind: str, text: str, **written: str):
    reading = Reading("Europe/Berlin", **written)
    return pl.DataFrame({"cell": [text]}).select(reading.typed(kind, pl.col("cell"))).item()


@pytest.mark.parametrize(
    ("text", "point", "comma"),
    [
        ("1", "1", "1"),
        ("-1", "-1", "-1"),
        ("+5", "+5", "+5"),
        ("1.5", "1.5", None),
        ("1,5", None, "1.5"),
        ("1.234", "1.234", "1234"),
        ("1,234", "1234", "1.234"),
        ("0.123", "0.123", None),
        ("1,234.56", "1234.56", None),
        ("-1.234.567,89", None, "-1234567.89"),
        ("1,234,567", "1234567", None),
        ("1.2.3,4", None, None),
        ("1,23,456.7", None, None),
        ("1234,567.8", None, None),
        ("1,234.567,8", None, None),
        ("1.234e3", "1.234e3", None),
        ("1'234", None, None),
        ("1 234", None, None),
        ("1_000", None, None),
        ("0x10", None, None),
        ("١٢", None, None),
        ("０１２", None, None),
        ("NaN", None, None),
        ("1e400", None, None),
        ("-1e400", None, None),
        ("1e-400", None, None),
        ("0e-400", "0e-400", "0e-400"),
    ],
)
def test_a_price_is_read_as_it_is_written_or_not_at_all(text: str, point: str | None, comma: str | None) -> None:
    assert (typed("exact", text), typed("exact", text, decimal=",")) == (point, comma)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234.5", 1234.5),
        ("-0", 0),
        ("9007199254740991", 9007199254740991),
        ("9007199254740993", None),  # as a double it would be another number
        ("1e300", 1e300),
        ("1e400", None),
        ("1e-400", None),
        ("١٢", None),
    ],
)
def test_a_value_is_the_number_that_was_written(text: str, value: float | None) -> None:
    assert typed("number", text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,000", "1000"),
        ("1.0", None),
        ("1e3", None),
        ("９", None),
        ("٣", None),
        ("1" * 18, "1" * 18),
        ("1" * 19, None),
    ],
)
def test_a_volume_is_whole(text: str, value: str | None) -> None:
    assert typed("whole", text) == value


@pytest.mark.parametrize(
    "text",
    ["0000-01-01", "0001-01-01", "1799-12-31", "2200-01-01", "9999-12-31", "9999-12-31T23:59:59-12:00", "10000-01-01",
     "-0044-03-15", "+002026-01-01", "2026-1-1", "20260101", "2026-W53-1", "2026-060", "infinity", "now", "1767225600",
     "2026-01-01T24:00:00", "2016-12-31T23:59:60Z", "2026-01-01 10:30:60", "2026-01-01 10:30+24:00",
     "2026-01-01 10:30+00:60", "2026-01-01 10:30:00.1234567", "T12:00", "２０２６-01-01", "2026-03-29 02:30"],
)  # fmt: skip
def test_what_is_no_time_of_a_known_year_is_none(text: str) -> None:
    assert typed("time", text) is None


@pytest.mark.parametrize(
    ("text", "style", "instant"),
    [
        ("1800-01-01", "iso", "1799-12-31T23:06:32+00:00"),  # Berlin's own mean time
        ("2199-12-31 23:59:59-12:00", "iso", "2200-01-01T11:59:59+00:00"),
        ("2024-02-29 9:05 Z", "iso", "2024-02-29T09:05:00+00:00"),
        ("2026-01-01 10:30:00.123456000", "iso", "2026-01-01T09:30:00.123456+00:00"),
        ("1.2.2026T10:30-05:00", "day.month.year", "2026-02-01T15:30:00+00:00"),
    ],
)
def test_a_time_keeps_its_instant(text: str, style: str, instant: str) -> None:
    assert typed("time", text, date_format=style).isoformat() == instant
