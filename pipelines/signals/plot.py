"""A series with its interval as a picture small enough to stand in place in Dagster's metadata."""

from base64 import b64encode
from collections.abc import Sequence
from datetime import date

WIDTH, HEIGHT = 240, 48
MAX_POINTS = 60


def sparkline_svg(
    days: Sequence[date],
    values: Sequence[float | None],
    lower: Sequence[float | None],
    upper: Sequence[float | None],
) -> str:
    """A data URI of an SVG of about 900 characters: the line of the values and the band between lower and upper.

    All four are equally long; None is a gap. More than 60 points are thinned to the last 60. In base64, since Markdown
    takes no spaces and no quotes in an address.
    """
    start = max(0, len(days) - MAX_POINTS)
    values, lower, upper = values[start:], lower[start:], upper[start:]
    known = [value for side in (values, lower, upper) for value in side if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    span = (high - low) or 1.0

    def points(side: Sequence[float | None]) -> list[tuple[int, int]]:
        step = WIDTH // max(len(side) - 1, 1)
        return [
            (at * step, round(HEIGHT - (value - low) / span * HEIGHT))
            for at, value in enumerate(side)
            if value is not None
        ]

    band = _path(points(lower)[::4] + points(upper)[::-4])
    drawing = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}'>"
        f"<path fill='#cde' d='{band}'/>"
        f"<path fill='none' stroke='#06c' d='{_path(points(values))}'/></svg>"
    )
    return "data:image/svg+xml;base64," + b64encode(drawing.encode()).decode()


def _path(points: Sequence[tuple[int, int]]) -> str:
    """A line from point to point: each says how far it is from the one before, which is shorter than where it is."""
    text, before = "", (0, 0)
    for across, down in points:
        step = f"{across - before[0]}{down - before[1]:+d}"  # the sign parts the two
        text += ("m" if not text else " " if step[0] != "-" and len(text) > 1 else "") + step
        before = (across, down)
    return text
