"""The resident worker: applies webhook events as they come in. One process; several connections at once."""

import logging
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import FrameType
from typing import TypeVar

import psycopg

from pipelines import removal
from pipelines.uploads import store
from pipelines.warehouse.connection import Warehouse
from pipelines.webhooks import batches
from pipelines.webhooks.batches import Key

logger = logging.getLogger("clearsignal.webhooks")
Refresh = Callable[[], bool]
Result = TypeVar("Result")
POLL_SECONDS = 0.5
AT_ONCE = 4  # connections
CHORE_SECONDS = 1.0
FORGET_SECONDS = 3600.0
SECONDS_A_REQUEST = 1.0  # beyond the burst: a flood asks 3,600 times an hour, and leaves the rest to syncs
BURST_REQUESTS = 600  # that a connection may take at once, when it has been quiet for ten minutes
LONGEST_PACE_SECONDS = 60.0
LATER_SECONDS = 2.0  # until a connection that is being loaded, or that failed, is tried again


class Worker:
    """Applies what comes in until it is told to stop; several connections at once, each by one thread.

    `refresh` brings the marts up to date with what was applied. It returns False where it has to be tried again.
    """

    def __init__(self, warehouse: Warehouse, refresh: Refresh | None = None) -> None:
        self._warehouse, self._refresh = warehouse, refresh
        self._has_news = True  # of a worker that was killed
        self._refreshing: Future[bool] | None = None
        self._refresh_at = 0.0
        self._stop, self._wake = threading.Event(), threading.Event()
        self._busy: dict[Key, Future[float]] = {}
        self._not_before: dict[Key, float] = {}
        self._owed: dict[Key, tuple[float, float]] = {}  # requests, and when they were counted
        self._chore: Future[None] | None = None
        self._chores_at = self._forget_at = time.monotonic()

    def stop(self) -> None:
        """End after the batches that are under way."""
        self._stop.set()

    def run(self) -> None:
        """Until `stop`. A warehouse that goes away is waited for."""
        with (
            ThreadPoolExecutor(AT_ONCE, "webhooks") as pool,
            ThreadPoolExecutor(1, "marts") as marts,
            ThreadPoolExecutor(1, "chores") as other,
        ):
            while not self._stop.is_set():
                try:
                    self._refresh_marts(marts)
                    self._round(pool)
                    self._chores(other)
                except psycopg.OperationalError as error:
                    logger.warning("the warehouse does not answer: %s", type(error).__name__)
                    self._stop.wait(POLL_SECONDS * 4)
                self._wake.wait(POLL_SECONDS)
                self._wake.clear()

    def _round(self, pool: ThreadPoolExecutor) -> None:
        now = time.monotonic()
        for key, future in [(key, future) for key, future in self._busy.items() if future.done()]:
            del self._busy[key]
            self._not_before[key] = now + future.result()
        self._not_before = {key: at for key, at in self._not_before.items() if at > now}
        is_refreshing = self._refreshing is not None and not self._refreshing.done()
        # Not meanwhile: both would share one interpreter, and each take twice as long.
        for key in [] if is_refreshing else batches.waiting(self._warehouse):
            if key not in self._busy and key not in self._not_before and len(self._busy) < AT_ONCE:
                self._busy[key] = self._submit(pool, self._apply, key)

    def _chores(self, other: ThreadPoolExecutor) -> None:
        """What else comes over the API and is for the loader to do; a large upload holds no webhook up."""
        now = time.monotonic()
        if now >= self._chores_at and (self._chore is None or self._chore.done()):
            self._chores_at = now + CHORE_SECONDS
            self._chore = other.submit(self._do_chores, now)

    def _do_chores(self, now: float) -> None:
        try:
            removal.finish(self._warehouse)
            store.settle(self._warehouse)
            if now >= self._forget_at:
                self._forget_at = now + FORGET_SECONDS
                store.forget_leftovers(self._warehouse.home)
                batches.forget(self._warehouse)
        except psycopg.OperationalError as error:
            logger.warning("the warehouse went away: %s", type(error).__name__)
        except Exception:  # tried again in a moment; webhooks go on
            logger.exception("removals and uploads could not be settled")

    def _refresh_marts(self, marts: ThreadPoolExecutor) -> None:
        """In turns with the batches: what the first of them brought is shown before the next begin."""
        now = time.monotonic()
        if self._refreshing is not None and self._refreshing.done():
            if not self._refreshing.result():
                self._has_news, self._refresh_at = True, now + POLL_SECONDS
            self._refreshing = None
        if self._has_news and self._refreshing is None and now >= self._refresh_at:
            self._has_news = False
            self._refreshing = self._submit(marts, self._refresh_once)

    def _submit(self, pool: ThreadPoolExecutor, work: Callable[..., Result], *given: Key) -> Future[Result]:
        """Have it done; what follows from it begins at once."""
        future = pool.submit(work, *given)
        future.add_done_callback(lambda _: self._wake.set())
        return future

    def _refresh_once(self) -> bool:
        try:
            return self._refresh is None or self._refresh()
        except psycopg.OperationalError as error:
            logger.warning("the warehouse went away: %s", type(error).__name__)
            return False
        except Exception:  # what was applied stays new for the next transform
            logger.exception("the marts could not be refreshed")
            return True

    def _apply(self, key: Key) -> float:
        """Apply a batch; the seconds until the connection's next one."""
        began = time.monotonic()
        try:
            applied = batches.apply(self._warehouse, *key)
        except psycopg.OperationalError as error:
            logger.warning("the warehouse went away: %s", type(error).__name__)
        except Exception:
            logger.exception("a batch of connection %s could not be applied", key[1])
        else:
            if applied is not None:
                self._has_news = True
                counts = ", ".join(f"{count} {status}" for status, count in sorted(applied.counts.items()))
                logger.info(
                    "%s %s: %s, %d requests, %.2f s",
                    applied.tenant, applied.source, counts, applied.requests, time.monotonic() - began,
                )  # fmt: skip
                return self._pace(key, applied.requests)
        return LATER_SECONDS

    def _pace(self, key: Key, requests: int) -> float:
        """How long a connection waits that took so many more: what goes beyond its burst is paid for in seconds."""
        now = time.monotonic()
        owed, since = self._owed.get(key, (0.0, now))
        owed = max(0.0, owed - (now - since) / SECONDS_A_REQUEST) + requests
        self._owed[key] = owed, now
        return min(max(0.0, owed - BURST_REQUESTS) * SECONDS_A_REQUEST, LONGEST_PACE_SECONDS)


def run(warehouse: Warehouse, refresh: Refresh | None = None) -> None:
    """Apply until SIGTERM or SIGINT."""
    worker = Worker(warehouse, refresh)

    def leave(number: int, frame: FrameType | None) -> None:
        worker.stop()

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, leave)
    worker.run()
