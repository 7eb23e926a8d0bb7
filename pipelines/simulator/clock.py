"""The world's clock: it follows the wall clock with an offset, or stands still where a test fixed it."""

import time
from datetime import UTC, datetime
from functools import lru_cache


class Clock:
    """Whole seconds since 1970, UTC. `fixed=None` follows the wall clock, `offset` seconds ahead of it."""

    def __init__(self, fixed: int | None = None, offset: int = 0) -> None:
        self.fixed = fixed
        self.offset = offset

    def now(self) -> int:
        return self.fixed if self.fixed is not None else int(time.time()) + self.offset

    def advance(self, seconds: int) -> None:
        self.set(self.now() + seconds)

    def set(self, instant: int) -> None:
        """Make `instant` the present; a clock that runs keeps running from there."""
        if self.fixed is not None:
            self.fixed = instant
        else:
            self.offset = instant - int(time.time())


@lru_cache(maxsize=65536)
def iso(instant: int) -> str:
    """As GitHub writes an instant: 2026-04-28T15:33:15Z."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(instant))


def maybe_iso(instant: int | None) -> str | None:
    return None if instant is None else iso(instant)


def parse_instant(text: str) -> int:
    """ISO 8601 with an offset or Z (none is read as UTC), or a plain date. Raises ValueError."""
    moment = datetime.fromisoformat(text.strip().replace(" ", "+"))  # a "+" in a query string arrives as a space
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
