"""What is to happen, in order of time: the tracker's and the customers' own events, and what engineering reports."""

import heapq
from collections.abc import Callable
from typing import Any

Key = tuple[Any, ...]


class Agenda:
    """Events by instant (seconds since 1970). Equal instants have a fixed order, so that it does not matter how often
    and in which steps the agenda is run: reports from engineering by their key, then own events as they were made."""

    def __init__(self, now: int) -> None:
        self.now = now
        self._queue: list[tuple[int, int, Key, Callable[..., None], tuple[Any, ...]]] = []
        self._made = 0

    def at(self, instant: int, action: Callable[..., None], *arguments: Any) -> None:
        """An own event; what should have happened before now happens next."""
        self._made += 1
        heapq.heappush(self._queue, (max(instant, self.now), 1, (self._made,), action, arguments))

    def report(self, instant: int, key: Key, action: Callable[..., None], *arguments: Any) -> None:
        """Something that engineering did. The key tells it from every other report of that instant."""
        heapq.heappush(self._queue, (max(instant, self.now), 0, key, action, arguments))

    def run(self, until: int) -> None:
        """Let everything happen up to and including `until`."""
        while self._queue and self._queue[0][0] <= until:
            self.now, _, _, action, arguments = heapq.heappop(self._queue)
            action(*arguments)
        self.now = max(self.now, until)
