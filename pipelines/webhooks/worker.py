"""The resident worker: applies webhook events as they come in. One process; several connections at once."""

import logging
import signal
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from types import FrameType

import psycopg

from pipelines import removal
from pipelines.uploads import store
from pipelines.warehouse.connection import Warehouse
from pipelines.webhooks import batches
from pipelines.webhooks.batches import Key

logger = logging.getLogger("clearsignal.webhooks")
POLL_SECONDS = 0.5
AT_ONCE = 4  # connections
FORGET_SECONDS = 3600.0
SECONDS_A_REQUEST = 1.0  # a batch makes the next one wait so long: a flood asks 3,600 times an hour and leaves the rest
LONGEST_PACE_SECONDS = 60.0
LATER_SECONDS = 2.0  # until a connection that is being loaded, or that failed, is tried again


class Worker:
    """Applies what comes in until it is told to stop; several connections at once, each by one thread."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._stop = threading.Event()
        self._busy: dict[Key, Future[float]] = {}
        self._not_before: dict[Key, float] = {}
        self._forget_at = time.monotonic()

    def stop(self) -> None:
        """End after the batches that are under way."""
        self._stop.set()

    def run(self) -> None:
        """Until `stop`. A warehouse that goes away is waited for."""
        with ThreadPoolExecutor(AT_ONCE, "webhooks") as pool:
            while not self._stop.is_set():
                try:
                    self._round(pool)
                except psycopg.OperationalError as error:
                    logger.warning("the warehouse does not answer: %s", type(error).__name__)
                    self._stop.wait(POLL_SECONDS * 4)
                self._stop.wait(POLL_SECONDS)

    def _round(self, pool: ThreadPoolExecutor) -> None:
        now = time.monotonic()
        for key, future in [(key, future) for key, future in self._busy.items() if future.done()]:
            del self._busy[key]
            self._not_before[key] = now + future.result()
        self._not_before = {key: at for key, at in self._not_before.items() if at > now}
        for key in batches.waiting(self._warehouse):
            if key not in self._busy and key not in self._not_before and len(self._busy) < AT_ONCE:
                self._busy[key] = pool.submit(self._apply, key)
        removal.finish(self._warehouse)
        store.settle(self._warehouse)
        if now >= self._forget_at:
            self._forget_at = now + FORGET_SECONDS
            store.forget_leftovers(self._warehouse.home)
            batches.forget(self._warehouse)

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
                counts = ", ".join(f"{count} {status}" for status, count in sorted(applied.counts.items()))
                logger.info(
                    "%s %s: %s, %d requests, %.2f s",
                    applied.tenant, applied.source, counts, applied.requests, time.monotonic() - began,
                )  # fmt: skip
                return min(applied.requests * SECONDS_A_REQUEST, LONGEST_PACE_SECONDS)
        return LATER_SECONDS


def run(warehouse: Warehouse) -> None:
    """Apply until SIGTERM or SIGINT."""
    worker = Worker(warehouse)

    def leave(number: int, frame: FrameType | None) -> None:
        worker.stop()

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, leave)
    worker.run()
