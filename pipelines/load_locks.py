"""Advisory locks of a connection: one who loads holds the first, each session that commits a package shares the second.

A process can end and its last statement go on in the server. The first lock is free then, the second is not yet.
"""

from uuid import UUID

from psycopg import Connection

SHARED = "(hashtext('landing'), hashtext(%s))"  # by the connection's landing schema, which the sessions of dlt know
SHARE_FOR_SESSION = f"select pg_advisory_lock_shared{SHARED}"
SHARE_FOR_TRANSACTION = f"select pg_advisory_xact_lock_shared{SHARED}"
GIVE_BACK = "select pg_advisory_unlock_all()"


def lock_of(connection_id: UUID) -> int:
    """The number of the advisory lock that one who loads or removes the connection holds."""
    return int.from_bytes(connection_id.bytes[:8], "big", signed=True)


def landing_schema(source: str, connection_id: UUID | str) -> str:
    """At most 55 bytes: Postgres cuts names at 63, and dlt would shorten them in its own way."""
    return f"landing_{source}_{UUID(str(connection_id)).hex}"


def await_commits(database: Connection, source: str, connection_id: UUID) -> None:
    """Return when nothing that a process left behind can still write rows. The caller holds the connection's lock."""
    with database.transaction():
        database.execute(f"select pg_advisory_xact_lock{SHARED}", [landing_schema(source, connection_id)])
