"""Checks passwords without blocking the loop, and for as long whether the account exists or not."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from api.errors import unavailable
from pipelines import accounts

LONGEST_QUEUE = 32  # sign-ins that may wait for a thread


class Passwords:
    """A few threads that hash: each check costs much memory on purpose, so their number is the limit."""

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="password")
        self._waiting = 0

    async def fits(self, stored: str | None, given: str) -> bool:
        """Whether this is the account's password. Without an account another hash is checked, which takes as long."""
        if self._waiting >= LONGEST_QUEUE:
            raise unavailable("BUSY", "Too many sign-ins at once. Try again shortly.", 1)
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._pool, accounts.verify_password, given, stored)
        finally:
            self._waiting -= 1

    def warm(self) -> None:
        """Check a password once, or the first stranger's answer would come later than all others."""
        self._pool.submit(accounts.verify_password, "nobody has this password", None)

    def close(self) -> None:
        """Let running checks end."""
        self._pool.shutdown(wait=False, cancel_futures=True)
