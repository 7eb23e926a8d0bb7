"""The repositories that a tenant's connections name, as things with an id of their own."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from psycopg import Connection
from psycopg.types.json import Jsonb

from pipelines.connection_changes import Author, NoSuchConnection, audit
from pipelines.connections import InvalidConnection, parse

OF_TENANT = (
    "select connection_id, source, name, config, version, is_paused from app.connection where tenant_id = %s"
    " and source in ('github', 'git') and removed_at is null order by source, name"
)


class KnownRepository(Exception):
    """The connection names this repository already."""


@dataclass(frozen=True)
class Repository:
    """A repository that one connection names. Those that an organization brings along are in the marts."""

    repository_id: UUID  # of connection and name: it stays as long as both do
    connection_id: UUID
    full_name: str
    source: str
    is_paused: bool


def repository_id(connection_id: UUID, full_name: str) -> UUID:
    """The same for every spelling: hosts of code ignore case in names."""
    return uuid5(connection_id, full_name.lower())


def of(database: Connection, author: Author) -> list[Repository]:
    """All of a tenant's, by connection and name."""
    found = []
    for connection_id, source, _, config, _, is_paused in database.execute(OF_TENANT, [author.tenant_id]).fetchall():
        names = config.get("repositories") or filter(None, [config.get("repository")])
        found += [
            Repository(repository_id(connection_id, name), connection_id, name, source, is_paused)
            for name in sorted(names)
        ]
    return found


def add(database: Connection, author: Author, connection_id: UUID, full_name: str) -> Repository:
    """Let a GitHub connection read one more repository, from its next sync on.

    Raises NoSuchConnection, InvalidConnection (a name that is none, a connection to something else), KnownRepository.
    """
    row = database.execute(
        "select source, config, version, is_paused from app.connection"
        " where tenant_id = %s and connection_id = %s and removed_at is null for update",
        [author.tenant_id, connection_id],
    ).fetchone()
    if row is None:
        raise NoSuchConnection("There is no such connection.")
    source, config, version, is_paused = row
    if source != "github":
        raise InvalidConnection(f"a connection to {source} has no list of repositories.")
    before: list[Any] = config.get("repositories") or []
    if full_name.lower() in {name.lower() for name in before}:
        raise KnownRepository(f"the connection reads {full_name} already.")
    parse({**config, "repositories": [*before, full_name], "source": source, "token": "kept"})
    database.execute(
        "update app.connection set config = %s, version = version + 1, updated_at = now()"
        " where tenant_id = %s and connection_id = %s",
        [Jsonb({**config, "repositories": [*before, full_name]}), author.tenant_id, connection_id],
    )
    audit(database, author, "change", connection_id, version + 1, {"repositories": [before, [*before, full_name]]})
    return Repository(repository_id(connection_id, full_name), connection_id, full_name, source, is_paused)
