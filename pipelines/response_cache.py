"""Answers of keyless sources, fetched once and shared by every tenant that asks the same."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg


class Uncached:
    """Asks each time and keeps nothing: for trying a connection."""

    def fetch(self, source: str, url: str, keep: timedelta | None, ask: Callable[[], bytes]) -> bytes:
        return ask()

    def fetch_each(
        self, source: str, urls: Sequence[str], keep: timedelta | None, ask: Callable[[list[int]], list[bytes]]
    ) -> list[bytes]:
        return ask(list(range(len(urls))))


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
        return self.fetch_each(source, [url], keep, lambda missing: [ask()])[0]

    def fetch_each(
        self, source: str, urls: Sequence[str], keep: timedelta | None, ask: Callable[[list[int]], list[bytes]]
    ) -> list[bytes]:
        """The same for several that can be asked for at once: `ask` is given the positions that are not stored."""
        keys = [hashlib.sha256(f"{source} {url}".encode()).digest() for url in urls]
        with self.connect() as connection:
            for lock in sorted({int.from_bytes(key[:8], "big", signed=True) for key in keys}):  # all in one order
                connection.execute("select pg_advisory_xact_lock(%s)", [lock])
            rows = connection.execute(
                """
                select request_hash, body from app.response_cache
                where request_hash = any(%s) and fetched_at <= %s and (expires_at is null or expires_at > %s)
                """,
                [keys, self.now, self.now],
            ).fetchall()
            found = {bytes(key): bytes(body) for key, body in rows}
            missing = [number for number, key in enumerate(keys) if key not in found]
            expires_at = None if keep is None else self.now + keep
            for number, body in zip(missing, ask(missing) if missing else (), strict=True):
                found[keys[number]] = body
                connection.execute(
                    """
                    insert into app.response_cache (request_hash, source, url, body, fetched_at, expires_at)
                    values (%s, %s, %s, %s, %s, %s)
                    on conflict (request_hash) do update
                    set body = excluded.body, fetched_at = excluded.fetched_at, expires_at = excluded.expires_at
                    """,
                    [keys[number], source, urls[number], body, self.now, expires_at],
                )
        return [found[key] for key in keys]
