"""What is done to a tenant's connections: made, changed, paused, resumed, taken away; each with a version and an entry
in the audit. By the command line as the loader, over the API as the tenant's own role: `database` decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import msgspec
import psycopg
from psycopg import Connection
from psycopg.types.json import Jsonb

from pipelines import base_urls, holds, names
from pipelines.connections import Git, InvalidConnection, parse
from pipelines.credentials import secrets_of
from pipelines.warehouse.connection import Warehouse

SEALED = {
    "secrets": "token",
    "tokens": "tokens",
    "webhook_secret": "webhook_secret",
}  # column → its field
ADDRESSES = ("base_url", "archive_url")
LONGEST_NAME = 100
BY_OWNER = "paused by its owner"
STORED = (
    "select source, name, config, secret_fields, allows_private, version, is_paused from app.connection"
    " where tenant_id = %s and connection_id = %s and removed_at is null for update"
)


class NoSuchConnection(Exception):
    """The tenant has no connection of this id."""


class Changed(Exception):
    """Somebody else changed the connection since it was read."""


class NameTaken(Exception):
    """The tenant has a connection of this source and name."""


@dataclass(frozen=True)
class Author:
    """On whose behalf something is changed: a tenant's user, or the operator (None)."""

    tenant_id: UUID
    user_id: UUID | None = None


@dataclass(frozen=True)
class Prepared:
    """A checked connection, its secrets apart. `sealed`: encrypted, by column; None where nothing was given."""

    connection: Any
    source: str
    config: dict[str, Any]
    sealed: dict[str, bytes | None]
    secret_fields: list[str]


def prepare(warehouse: Warehouse, config: Mapping[str, Any], allow_private: bool) -> Prepared:
    """Check a config and take its secrets out. Raises InvalidConnection, which names the field."""
    connection = parse(config)
    if isinstance(connection, Git):
        if not allow_private:
            raise InvalidConnection("path: only the operator connects a folder of this machine, by the command line.")
        connection = msgspec.structs.replace(connection, repository=clone_facts(config)[0])
    for field in ADDRESSES:
        if field in connection.__struct_fields__:
            try:
                base_urls.check(getattr(connection, field), allow_private)
            except base_urls.AddressRefused as error:
                raise InvalidConnection(f"{field}: {error}") from None
    shown = dict(msgspec.to_builtins(connection, enc_hook=str))
    secrets = secrets_of(connection)
    for field in (*secrets, "source", "tokens", "webhook_secret"):
        shown.pop(field, None)
    names = sorted(secrets)
    # Apart: who checks a webhook need not have the token, and each can be entered without knowing the others.
    signing, more = secrets.pop("webhook_secret", None), secrets.pop("tokens", None)
    sealed = {
        "secrets": warehouse.encrypt(msgspec.json.encode(secrets).decode()) if secrets else None,
        "tokens": warehouse.encrypt(msgspec.json.encode(more).decode()) if more else None,
        "webhook_secret": warehouse.encrypt(signing) if signing else None,
    }
    return Prepared(connection, str(connection.__struct_config__.tag), shown, sealed, names)


def create(database: Connection, author: Author, name: str, made: Prepared, allow_private: bool) -> UUID:
    """Store a new connection; its id. Raises NameTaken, InvalidName."""
    name = names.checked(name, longest=LONGEST_NAME)
    row = database.execute(
        """
        insert into app.connection (tenant_id, connection_id, source, name, config, secrets, tokens, webhook_secret,
            secret_fields, allows_private)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing returning connection_id
        """,
        [author.tenant_id, uuid4(), made.source, name, Jsonb(made.config), *(made.sealed[column] for column in SEALED),
         made.secret_fields, allow_private],
    ).fetchone()  # fmt: skip
    if row is None:
        raise NameTaken(f"there is a {made.source} connection named {name!r}.")
    before: dict[str, Any] = {field: [None, value] for field, value in made.config.items()}
    audit(database, author, "create", row[0], 1, before | _secrets_changed(made))
    return row[0]


