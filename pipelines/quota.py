"""How many requests a (host, credential) has used in this hour, day or month, shared by all processes."""

import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import psycopg

from pipelines.sync_error import SyncError

FLUSH_EVERY = 100  # requests counted here before they are written down, where there is no limit to keep


def window_start(window: str, now: datetime) -> datetime:
    """The beginning of the clock window that holds `now`, in UTC."""
    start = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if window == "hour":
        return start
    return start.replace(hour=0) if window == "day" else start.replace(hour=0, day=1)


def window_end(window: str, start: datetime) -> datetime:
    if window == "month":
        return (start + timedelta(days=32)).replace(day=1)
    return start + (timedelta(hours=1) if window == "hour" else timedelta(days=1))


class Left(NamedTuple):
    """How many requests of a limit are left, and when it begins anew."""

    limit: int
    left: int
    resets_at: datetime | None


# GitHub's, HubSpot's and Zendesk's names for: limit, left, the second at which it begins anew.
TOLD = (
    ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"),
    ("x-hubspot-ratelimit-daily", "x-hubspot-ratelimit-daily-remaining", ""),
    ("x-rate-limit", "x-rate-limit-remaining", ""),
)


def told(headers: Mapping[str, str]) -> Left | None:
    """What an answer says of its limit, None where it says nothing. Names are case-insensitive."""
    for limit, left, reset in TOLD:
        numbers = [headers.get(name, "") for name in (limit, left, reset)]
        if numbers[0].isdigit() and numbers[1].isdigit():
            resets_at = datetime.fromtimestamp(int(numbers[2]), UTC) if numbers[2].isdigit() else None
            return Left(int(numbers[0]), int(numbers[1]), resets_at)
    return None


@dataclass
class Meter:
    """Counts requests and holds them to the limits. Without a connection it counts for nobody.

    Requests are reserved in blocks, so that the ledger costs one statement a block, not one a request.
    """

    host: str = ""
    credential: str = ""  # a digest
    limits: dict[str, int] = field(default_factory=dict)  # window → requests
    connect: Callable[[], AbstractContextManager[psycopg.Connection]] | None = None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    taken: int = 0  # requests counted by this meter
    told: Left | None = None  # by the newest answer that told
    _left: int = 0
    _counted: dict[str, Left] = field(default_factory=dict)  # window → by our own count
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def take(self) -> None:
        """Count one request. Raises SyncError(rate_limited) where a window is used up."""
        with self._lock:
            self.taken += 1
            if self.connect is None:
                return
            if self._left == 0:
                self._reserve(self._block())
            self._left -= 1

    def give_back(self) -> None:
        """Return what was reserved and not used."""
        with self._lock:
            if self._left and self.connect is not None:
                self._add(-self._left)
            self._left = 0

    def hear(self, headers: Mapping[str, str]) -> None:
        """Note what an answer says of its limit."""
        self.told = told(headers) or self.told

    def tightest(self) -> Left | None:
        """Of the limits that are known, the one of which least is left. To be asked after `give_back`."""
        known = [*self._counted.values(), *([self.told] if self.told else [])]
        return min(known, key=lambda one: one.left / max(one.limit, 1), default=None)

    def _block(self) -> int:
        return max(1, min([FLUSH_EVERY, *(limit // 100 for limit in self.limits.values())]))

    def _reserve(self, count: int) -> None:
        now = self.clock()
        for window, used in self._add(count).items():
            limit = self.limits.get(window)
            if limit is not None and used > limit:
                self._add(-count)
                end = window_end(window, window_start(window, now))
                message = (
                    f"{self.host} allows {limit:,} requests a {window}, and they are used up until {end:%F %H:%M} UTC"
                )
                raise SyncError("rate_limited", message, retry_after=(end - now).total_seconds())
        self._left = count

    def _add(self, count: int) -> dict[str, int]:
        now = self.clock()
        used = {}
        assert self.connect is not None
        with self.connect() as connection:
            for window in self.limits or ("hour",):
                start = window_start(window, now)
                row = connection.execute(
                    """
                    insert into app.quota as q (host, credential, "window", window_start, used, quota_limit, resets_at)
                    values (%s, %s, %s, %s, greatest(%s, 0), %s, %s)
                    on conflict (host, credential, "window", window_start)
                    do update set used = greatest(q.used + %s, 0), quota_limit = excluded.quota_limit
                    returning used
                    """,
                    [self.host, self.credential, window, start, count, self.limits.get(window),
                     window_end(window, start), count],
                ).fetchone()  # fmt: skip
                assert row is not None
                used[window] = row[0]
                if (limit := self.limits.get(window)) is not None:
                    self._counted[window] = Left(limit, max(0, limit - row[0]), window_end(window, start))
        return used


def record_left(
    database: psycopg.Connection, tenant_id: UUID, connection_id: UUID, meters: Iterable[Meter],
    clock: Callable[[], datetime],
) -> None:  # fmt: skip
    """Write down what a connection has left, where anything is known of it."""
    known = [left for meter in meters if (left := meter.tightest()) is not None]
    if not known:
        return
    least = min(known, key=lambda one: one.left / max(one.limit, 1))
    database.execute(
        """
        insert into app.connection_quota
            (tenant_id, connection_id, quota_limit, quota_left, resets_at, measured_at)
        values (%s, %s, %s, %s, %s, %s)
        on conflict (tenant_id, connection_id) do update set quota_limit = excluded.quota_limit,
            quota_left = excluded.quota_left, resets_at = excluded.resets_at, measured_at = excluded.measured_at
        """,
        [tenant_id, connection_id, least.limit, least.left, least.resets_at, clock()],
    )
