"""What a field of a configuration may be, and how it is told that it is not."""

import re
from typing import Annotated
from zoneinfo import available_timezones

from msgspec import Meta

from pipelines.connections import SOURCES
from pipelines.names import LINE, whole

Words = Annotated[str, Meta(max_length=2000, pattern=r"^[^\x00]*$")]
Glob = Annotated[
    str,
    Meta(min_length=1, max_length=200, pattern=whole(LINE), examples=["deploy-*"],
         description="A glob: `*` stands for anything, everything else for itself."),
]  # fmt: skip
# Of a list one must fit; a single one is a list of one. `check_glob` bounds each: a type that is a list or a text with
# a pattern is freed wrongly by msgspec 0.22, so that a process which used it ends with an abort.
Globs = str | Annotated[tuple[str, ...], Meta(min_length=1, max_length=100)]
Clock = Annotated[str, Meta(pattern=whole("([01][0-9]|2[0-3]):[0-5][0-9]"), examples=["09:00"])]
Weekday = Annotated[int, Meta(ge=1, le=7, description="ISO: 1 is Monday.")]
Hours = Annotated[float, Meta(gt=0, le=8760)]
Positive = Annotated[float, Meta(gt=0)]


def check_glob(*globs: str) -> None:
    """Raise ValueError for what was meant as a regular expression: it would match nothing, silently."""
    for glob in globs:
        if not 1 <= len(glob) <= 200 or not re.match(whole(LINE), glob):
            raise ValueError("a glob has 1 to 200 characters on one line")
        if glob.startswith("^") or glob.endswith("$") or "\\" in glob:
            raise ValueError(f"{glob!r} is a regular expression. Do: write a glob, such as deploy-*")


def check_includes(*globs: str) -> None:
    """Raise ValueError for what was meant to exclude: it would be looked for with its `!`."""
    for glob in globs:
        if glob.startswith("!"):
            raise ValueError(f"{glob!r} excludes nothing. Do: put {glob[1:]!r} into a rule with is_deployment: false")


def check_time_zone(zone: str) -> None:
    """Raise ValueError for a time zone that there is not."""
    if zone not in available_timezones():
        raise ValueError(f"{zone[:50]!r} is no time zone. Do: use a name such as Europe/Berlin")


def check_source(source: str) -> None:
    """Raise ValueError for a source that is not read."""
    if source not in SOURCES:
        raise ValueError(f"there is no source {source[:50]!r}. Do: use one of {', '.join(SOURCES)}")
