"""The connections that tenants keep: stored with their secrets encrypted, read, resumed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import msgspec
from psycopg.types.json import Jsonb

from pipelines import base_urls, holds
from pipelines.connections import Git, InvalidConnection, parse, secrets_of
from pipelines.tenants import Tenant
from pipelines.warehouse.connection import Warehouse


@dataclass(frozen=True)
class StoredConnection:
    """A connection as a tenant keeps it."""

    connection_id: UUID
    tenant: Tenant
    source: str
    name: str
    connection: Any  # one of KINDS
    is_paused: bool = False

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(secrets_of(self.connection).values())


def add(
    warehouse: Warehouse, tenant: Tenant, name: str, config: Mapping[str, Any], *, allow_private: bool = False
) -> StoredConnection:
    """Store a connection, or change the one of this source and name, which may then be tried at once.

    Raises InvalidConnection. `allow_private` lets the address be on this machine or network (the simulator, a server
    of one's own, a clone).
    """
    connection = parse(config)
    if isinstance(connection, Git):
        if not allow_private:
            raise InvalidConnection("path: only the operator connects a folder of this machine, by the command line.")
        connection = msgspec.structs.replace(connection, repository=clone_facts(config)[0])
    for field in ("base_url", "archive_url"):
        if field in connection.__struct_fields__:
            try:
                base_urls.check(getattr(connection, field), allow_private)
            except base_urls.AddressRefused as error:
                raise InvalidConnection(f"{field}: {error}") from None
    source = str(connection.__struct_config__.tag)
    shown = dict(msgspec.to_builtins(connection, enc_hook=str))
    secrets = secrets_of(connection)
    for field in (*secrets, "source", "webhook_secret"):
        shown.pop(field, None)
    signing = secrets.pop("webhook_secret", None)  # apart: who checks a webhook need not have the token
    sealed = warehouse.encrypt(msgspec.json.encode(secrets).decode()) if secrets else None
    with warehouse.connect("loader") as database:
        row = database.execute(
            """
            insert into app.connection as c (tenant_id, connection_id, source, name, config, secrets, webhook_secret)
            values (%s, %s, %s, %s, %s, %s, %s)
            on conflict (tenant_id, source, name) do update
            set config = excluded.config, secrets = excluded.secrets, webhook_secret = excluded.webhook_secret,
                version = c.version + 1, updated_at = now()
            returning connection_id, is_paused
            """,
            [tenant.tenant_id, uuid4(), source, name, Jsonb(shown), sealed, signing and warehouse.encrypt(signing)],
        ).fetchone()
        assert row is not None
        is_paused = row[1] and not holds.release(database, tenant.tenant_id, row[0])
    return StoredConnection(row[0], tenant, source, name, connection, is_paused)


def resume(warehouse: Warehouse, connection_id: UUID) -> bool:
    """Let a connection be tried at the next sync, whatever paused it; whether there is such a connection."""
    with warehouse.connect("loader") as database:
        row = database.execute(
            "update app.connection set is_paused = false, paused_reason = null where connection_id = %s"
            " returning tenant_id",
            [connection_id],
        ).fetchone()
        if row is not None:
            holds.release(database, row[0], connection_id)
    return row is not None


def of(warehouse: Warehouse, tenant: Tenant, source: str | None = None) -> list[StoredConnection]:
    """The tenant's connections, by source and name."""
    with warehouse.connect("loader") as database:
        rows = database.execute(
            """
            select connection_id, source, name, config, secrets, webhook_secret, is_paused from app.connection
            where tenant_id = %s and (%s::text is null or source = %s) order by source, name
            """,
            [tenant.tenant_id, source, source],
        ).fetchall()
    stored = []
    for connection_id, kind, name, config, sealed, signing, is_paused in rows:
        secrets = msgspec.json.decode(warehouse.decrypt(sealed)) if sealed else {}
        if signing:
            secrets["webhook_secret"] = warehouse.decrypt(signing)
        connection = parse({**config, **secrets, "source": kind})
        stored.append(StoredConnection(connection_id, tenant, kind, name, connection, is_paused))
    return stored


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
