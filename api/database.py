"""The way to Postgres: a small pool, and transactions that know their tenant before they read.

The role has no rights of its own on rows: what a transaction sees is decided by the setting it makes first. That
setting is local to the transaction, and a reset after it wipes whatever else a connection might carry on.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from api.errors import unavailable
from api.settings import Settings

# Read and write begin alike: the transaction, then the tenant, then the statement. Set and read in one statement
# would leak: the planner may read before it sets.
# A reader holds the table of versions before his snapshot is taken, so no mart is swapped while he reads: the new
# table's rows would be later than his snapshot, and he would find it empty (pipelines/publish.py).
BEGIN = {
    "read": (
        "begin isolation level repeatable read read only; lock table app.mart_version in access share mode; "
        "select set_config('app.tenant_id', '%s', true)"
    ),
    "write": "begin; select set_config('app.tenant_id', '%s', true)",
}


class Session(asyncpg.Connection):
    """A connection that can end its transaction and be wiped in one round trip instead of two."""

    __slots__ = ("is_clean",)

    async def commit_and_reset(self) -> None:
        """Commit, then forget everything that a session can carry over to the next borrower."""
        await self.execute(f"commit; {self.get_reset_query()}")
        self.is_clean = True

    async def reset_if_used(self) -> None:
        """What the pool does at release: wipe, unless that has just been done."""
        if not getattr(self, "is_clean", False):
            await self.execute(self.get_reset_query())
        self.is_clean = False


class Database:
    """The pool of one process. Connections are made when first needed, so the process starts without a database."""

    def __init__(self, dsn: str, settings: Settings) -> None:
        self.dsn, self.settings = dsn, settings
        self.waiting = self.lent = 0
        self._pool: asyncpg.Pool | None = None

    async def open(self) -> None:
        """Prepare the pool; connects to nothing yet."""
        self._pool = await asyncpg.create_pool(
            self.dsn,
            min_size=0,
            max_size=self.settings.pool_size,
            timeout=5,
            init=_prepare,
            reset=Session.reset_if_used,
            connection_class=Session,
            server_settings=session_settings(self.settings),
        )

    async def close(self) -> None:
        """Let running requests end, then part from the server."""
        if self._pool is not None:
            await self._pool.close()

    @property
    def connections(self) -> tuple[int, int]:
        """How many connections are open, and how many of them idle."""
        return (self._pool.get_size(), self._pool.get_idle_size()) if self._pool else (0, 0)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Any]:
        """A connection that belongs to nobody: only for the functions of schema `guard` and for health.

        Raises ApiError 503 where too many wait already, or none came free in time.
        """
        connection = await self._acquire()
        try:
            yield connection
        finally:
            self.lent -= 1
            await self._pool.release(connection)  # type: ignore[union-attr]

    @asynccontextmanager
    async def tenant(self, tenant_id: UUID, mode: Literal["read", "write"] = "read") -> AsyncIterator[Any]:
        """A transaction in which this tenant's rows, and no others, exist."""
        async with asyncio.timeout(self.settings.statement_timeout + 5), self.connection() as connection:
            await connection.execute(BEGIN[mode] % UUID(str(tenant_id)))
            try:
                yield connection
            except BaseException:
                if not connection.is_closed():
                    await connection.execute("rollback")
                raise
            await connection.commit_and_reset()

    async def _acquire(self) -> Any:
        if self._pool is None:
            raise unavailable("BUSY", "The API is starting. Try again shortly.", 1)
        if self.lent < self.settings.pool_size:  # nobody waits, so no timer is needed
            self.lent += 1
            try:
                return await self._pool.acquire()
            except BaseException:
                self.lent -= 1
                raise
        if self.waiting >= self.settings.pool_queue:
            raise unavailable("BUSY", "Too many requests are waiting. Try again shortly.", 1)
        self.waiting += 1
        try:
            async with asyncio.timeout(self.settings.pool_wait):  # cheaper than the pool's own, which makes a task
                connection = await self._pool.acquire()
        except TimeoutError:
            raise unavailable("BUSY", "No database connection came free in time. Try again shortly.", 1) from None
        finally:
            self.waiting -= 1
        self.lent += 1
        return connection


def session_settings(settings: Settings) -> dict[str, str]:
    """What every session of the API starts with; a reset goes back to these."""
    return {
        "application_name": "clearsignal-api",
        "statement_timeout": str(int(settings.statement_timeout * 1000)),
        "idle_in_transaction_session_timeout": "30000",
        "lock_timeout": "3000",
        "timezone": "UTC",
        "jit": "off",
    }


async def _prepare(connection: Any) -> None:
    """uuid as text and jsonb as it came: neither is ever computed with here, only sent on."""
    await connection.set_type_codec("uuid", encoder=str, decoder=str, schema="pg_catalog", format="text")
    for name in ("json", "jsonb"):
        await connection.set_type_codec(name, encoder=_to_json, decoder=_raw, schema="pg_catalog", format="text")


def _raw(text: str) -> msgspec.Raw:
    return msgspec.Raw(text.encode())


def _to_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