def change(
    warehouse: Warehouse, database: Connection, author: Author, connection_id: UUID, config: Mapping[str, Any], *,
    version: int | None = None, allow_private: bool | None = None, name: str | None = None,
) -> int:  # fmt: skip
    """Give a connection this config; its new version. It may then be tried at once.

    Secrets that are absent stay as they are, unless an address changed: whoever moves a connection must know its token.
    `allow_private` None keeps what the operator allowed, for addresses that do not change.
    Raises NoSuchConnection, Changed, InvalidConnection, NameTaken.
    """
    source, old_name, before, known, allowed, stored_version, _ = _row(database, author, connection_id)
    if version is not None and version != stored_version:
        raise Changed(f"the connection is at version {stored_version}, not {version}.")
    kept = [name for name in known if name not in config]
    whole = {**config, **{name: ["kept"] if name == "tokens" else "kept" for name in kept}, "source": source}
    wanted = parse(whole)
    same_place = all(getattr(wanted, field) == before[field] for field in ADDRESSES if field in before)
    for field in ("token", "tokens"):
        if not same_place and field in kept:
            raise InvalidConnection(f"{field}: must be entered again, since the address changes.")
    private = allow_private if allow_private is not None else allowed and same_place
    made = prepare(warehouse, whole, private)
    # A role that may not read secrets cannot keep one by setting it to itself.
    secret = "".join(f", {column} = %s" for column, field in SEALED.items() if field not in kept)
    given = [made.sealed[column] for column, field in SEALED.items() if field not in kept]
    database.execute(
        f"update app.connection set config = %s, secret_fields = %s, version = version + 1, updated_at = now(),"
        f" allows_private = %s{secret} where tenant_id = %s and connection_id = %s",
        [Jsonb(made.config), made.secret_fields, private, *given, author.tenant_id, connection_id],
    )
    renamed = name is not None and name != old_name
    if name is not None and renamed:
        _rename(database, author, connection_id, source, name)
    holds.release(database, author.tenant_id, connection_id)
    after = msgspec.json.decode(msgspec.json.encode(made.config))  # lists, as `before` has them from the database
    differing = {
        field: [before.get(field), after.get(field)]
        for field in sorted({*before, *after})
        if before.get(field) != after.get(field)
    }
    if renamed:
        differing["name"] = [old_name, name]
    audit(database, author, "change", connection_id, stored_version + 1, differing | _secrets_changed(made, kept))
    return stored_version + 1


def pause(database: Connection, author: Author, connection_id: UUID) -> None:
    """No sync asks this connection until somebody resumes it. Raises NoSuchConnection."""
    *_, version, is_paused = _row(database, author, connection_id)
    database.execute(
        "update app.connection set is_paused = true, paused_reason = %s where tenant_id = %s and connection_id = %s",
        [BY_OWNER, author.tenant_id, connection_id],
    )
    if not is_paused:
        audit(database, author, "pause", connection_id, version, {})


def resume(database: Connection, author: Author, connection_id: UUID) -> None:
    """Let a connection be tried at the next sync, whatever paused it. Raises NoSuchConnection."""
    *_, version, _ = _row(database, author, connection_id)
    database.execute(
        "update app.connection set is_paused = false, paused_reason = null where tenant_id = %s and connection_id = %s",
        [author.tenant_id, connection_id],
    )
    holds.release(database, author.tenant_id, connection_id)
    audit(database, author, "resume", connection_id, version, {})


def take_away(database: Connection, author: Author, connection_id: UUID) -> None:
    """Forget a connection and its secrets at once; `removal.finish` takes its rows. Raises NoSuchConnection."""
    _, name, *_, version, _ = _row(database, author, connection_id)
    database.execute(
        """
        update app.connection
        set removed_at = now(), name = 'removed ' || connection_id, is_paused = true, paused_reason = 'removed',
            secrets = null, tokens = null, webhook_secret = null, secret_fields = '{}'
        where tenant_id = %s and connection_id = %s
        """,
        [author.tenant_id, connection_id],
    )
    audit(database, author, "remove", connection_id, version, {"name": [name, None]})


def clone_facts(config: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The repository's name and what the clone lacks, of a config for `Git`. Raises InvalidConnection."""
    from pipelines.sources.git_program import Repository as Clone
    from pipelines.sync_error import SyncError

    connection = parse(config)
    assert isinstance(connection, Git)
    try:
        clone = Clone(connection.path)
        clone.output("rev-parse", "--git-dir")
        return connection.repository or clone.name(), clone.notes()
    except SyncError as error:
        raise InvalidConnection(f"path: {error.message} Do: {error.what_to_do}") from None


def _row(database: Connection, author: Author, connection_id: UUID) -> tuple[Any, ...]:
    row = database.execute(STORED, [author.tenant_id, connection_id]).fetchone()
    if row is None:
        raise NoSuchConnection("There is no such connection.")
    return row


def _rename(database: Connection, author: Author, connection_id: UUID, source: str, name: str) -> None:
    try:
        with database.transaction():
            database.execute(
                "update app.connection set name = %s where tenant_id = %s and connection_id = %s",
                [name, author.tenant_id, connection_id],
            )
    except psycopg.errors.UniqueViolation:
        raise NameTaken(f"there is a {source} connection named {name!r}.") from None


def _secrets_changed(made: Prepared, kept: list[str] | None = None) -> dict[str, str]:
    return {name: "changed" for name in made.secret_fields if name not in (kept or [])}


def audit(
    database: Connection, author: Author, action: str, subject_id: UUID, version: int | None, changes: dict[str, Any],
    subject: str = "connection",
) -> None:  # fmt: skip
    """Write who did what: of each field in `changes` the value before and after, of a secret that it changed."""
    database.execute(
        "insert into app.audit_entry (tenant_id, user_id, action, subject, subject_id, version, changes)"
        " values (%s, %s, %s, %s, %s, %s, %s)",
        [author.tenant_id, author.user_id, action, subject, subject_id, version, Jsonb(changes)],
    )
