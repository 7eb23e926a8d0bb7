"""`/data/sources` of the users' documents: the connections under the documents' names, by the same handlers."""

from typing import Annotated
from uuid import UUID

from litestar import delete, get, post, put
from msgspec import Meta, Struct

from api.errors import ApiError, Fault, forbidden, invalid
from api.responses import Envelope
from api.routes.connections import (
    ChangedConnection,
    Config,
    Connection,
    Name,
    NewConnection,
    change_connection,
    create_connection,
    list_connections,
    read_connection,
    remove_connection,
)
from api.routes.dashboard import of_tenant
from api.security.callers import Caller
from api.services import Services

TAGS = ["same handlers, other paths"]
Type = Annotated[str, Meta(max_length=50, description="What our own path calls `source`, which is taken too.")]


class NewSource(Struct, forbid_unknown_fields=True):
    """What to connect, as the documents call it."""

    config: Config
    name: Name = "main"
    type: Type | None = None
    source: Annotated[str, Meta(max_length=50)] | None = None


class ChangedSource(Struct, forbid_unknown_fields=True):
    """The whole config, and another name. What a source is does not change: `type` only says it again."""

    config: Config
    name: Name | None = None
    type: Type | None = None
    version: Annotated[int | None, Meta(description="Refuse with 409 where it is at another one by now.")] = None


@get("/data/sources/{business_id:uuid}", operation_id="ListConnectionsAlias", tags=TAGS,
     summary="The same as GET /api/v1/connections")  # fmt: skip
async def list_sources(services: Services, caller: Caller, business_id: UUID) -> Envelope[list[Connection]]:
    """The same as GET /api/v1/connections, for any tenant of which the caller is at least an editor."""
    there = await of_tenant(services, caller, business_id)
    if not there.may("editor"):
        raise forbidden("editor")
    return await list_connections.fn(services=services, caller=there)


@post("/data/sources", role="admin", operation_id="CreateConnectionAlias", tags=TAGS,
      summary="The same as POST /api/v1/connections")  # fmt: skip
async def create_source(services: Services, caller: Caller, data: NewSource) -> Envelope[Connection]:
    """The same as POST /api/v1/connections; `type` is its `source`."""
    source = data.type or data.source
    if source is None:
        raise invalid("type", "say what kind of source it is")
    if data.type and data.source and data.type != data.source:
        raise invalid("type", f"is not the `source`, {data.source!r}")
    wanted = NewConnection(source, data.config, data.name)
    return await create_connection.fn(services=services, caller=caller, data=wanted)


@put("/data/sources/{source_id:uuid}", role="admin", operation_id="ChangeConnectionAlias", tags=TAGS,
     summary="The same as PUT /api/v1/connections/{connection_id}")  # fmt: skip
async def change_source(
    services: Services, caller: Caller, source_id: UUID, data: ChangedSource
) -> Envelope[Connection]:
    """The same as PUT /api/v1/connections/{connection_id}."""
    if data.type is not None:
        known = (await read_connection.fn(services=services, caller=caller, connection_id=source_id)).data
        if known.source != data.type:
            fault = Fault("type", f"it is a connection to {known.source}, and stays one")
            raise ApiError(400, "VALIDATION_ERROR", "type: a source of another type is another source.", fault)
    wanted = ChangedConnection(data.config, data.version, data.name)
    return await change_connection.fn(services=services, caller=caller, connection_id=source_id, data=wanted)


@delete("/data/sources/{source_id:uuid}", role="admin", status_code=200, operation_id="RemoveConnectionAlias",
        tags=TAGS, summary="The same as DELETE /api/v1/connections/{connection_id}")  # fmt: skip
async def remove_source(services: Services, caller: Caller, source_id: UUID) -> Envelope[None]:
    """The same as DELETE /api/v1/connections/{connection_id}."""
    return await remove_connection.fn(services=services, caller=caller, connection_id=source_id)


ROUTES = [list_sources, create_source, change_source, remove_source]
