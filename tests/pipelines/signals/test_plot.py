"""The small plot that stands in Dagster's metadata."""

import math
from datetime import date, timedelta
from urllib.parse import unquote
from xml.etree import ElementTree

from pipelines.signals.plot import sparkline_svg

DAYS = [date(2026, 1, 1) + timedelta(days=day) for day in range(90)]


def test_sixty_points_with_an_interval_stay_under_a_thousand_characters():
    values = [123_456.789 * (2 + math.sin(day)) for day in range(60)]

    picture = sparkline_svg(DAYS[:60], values, [value * 0.5 for value in values], [value * 2 for value in values])

    assert len(picture) < 1000
    ElementTree.fromstring(unquote(picture.removeprefix("data:image/svg+xml,")))


def test_more_points_gaps_and_nothing_at_all_make_a_picture_too():
    none = [None] * 90

    assert len(sparkline_svg(DAYS, [float(day) for day in range(90)], none, none)) < 1000
    assert sparkline_svg([], [], [], []).startswith("data:image/svg+xml,")
    assert sparkline_svg(DAYS, none, none, none).startswith("data:image/svg+xml,")
