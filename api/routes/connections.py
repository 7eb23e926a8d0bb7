"""The tenant's connections, kept by its admins: made, changed, paused, taken away. Secrets only go in."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import delete, get, post, put
from msgspec import Meta, Struct, field
from psycopg import Connection as Database

from api.changes import allowed as host_is_allowed
from api.changes import author, known, write
from api.errors import not_found
from api.responses import Envelope
from api.security.callers import Caller
from api.services import Services
from pipelines import connection_changes
from pipelines.connections import SOURCES, schema_of

COLUMNS = (
    "connection_id, source, name, config, secret_fields, version, is_paused, paused_reason, created_at, updated_at"
)
LIST = f"select {COLUMNS} from app.connection where removed_at is null order by source, name"
ONE = f"select {COLUMNS} from app.connection where removed_at is null and connection_id = $1"
HISTORY = (
    "select a.at, u.email as author, a.action, a.version, a.changes from app.audit_entry as a"
    " left join app.user as u using (user_id) where a.subject_id = $1 order by a.entry_id desc limit 200"
)
Config = Annotated[
    dict[str, Any],
    Meta(description="The fields of its kind, credentials among them. What each kind has: GET /connections/kinds."),
]
Name = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=connection_changes.LONGEST_NAME,
        description="Visible text on one line; kept composed (NFC).",
    ),
]


class Connection(Struct, frozen=True):
    """A connection without its secrets: of those only which are stored."""

    connection_id: UUID
    source: str
    name: str
    config: dict[str, Any]
    secret_fields: list[str]
    version: int
    is_paused: bool
    paused_reason: str | None
    created_at: datetime
    updated_at: datetime


class NewConnection(Struct, forbid_unknown_fields=True):
    """What to connect."""

    source: Annotated[str, Meta(max_length=50)]
    config: Config
    name: Name = "main"


class ChangedConnection(Struct, forbid_unknown_fields=True):
    """The whole config. A credential that is left out stays, unless the address changes; null takes it away."""

    config: Config
    version: Annotated[int | None, Meta(description="Refuse with 409 where it is at another one by now.")] = None
    name: Annotated[Name | None, Meta(description="Another name; left out, it stays.")] = None


class Kind(Struct, frozen=True):
    """A source that can be connected, and the JSON schema of its config; credentials in it are `writeOnly`."""

    source: str
    description: str
    schema: dict[str, Any]


class Entry(Struct, frozen=True):
    """One change: by whom (null: the operator), and of each field the value before and after."""

    at: datetime
    author: str | None
    action: str
    version: int | None
    changes: dict[str, Any] = field(default_factory=dict)


@get("/connections/kinds", operation_id="ListConnectionKinds", tags=["connections"], summary="What can be connected")
async def list_kinds() -> Envelope[list[Kind]]:
    """Each source with the fields of its config: for forms."""
    return Envelope([Kind(name, (kind.__doc__ or "").strip(), schema_of(kind)) for name, kind in SOURCES.items()])


@get("/connections", role="editor", operation_id="ListConnections", tags=["connections"], summary="All connections")
async def list_connections(services: Services, caller: Caller) -> Envelope[list[Connection]]:
    """The tenant's connections by source and name. Credentials are never answered."""
    async with services.database.tenant(caller.tenant_id) as database:
        rows = await database.fetch(LIST)
    return Envelope([_shown(row) for row in rows])


@get("/connections/{connection_id:uuid}", role="editor", operation_id="ReadConnection", tags=["connections"],
     summary="One connection")  # fmt: skip
async def read_connection(services: Services, caller: Caller, connection_id: UUID) -> Envelope[Connection]:
    """A connection without its credentials."""
    return Envelope(await _read(services, caller, connection_id))


@get("/connections/{connection_id:uuid}/history", role="admin", operation_id="ReadConnectionHistory",
     tags=["connections"], summary="Who changed a connection")  # fmt: skip
