"""Synchronisation: a load now."""

from typing import Annotated, Any
from uuid import UUID

from litestar import post
from msgspec import Meta, Struct

from api.errors import ApiError, Fault, did_you_mean, invalid, not_found
from api.launching import load, options, turn
from api.responses import Envelope
from api.security.callers import Caller
from api.services import Services
from pipelines.raw_tables import TABLES

CONNECTION = "select source from app.connection where connection_id = $1 and removed_at is null"
SOURCES = "select distinct source from app.connection where removed_at is null"


class Trigger(Struct, forbid_unknown_fields=True):
    """What to load: everything, one source, or one connection. `full` begins at the first day."""

    connection_id: UUID | None = None
    source: Annotated[str, Meta(max_length=50)] | None = None
    full: bool = False


class Triggered(Struct, frozen=True):
    """The run that was queued."""

    run_id: str


@post("/sync/trigger", role="editor", status_code=202, operation_id="TriggerSync", tags=["sync"], summary="Load now")
async def trigger_sync(services: Services, caller: Caller, data: Trigger | None = None) -> Envelope[Triggered]:
    """Queue a load of this tenant's connections. 409 while one is under way, 503 where Dagster does not answer."""
    data = data or Trigger()
    async with turn(services, caller) as launch:
        source = await _source(launch.connection, data)
        job = f"ingest_{source}" if source else "ingest_everything"
        run_id = await load(services, launch, job, _config(launch.partition, source, data))
    return Envelope(Triggered(run_id), "The load is queued")


async def _source(connection: Any, data: Trigger) -> str | None:
    """The one source to load, None for all. Raises ApiError where it does not exist or is not connected."""
    if data.source is not None and data.source not in TABLES:
        raise invalid("source", f"there is no source {data.source!r}.{did_you_mean(data.source, TABLES)}")
    if data.connection_id is not None:
        found = await connection.fetchval(CONNECTION, str(data.connection_id))
        if found is None:
            raise not_found("There is no such connection.")
        if data.source not in (None, found):
            raise invalid("source", f"the connection is one of {found}")
        return str(found)
    connected = {row[0] for row in await connection.fetch(SOURCES)}
    if not connected or data.source not in (None, *connected):
        fault = Fault("source", f"nothing is connected for {data.source or 'this tenant'}")
        raise ApiError(409, "NOT_CONNECTED", "There is no such connection to load. Do: add it first.", fault)
    return data.source


def _config(partition: str, source: str | None, data: Trigger) -> dict[str, Any]:
    said: dict[str, Any] = {"full": data.full}
    if data.connection_id is not None:
        said["connection_id"] = str(data.connection_id)
    return options(partition, [source] if source else TABLES, **said)


ROUTES = [trigger_sync]
