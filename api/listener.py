"""Hears of each publish on a connection of its own, and knows whether it can still hear.

While it listens, what was read since the last publish is current. While it does not, nobody may assume so:
`generation` is None, and the versions are asked of the database each time.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import asyncpg

from pipelines.publish import CHANNEL

logger = logging.getLogger("clearsignal.api")

PROBE_SECONDS = 10.0  # a connection that died without a word is noticed after this
RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
CANNOT_HEAR = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


class Listener:
    """`generation` grows with every publish and every reconnection; None while deaf."""

    def __init__(self, dsn: str, on_publish: Callable[[], None]) -> None:
        self.dsn, self.on_publish = dsn, on_publish
        self.generation: int | None = None
        self._count = 0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to listen, and keep trying while there is no database."""
        self._task = asyncio.create_task(self._listen_for_ever())

    async def stop(self) -> None:
        """End the connection."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _listen_for_ever(self) -> None:
        failures = 0
        while True:
            try:
                await self._listen()
            except CANNOT_HEAR as error:
                if failures == 0:
                    logger.warning("not listening for publishes: %s", type(error).__name__)
            finally:
                heard, self.generation = self.generation is not None, None
            failures = 0 if heard else failures + 1
            await asyncio.sleep(RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])

    async def _listen(self) -> None:
        name = {"application_name": "clearsignal-api-listen"}
        connection = await asyncpg.connect(self.dsn, timeout=5, server_settings=name)
        gone = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: gone.set())
            await connection.add_listener(CHANNEL, self._heard)
            self._advance()  # what was published while deaf counts as news
            while not gone.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(gone.wait(), PROBE_SECONDS)
                if not gone.is_set():
                    await connection.fetchval("select 1", timeout=5)
        finally:
            connection.terminate()

    def _heard(self, *_: Any) -> None:
        self._advance()

    def _advance(self) -> None:
        self._count += 1
        self.generation = self._count
        self.on_publish()
