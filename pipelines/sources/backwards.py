"""A list that is read newest first: what is new since the last sync, then the past from where that one stopped.

Whatever changes moves to the front, so below a place in the list nothing is missed: rows that moved up are among the
new ones, and rows that moved down come twice.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from pipelines.sources.reading import Reading, Request, instant, when
from pipelines.sync_error import SyncError

FORGOTTEN = ("not_found", "configuration", "unparsable")  # what a source answers that no longer knows a place


class Page(NamedTuple):
    """Some of a list's rows, when each changed, and where the list goes on (empty: nowhere)."""

    rows: Sequence[Any]
    times: Sequence[str]  # ISO 8601, newest first
    following: str

    @property
    def oldest(self) -> str:
        """The last of its times; what is none is left out."""
        return next((time for time in reversed(self.times) if when(time)), "")

    def since(self, first: datetime) -> "Page":
        """Without the rows that changed before `first`."""
        pairs = zip(self.rows, self.times, strict=True)
        kept = [pair for pair in pairs if (time := when(pair[1])) is None or time >= first]
        return Page([row for row, _ in kept], [time for _, time in kept], self.following)


Walk = Callable[[str], Iterator[Page]]  # the pages from a place on; empty: from the front
Front = Callable[[], Iterator[Page]]
Shape = Callable[[Sequence[Any]], Reading]  # what becomes of the rows of a page


class Backwards:
    """One list in one sync."""

    def __init__(self, request: Request, resource: str, scope: str, lookback: timedelta) -> None:
        self._request, self._resource, self._scope = request, resource, scope
        self.since = request.since(resource, scope, lookback)  # None: nothing of it has been read
        self._past = request.past(resource, scope) if self.since else ""
        self._newest: str | None = None
        self.is_whole = False  # once it is read: whether its past is, too

    def read(self, walk: Walk, shape: Shape, front: Front | None = None) -> Reading:
        """What `shape` makes of each page, and after each page of the past how far that reaches.

        `front` reads the beginning of the list more cheaply than `walk`, which leaves nothing out.
        """
        front = front or partial(walk, "")
        if self.since is not None and not self._request.past_only:
            yield from self._news(front(), self.since, shape)
        if self.since is None:
            yield from self._older(front(), shape)
        elif self._past:
            yield from self._older(self._from_there(walk), shape)
        self.is_whole = not self._past

    def _news(self, pages: Iterator[Page], since: datetime, shape: Shape) -> Reading:
        for page in pages:
            found = page.since(since)
            yield from shape(found.rows)
            self._see(found)
            if page.oldest and instant(page.oldest) < since:
                break
        yield from self._reached()

    def _older(self, pages: Iterator[Page], shape: Shape) -> Reading:
        for page in pages:
            yield from shape(page.rows)
            self._see(page)
            self._past = page.following
            yield from self._reached(page.oldest)
            if self._past and self._request.has_enough(page.oldest):
                return
        if self._past:  # the place was the list's end
            self._past = ""
            yield from self._reached()

    def _from_there(self, walk: Walk) -> Iterator[Page]:
        """From where the past goes on; from the front of the list where the source no longer knows that place."""
        pages = walk(self._past)
        try:
            first = next(pages, None)
        except SyncError as error:
            if error.error_class not in FORGOTTEN:
                raise
            pages = walk("")
            first = next(pages, None)
        if first is not None:
            yield first
            yield from pages

    def _see(self, page: Page) -> None:
        self._newest = self._request.newest(self._newest, *page.times)

    def _reached(self, oldest: str = "") -> Reading:
        yield from self._request.reached(self._resource, self._scope, [self._newest], self._past, oldest)
