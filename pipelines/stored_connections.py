"""The connections that tenants keep, as a sync reads them, with their secrets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from psycopg import Connection

from pipelines import connection_changes as changes
from pipelines import names, tenants
from pipelines.connections import InvalidConnection, parse
from pipelines.credentials import secret_texts
from pipelines.tenants import Tenant
from pipelines.warehouse.connection import Warehouse

EMPTY: dict[str, Any] = {"tokens": (), "webhook_secret": None}  # the secrets that a connection may be without


@dataclass(frozen=True)
class StoredConnection:
    """A connection as a tenant keeps it."""

    connection_id: UUID
    tenant: Tenant
    source: str
    name: str
    connection: Any  # one of KINDS; None where what is stored fits none any more: see `fault`
    is_paused: bool = False
    allows_private: bool = False  # the operator let it ask this machine or network
    fault: str | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        return secret_texts(self.connection) if self.connection is not None else ()


def add(
    warehouse: Warehouse, tenant: Tenant, name: str, config: Mapping[str, Any], *, allow_private: bool = False
) -> StoredConnection:
    """Store a connection, or change the one of this source and name, on the operator's behalf.

    Raises InvalidConnection, InvalidName. `allow_private` lets the address be on this machine or network (the
    simulator, a server of one's own, a clone).
    """
    made = changes.prepare(warehouse, config, allow_private)
    name = names.checked(name, longest=changes.LONGEST_NAME)
    author = changes.Author(tenant.tenant_id)
    with warehouse.connect("loader") as database:
        row = database.execute(
            "select connection_id from app.connection where tenant_id = %s and source = %s and name = %s"
            " and removed_at is null",
            [tenant.tenant_id, made.source, name],
        ).fetchone()
        if row is None:
            key = changes.create(database, author, name, made, allow_private)
        else:
            key, whole = (
                row[0],
                {**{field: empty for field, empty in EMPTY.items() if field in _fields(made)}, **config},
            )
            changes.change(warehouse, database, author, key, whole, allow_private=allow_private)
    return next(one for one in of(warehouse, tenant, made.source) if one.connection_id == key)


def of(
    warehouse: Warehouse, tenant: Tenant, source: str | None = None, database: Connection | None = None
) -> list[StoredConnection]:
    """The tenant's connections, by source and name; read by this session, or by one of their own.

    One whose settings fit no kind any more, since a version asks more of them, says so and holds up no other.
    """
    with warehouse.loader(database) as mine:
        rows = mine.execute(
            """
            select connection_id, source, name, config, secrets, tokens, webhook_secret, is_paused, allows_private
            from app.connection
            where tenant_id = %s and (%s::text is null or source = %s) and removed_at is null order by source, name
            """,
            [tenant.tenant_id, source, source],
        ).fetchall()
    stored = []
    for connection_id, kind, name, config, sealed, more, signing, is_paused, allows_private in rows:
        connection, fault = None, None
        try:
            connection = opened(warehouse, kind, config, sealed, more, signing)
        except InvalidConnection as error:
            fault = str(error)
        stored.append(StoredConnection(connection_id, tenant, kind, name, connection, is_paused, allows_private, fault))
    return stored


def find(warehouse: Warehouse, connection_id: UUID) -> StoredConnection:
    """The connection of this id, whoever's it is: for the operator. Raises NoSuchConnection, InvalidConnection."""
    with warehouse.connect("loader") as database:
        row = database.execute(
            "select tenant_id, source from app.connection where connection_id = %s and removed_at is null",
            [connection_id],
        ).fetchone()
    if row is None:
        raise changes.NoSuchConnection(f"there is no connection {connection_id}.")
    tenant_id, source = row
    found = next(
        one for one in of(warehouse, tenants.find(warehouse, str(tenant_id)), source)
        if one.connection_id == connection_id
    )  # fmt: skip
    if found.fault:
        raise InvalidConnection(found.fault)
    return found


def opened(
    warehouse: Warehouse, source: str, config: Mapping[str, Any], sealed: bytes | None, more: bytes | None,
    signing: bytes | None,
) -> Any:  # fmt: skip
    """The connection of a stored row, with its secrets decrypted."""
    return parse({**config, **decrypted(warehouse, sealed, more, signing), "source": source})


def decrypted(warehouse: Warehouse, sealed: bytes | None, more: bytes | None, signing: bytes | None) -> dict[str, Any]:
    """The secrets of a stored row by field, whether or not its config still fits its kind."""
    secrets: dict[str, Any] = msgspec.json.decode(warehouse.decrypt(sealed)) if sealed else {}
    if more:
        secrets["tokens"] = msgspec.json.decode(warehouse.decrypt(more))
    if signing:
        secrets["webhook_secret"] = warehouse.decrypt(signing)
    return secrets


def _fields(made: changes.Prepared) -> tuple[str, ...]:
    return made.connection.__struct_fields__
