"""Readings that do not need each other, read at once: what they yield comes as it is there, each in its own order.

A reader is a thread that stops after a page until that is taken, so what is read ahead is a few pages, however long the
lists are. How many requests are under way at once is the client's matter.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from queue import Queue
from types import TracebackType
from typing import Any, NamedTuple, TypeVar

AHEAD = 2  # items that wait to be taken, beside the one that each reader holds
PAGES_AT_ONCE = 2  # of one list, that are completed while the next one is asked for
Take = Callable[[float | None], Any]
Page = TypeVar("Page")
Made = TypeVar("Made")


class Ended(NamedTuple):
    """A reading has come to its end, or to the error that ended it."""

    error: BaseException | None = None


class Readers:
    """A context, with readings that its threads read; iterating it gives (name, item) until all have ended.

    `awaiting` takes the next item, by a function that raises Empty after so many seconds (None: never).
    """

    def __init__(self, threads: Executor, awaiting: Callable[[Take], Any] = lambda take: take(None)) -> None:
        self._threads, self._awaiting = threads, awaiting
        self._taken: Queue[tuple[str, Any]] = Queue(AHEAD)
        self._stopped: dict[str, threading.Event] = {}
        self._under_way: dict[str, Future[None]] = {}

    def start(self, name: str, reading: Callable[[], Iterator[Any]]) -> None:
        """Read this one too."""
        self._stopped[name] = threading.Event()
        self._under_way[name] = self._threads.submit(self._read, name, reading)

    def drop(self, name: str) -> None:
        """Read no more of this one: what was read of it still comes, and its end."""
        self._stopped[name].set()

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        while self._under_way:
            name, item = self._awaiting(lambda seconds: self._taken.get(timeout=seconds))
            if isinstance(item, Ended):
                del self._under_way[name]
            yield name, item

    def __enter__(self) -> "Readers":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Whatever is left is not read on, and what was read of it is dropped."""
        for name in [name for name, future in self._under_way.items() if future.cancel()]:
            del self._under_way[name]
        for stopped in self._stopped.values():
            stopped.set()
        for _ in self:
            pass

    def _read(self, name: str, reading: Callable[[], Iterator[Any]]) -> None:
        error: BaseException | None = None
        try:
            items = reading()
            try:
                for item in items:
                    if self._stopped[name].is_set():
                        break
                    self._taken.put((name, item))
            finally:
                if (close := getattr(items, "close", None)) is not None:
                    close()
        except BaseException as raised:  # it is whoever takes the items that it concerns
            error = raised
        self._taken.put((name, Ended(error)))


def side_by_side(threads: Executor | None, readings: Mapping[str, Callable[[], Iterator[Any]]]) -> Iterator[Any]:
    """What these yield. The first error ends them all. Without threads one is read after another."""
    if threads is None or len(readings) < 2:
        for reading in readings.values():
            yield from reading()
        return
    with Readers(threads) as readers:
        for name, reading in readings.items():
            readers.start(name, reading)
        for _, item in readers:
            if not isinstance(item, Ended):
                yield item
            elif item.error is not None:
                raise item.error


def completed(pages: Iterable[Page], complete: Callable[[Page], Made]) -> Iterator[tuple[Page, Made]]:
    """Each page with what `complete` makes of it, in their order, while the next ones are asked for and completed.

    Where the list breaks off, the pages that it has brought come first, then its error.
    """
    broken: list[Exception] = []

    def asked_for() -> Iterator[Page]:
        try:
            yield from pages
        except Exception as error:
            broken.append(error)

    under_way: deque[tuple[Page, Future[Made]]] = deque()
    with ThreadPoolExecutor(PAGES_AT_ONCE) as pool:
        for page in asked_for():
            under_way.append((page, pool.submit(complete, page)))
            if len(under_way) == PAGES_AT_ONCE:
                page, made = under_way.popleft()
                yield page, made.result()
        for page, made in under_way:
            yield page, made.result()
    if broken:
        raise broken[0]
