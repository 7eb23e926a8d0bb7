"""Fair turns: some connections work at once, and a long one gives way to those that wait after a slice of its work."""

import threading
import time
from collections import deque
from collections.abc import Callable
from queue import Empty
from types import TracebackType
from typing import TypeVar

PATIENCE_SECONDS = 0.5  # without an answer to work on, until a connection leaves its place for as long as that lasts
SLICE_SECONDS = 10.0  # of work until a connection gives way, where another one waits
MOST_BEGUN = 32  # connections that have begun: each keeps a session of the database while it waits for its next turn

Taken = TypeVar("Taken")


class Places:
    """How many may work at once. Who waits longest is next."""

    def __init__(self, count: int) -> None:
        self._free = max(1, count)
        self._waiting: deque[threading.Event] = deque()
        self._lock = threading.Lock()

    def take(self) -> None:
        """Wait for a place."""
        with self._lock:
            if self._free and not self._waiting:
                self._free -= 1
                return
            called = threading.Event()
            self._waiting.append(called)
        called.wait()

    def leave(self) -> None:
        """Hand the place to who waits longest."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1

    @property
    def are_wanted(self) -> bool:
        """Whether anybody waits."""
        return bool(self._waiting)


class Turn:
    """One connection's share of the places: a context for all of its work."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._began = 0.0

    def __enter__(self) -> "Turn":
        self._places.take()
        self._began = time.monotonic()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._places.leave()

    @property
    def is_over(self) -> bool:
        """Whether it is another one's turn."""
        return self._places.are_wanted and time.monotonic() - self._began >= SLICE_SECONDS

    def give_way(self) -> None:
        """Let those who wait go first, then go on."""
        if self.is_over:
            self._places.leave()
            self._places.take()
            self._began = time.monotonic()

    def awaiting(self, take: Callable[[float | None], Taken]) -> Taken:
        """What `take` gives. A source that hangs, or is asked again after a while, keeps no place meanwhile.

        `take` waits for so many seconds and then raises Empty, with None for as long as it lasts.
        """
        try:
            return take(PATIENCE_SECONDS)
        except Empty:
            self._places.leave()
        try:
            return take(None)
        finally:
            self._places.take()
            self._began = time.monotonic()
