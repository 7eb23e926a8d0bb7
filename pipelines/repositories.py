"""The repositories that a tenant's connections read, as things with an id of their own.

Those that a connection names are there at once; those that an organization brings along, when a sync has found them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
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

FOUND = "select * from guard.repositories()"  # the tenant's of this transaction


class KnownRepository(Exception):
    """The connection names this repository already."""


@dataclass(frozen=True)
class Facts:
    """What GitHub showed of a repository. None: not yet, or its history alone is read, from a clone."""

    default_branch: str | None = None
    is_private: bool | None = None
    is_archived: bool | None = None
    url: str | None = None
    created_at: datetime | None = None
    pushed_at: datetime | None = None


@dataclass(frozen=True)
class Repository:
    """A repository that one connection reads: `is_named` by itself, or as one of an organization's."""

    repository_id: UUID  # of connection and name: it stays as long as both do
    connection_id: UUID
    full_name: str
    source: str
    is_paused: bool
    is_named: bool = True
    facts: Facts = field(default_factory=Facts)


def repository_id(connection_id: UUID, full_name: str) -> UUID:
    """The same for every spelling: hosts of code ignore case in names."""
    return uuid5(connection_id, full_name.lower())


def of(database: Connection, author: Author) -> list[Repository]:
    """All of a tenant's, by connection and name; `database` is a transaction of the tenant's role."""
    shown: dict[UUID, dict[str, tuple[str, Facts]]] = {}
    for connection_id, name, *said in database.execute(FOUND).fetchall():
        shown.setdefault(connection_id, {})[name.lower()] = (name, Facts(*said))
    found = []
    for connection_id, source, _, config, _, is_paused in database.execute(OF_TENANT, [author.tenant_id]).fetchall():
        for name, is_named, facts in sorted(_read(config, shown.get(connection_id, {})), key=lambda each: each[0]):
            key = repository_id(connection_id, name)
            found.append(Repository(key, connection_id, name, source, is_paused, is_named, facts))
    return found


def clone_of(known: list[Repository], one: Repository) -> Repository | None:
    """The clone of the same repository that is read beside a GitHub connection, for its files' complexity."""
    if one.source == "git":
        return None
    name = one.full_name.lower()
    return next((o for o in known if o.source == "git" and o.full_name.lower() == name and not o.is_paused), None)


def _read(config: Mapping[str, Any], shown: dict[str, tuple[str, Facts]]) -> list[tuple[str, bool, Facts]]:
    """Name, whether the config says it, and what is known of it. A name is spelled as the source does."""
    named = {name.lower(): name for name in config.get("repositories") or filter(None, [config.get("repository")])}
    nothing = {key: (name, Facts()) for key, name in named.items()}
    return [(name, key in named, facts) for key, (name, facts) in {**nothing, **shown}.items()]


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