async def read_history(services: Services, caller: Caller, connection_id: UUID) -> Envelope[list[Entry]]:
    """The last 200 changes, newest first. Of credentials it says that they changed."""
    await _read(services, caller, connection_id)
    async with services.database.tenant(caller.tenant_id) as database:
        rows = await database.fetch(HISTORY, str(connection_id))
    return Envelope([Entry(**dict(row)) for row in rows])


@post("/connections", role="admin", operation_id="CreateConnection", tags=["connections"], summary="Connect a source")
async def create_connection(services: Services, caller: Caller, data: NewConnection) -> Envelope[Connection]:
    """Store a connection. 400 names the field that does not fit, 409: there is one of this source and name.

    Nothing is asked of the source yet; `POST …/test` does.
    """
    allowed = host_is_allowed(services, data.config)

    def make(database: Database) -> UUID:
        made = connection_changes.prepare(services.warehouse, {**data.config, "source": data.source}, allowed)
        return connection_changes.create(database, author(caller), data.name, made, allowed)

    known(data.source)
    return Envelope(await _read(services, caller, await write(services, caller, make)), "Connected")


@put("/connections/{connection_id:uuid}", role="admin", operation_id="ChangeConnection", tags=["connections"],
     summary="Change a connection")  # fmt: skip
async def change_connection(
    services: Services, caller: Caller, connection_id: UUID, data: ChangedConnection
) -> Envelope[Connection]:
    """Give a connection another config. It is tried at the next sync, whatever held it before."""

    def change(database: Database) -> int:
        allowed = host_is_allowed(services, data.config) or None
        return connection_changes.change(
            services.warehouse, database, author(caller), connection_id, data.config,
            version=data.version, allow_private=allowed, name=data.name,
        )  # fmt: skip

    await write(services, caller, change)
    return Envelope(await _read(services, caller, connection_id), "Changed")


@post("/connections/{connection_id:uuid}/pause", role="admin", status_code=200, operation_id="PauseConnection",
      tags=["connections"], summary="Load a connection no more for now")  # fmt: skip
async def pause_connection(services: Services, caller: Caller, connection_id: UUID) -> Envelope[Connection]:
    """No sync asks this connection until it is resumed. What was loaded stays."""
    await write(services, caller, lambda database: connection_changes.pause(database, author(caller), connection_id))
    return Envelope(await _read(services, caller, connection_id), "Paused")


@post("/connections/{connection_id:uuid}/resume", role="admin", status_code=200, operation_id="ResumeConnection",
      tags=["connections"], summary="Load a connection again")  # fmt: skip
async def resume_connection(services: Services, caller: Caller, connection_id: UUID) -> Envelope[Connection]:
    """The next sync tries it, whether its owner paused it or its failures did."""
    await write(services, caller, lambda database: connection_changes.resume(database, author(caller), connection_id))
    return Envelope(await _read(services, caller, connection_id), "Resumed")


@delete("/connections/{connection_id:uuid}", role="admin", status_code=200, operation_id="RemoveConnection",
        tags=["connections"], summary="Take a connection away")  # fmt: skip
async def remove_connection(services: Services, caller: Caller, connection_id: UUID) -> Envelope[None]:
    """Its credentials are gone at once; its rows as soon as no load of it is under way, and then those of the marts."""
    await write(
        services, caller, lambda database: connection_changes.take_away(database, author(caller), connection_id)
    )
    return Envelope(None, "Removed")


async def _read(services: Services, caller: Caller, connection_id: UUID) -> Connection:
    async with services.database.tenant(caller.tenant_id) as database:
        row = await database.fetchrow(ONE, str(connection_id))
    if row is None:
        raise not_found("There is no such connection.")
    return _shown(row)


def _shown(row: Any) -> Connection:
    return Connection(**{**dict(row), "connection_id": UUID(row["connection_id"])})


ROUTES = [
    list_kinds,
    list_connections, read_connection, read_history, create_connection, change_connection, pause_connection,
    resume_connection, remove_connection,
]  # fmt: skip
