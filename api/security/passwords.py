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
        self._dummy: str | None = None

    async def fits(self, stored: str | None, given: str) -> bool:
        """Whether this is the account's password. Without an account a dummy is checked, which takes as long."""
        if self._waiting >= LONGEST_QUEUE:
            raise unavailable("BUSY", "Too many sign-ins at once. Try again shortly.", 1)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, self._check, stored, given)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Let running checks end."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def warm(self) -> None:
        """Make the dummy before the first stranger asks, or the first unknown account would take twice as long."""
        self._dummy = accounts.hash_password("nobody has this password")

    def _check(self, stored: str | None, given: str) -> bool:
        if self._dummy is None:
            self.warm()
        matches = accounts.verify_password(stored or self._dummy, given)
        return matches and stored is not None
