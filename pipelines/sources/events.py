"""What a webhook asks for. Beside each source that has webhooks stands a `<source>_events` module with

    change(connection, event, body) -> Change       what one event says; pure
    again(request, stale) -> Rereading              read what an event only points at
    ASKS_AT_ONCE                                whether one such reading sends several requests at once

A row that an event brings counts only where it is newer than the one we have; whatever is read again is as the source
has it now. So events may come late, twice or in any order.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from pipelines.sources.reading import Gone, Present, Reached, Rows


class Stale(NamedTuple):
    """Something to be read again: a kind and the name or id of one of it."""

    kind: str
    name: str


@dataclass(frozen=True)
class Change:
    """`rows` are states of objects at the time of the event, each with its time of change."""

    rows: tuple[Rows, ...] = ()
    gone: tuple[Gone, ...] = ()
    stale: tuple[Stale, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.rows or self.gone or self.stale)


NOTHING = Change()
Rereading = Iterator[Rows | Reached | Present | Gone]
