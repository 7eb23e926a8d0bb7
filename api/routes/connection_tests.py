"""What a connection may read: asked of the source, resource by resource."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import post
from msgspec import Meta, Struct
from psycopg import Connection as Database

from api.changes import allowed as host_is_allowed
from api.changes import known, write
from api.errors import ApiError, not_found
from api.responses import Envelope
from api.routes.connections import Config
from api.security.callers import Caller
from api.services import Services
from pipelines import connection_changes, connection_probes
from pipelines.kept import Place, located
from pipelines.stored_connections import opened

STORED = (
    "select source, config, allows_private from app.connection"
    " where tenant_id = %s and connection_id = %s and removed_at is null"
)
PLACES = "select place_id, name, country_code, latitude, longitude from app.place where tenant_id = %s order by name"
TESTS_AT_ONCE = asyncio.Semaphore(2)  # each holds a thread for up to a minute


class Trial(Struct, forbid_unknown_fields=True):
    """A connection to try before it is stored."""

    source: Annotated[str, Meta(max_length=50)]
    config: Config


class Finding(Struct, frozen=True):
    """Whether a resource may be read; null: not asked, as nothing of the connection can be."""

    resource: str
    is_readable: bool | None
    error_class: str | None
    message: str | None
    next_step: str | None


class Tested(Struct, frozen=True):
    """What a connection may read, and what not."""

    is_working: bool
    resources: list[Finding]


@post("/connections/{connection_id:uuid}/test", role="admin", status_code=200, operation_id="TestConnection",
      tags=["connections"], summary="What a connection may read")  # fmt: skip
async def run_test(services: Services, caller: Caller, connection_id: UUID) -> Envelope[Tested]:
    """Ask the source for the newest page of each resource, and say which it refuses and why. Takes up to a minute."""

    def read(database: Database) -> tuple[Any, bool]:
        row = database.execute(STORED, [caller.tenant_id, connection_id]).fetchone()
        if row is None:
            raise not_found("There is no such connection.")
        source, config, allows_private = row
        sealed = database.execute("select * from guard.connection_secrets(%s)", [connection_id]).fetchone()
        return opened(services.warehouse, source, config, *(sealed or (None, None, None))), allows_private

    connection, allows_private = await write(services, caller, read)
    return Envelope(await _tested(services, caller, connection, allows_private))


@post("/connections/test", role="admin", status_code=200, operation_id="TryConnection", tags=["connections"],
      summary="What a connection would read")  # fmt: skip
async def try_connection(services: Services, caller: Caller, data: Trial) -> Envelope[Tested]:
    """The same for a connection that is not stored."""
    known(data.source)
    is_allowed = host_is_allowed(services, data.config)

    def check(database: Database) -> Any:
        return connection_changes.prepare(
            services.warehouse, {**data.config, "source": data.source}, is_allowed
        ).connection

    return Envelope(await _tested(services, caller, await write(services, caller, check), is_allowed))


async def _tested(services: Services, caller: Caller, connection: Any, allows_private: bool) -> Tested:
    if TESTS_AT_ONCE.locked():
        raise ApiError(429, "BUSY", "Other connections are being tested.", headers={"Retry-After": "10"})

    def run() -> list[connection_probes.Probe]:
        with services.warehouse.connect_as_tenant(caller.tenant_id) as database:
            places = [located(Place(*row), {}) for row in database.execute(PLACES, [caller.tenant_id])]
        return connection_probes.probe(connection, public_only=not allows_private, now=datetime.now(UTC), places=places)

    async with TESTS_AT_ONCE:
        found = await asyncio.to_thread(run)
    resources = [Finding(one.resource, one.is_readable, one.error_class, one.message, one.what_to_do) for one in found]
    return Tested(all(one.is_readable for one in found), resources)


ROUTES = [run_test, try_connection]
