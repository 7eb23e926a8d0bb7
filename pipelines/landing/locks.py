"""Advisory locks of a connection: one who loads holds the first, each session that commits a package shares the second.

A process can end and its last statement go on in the server. The first lock is free then, the second is not yet.
"""

from typing import Any
from uuid import UUID

from psycopg import Connection

KEY = "(hashtext('landing'), hashtext(%s))"  # by the connection's landing schema, which the sessions of dlt know
GIVE_BACK = "select pg_advisory_unlock_all()"


class TakenOver(Exception):
    """Somebody else waits for this load to end, or has taken its place: it must not write any more."""


def lock_of(connection_id: UUID) -> int:
    """The number of the advisory lock that one who loads or removes the connection holds."""
    return int.from_bytes(connection_id.bytes[:8], "big", signed=True)


def landing_schema(source: str, connection_id: UUID | str) -> str:
    """At most 55 bytes: Postgres cuts names at 63, and dlt would shorten them in its own way."""
    return f"landing_{source}_{UUID(str(connection_id)).hex}"


def share(cursor: Any, schema: str, *, for_transaction: bool) -> None:
    """The cursor's session is about to write rows that land in this schema. Raises TakenOver."""
    # Not waited for: who waits for it alone holds the first lock, and waits for this load's other sessions.
    cursor.execute(f"select pg_try_advisory_{'xact_' if for_transaction else ''}lock_shared{KEY}", [schema])
    if not cursor.fetchone()[0]:
        raise TakenOver("another process has taken this load's place")


def await_commits(database: Connection, source: str, connection_id: UUID) -> None:
    """Return when nothing that a process left behind can still write rows. The caller holds the connection's lock."""
    with database.transaction():
        database.execute(f"select pg_advisory_xact_lock{KEY}", [landing_schema(source, connection_id)])
