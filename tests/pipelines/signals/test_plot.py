"""The small plot that stands in Dagster's metadata."""

import math
import random
import re
from base64 import b64decode
from datetime import date, timedelta
from xml.etree import ElementTree

from pipelines.signals.plot import sparkline_svg

DAYS = [date(2026, 1, 1) + timedelta(days=day) for day in range(90)]


START = "data:image/svg+xml;base64,"


def test_sixty_points_with_an_interval_leave_room_for_a_name_under_a_thousand_characters():
    steps = random.Random(5)
    values = [123_456.789 * (2 + math.sin(day) + steps.random()) for day in range(60)]

    picture = sparkline_svg(DAYS[:60], values, [value * 0.5 for value in values], [value * 2 for value in values])

    assert len(picture) < 930
    ElementTree.fromstring(b64decode(picture.removeprefix(START)))


def test_markdown_can_take_the_address_as_it_is():
    """Spaces, quotes and brackets would end it, and the page would show the drawing's text."""
    picture = sparkline_svg(DAYS[:3], [1.0, 2.0, 4.0], [None, 1.0, 2.0], [None, 3.0, 6.0])

    assert re.fullmatch(r"[\w:/+;,=]+", picture)


def test_the_line_goes_through_every_value():
    picture = sparkline_svg(DAYS[:3], [0.0, 10.0, 5.0], [None] * 3, [None] * 3)

    drawn = ElementTree.fromstring(b64decode(picture.removeprefix(START)))[1].attrib["d"]
    assert drawn == "m0+48 120-48 120+24"


def test_more_points_gaps_and_nothing_at_all_make_a_picture_too():
    none = [None] * 90

    assert len(sparkline_svg(DAYS, [float(day) for day in range(90)], none, none)) < 930
    assert sparkline_svg([], [], [], []).startswith(START)
    assert sparkline_svg(DAYS, none, none, none).startswith(START)
