"""Answers of keyless sources, fetched once and shared by every tenant that asks the same."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg


class Uncached:
    """Asks each time and keeps nothing: for trying a connection."""

    def fetch(self, source: str, url: str, keep: timedelta | None, ask: Callable[[], bytes]) -> bytes:
        return ask()


@dataclass(frozen=True)
class ResponseCache:
    """`app.response_cache`, read and written as the loader. `now` is the clock by which answers age."""

    connect: Callable[[], psycopg.Connection]
    now: datetime

    def fetch(self, source: str, url: str, keep: timedelta | None, ask: Callable[[], bytes]) -> bytes:
        """The stored answer to `url` if it is fresh, else what `ask` returns, which is stored for `keep`.

        `url` names the request and holds no secret. `keep` None keeps for ever. Several loaders that ask the
        same at once wait for the first. What `ask` raises is not stored.
        """
        key = hashlib.sha256(f"{source} {url}".encode()).digest()
        lock = int.from_bytes(key[:8], "big", signed=True)
        with self.connect() as connection:
            connection.execute("select pg_advisory_xact_lock(%s)", [lock])
            row = connection.execute(
                """
                select body from app.response_cache
                where request_hash = %s and fetched_at <= %s and (expires_at is null or expires_at > %s)
                """,
                [key, self.now, self.now],
            ).fetchone()
            if row:
                return bytes(row[0])
            body = ask()
            connection.execute(
                """
                insert into app.response_cache (request_hash, source, url, body, fetched_at, expires_at)
                values (%s, %s, %s, %s, %s, %s)
                on conflict (request_hash) do update
                set body = excluded.body, fetched_at = excluded.fetched_at, expires_at = excluded.expires_at
                """,
                [key, source, url, body, self.now, None if keep is None else self.now + keep],
            )
            return body
