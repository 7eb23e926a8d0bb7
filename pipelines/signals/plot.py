"""A series with its interval as a picture small enough to stand in place in Dagster's metadata."""

from base64 import b64encode
from collections.abc import Sequence
from datetime import date
from urllib.parse import quote

WIDTH, HEIGHT = 240, 48
MAX_POINTS = 60


def sparkline_svg(
    days: Sequence[date],
    values: Sequence[float | None],
    lower: Sequence[float | None],
    upper: Sequence[float | None],
) -> str:
    """A data URI of an SVG under 1,000 characters: the line of the values and the band between lower and upper.

    All four are equally long; None is a gap. More than 60 points are thinned to the last 60.
    """
    start = max(0, len(days) - MAX_POINTS)
    values, lower, upper = values[start:], lower[start:], upper[start:]
    known = [value for side in (values, lower, upper) for value in side if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    span = (high - low) or 1.0

    def points(side: Sequence[float | None]) -> list[str]:
        step = WIDTH // max(len(side) - 1, 1)
        return [
            f"{at * step} {round(HEIGHT - (value - low) / span * HEIGHT)}"
            for at, value in enumerate(side)
            if value is not None
        ]

    band = points(lower)[::3] + points(upper)[::-3]
    drawing = "".join(
        (
            f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}'>",
            f"<path fill='#cde' d='M{' '.join(band)}'/>" if band else "",
            f"<path fill='none' stroke='#06c' d='M{' '.join(points(values))}'/></svg>",
        )
    )
    texts = (
        "data:image/svg+xml," + quote(drawing, safe=" ='/:"),
        "data:image/svg+xml;base64," + b64encode(drawing.encode()).decode(),
    )
    return min(texts, key=len)
