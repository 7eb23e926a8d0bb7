"""Sessions of the database that dlt is done with, kept for its next step while somebody loads.

dlt opens one for every step and table of a package, some sixteen of a small one; to open one costs the server a process
and both sides the password's hash.
"""

import threading
from collections import defaultdict
from collections.abc import Callable
from types import TracebackType
from typing import Any

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_IDLE


class Sessions:
    """A context: sessions that are given back are kept until the last of those who are inside has left it."""

    def __init__(self) -> None:
        self._users = 0
        self._idle: dict[str, list[Any]] = defaultdict(list)
        self._lock = threading.Lock()

    def __enter__(self) -> "Sessions":
        with self._lock:
            self._users += 1
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with self._lock:
            self._users -= 1
            left = [] if self._users else [each for kept in self._idle.values() for each in kept]
            if left:
                self._idle.clear()
        for each in left:
            each.close()

    def take(self, address: str, connect: Callable[[], Any], *, keeps_tables: bool = False) -> Any:
        """A session that is as a new one, at this address, but for its temporary tables where it `keeps_tables`."""
        while True:
            with self._lock:
                kept = self._idle[address]
                session = kept.pop() if kept else None
            if session is None:
                return connect()
            try:
                if keeps_tables:
                    with session, session.cursor() as cursor:
                        cursor.execute("reset all")
                else:
                    session.reset()  # no transaction, no settings, no tables
                return session  # and the server answers
            except psycopg2.Error:
                session.close()

    def give(self, address: str, session: Any) -> None:
        """The session is not needed for now."""
        is_sound = not session.closed and session.info.transaction_status == TRANSACTION_STATUS_IDLE
        with self._lock:
            if is_sound and self._users:
                self._idle[address].append(session)
                return
        session.close()


SESSIONS = Sessions()
