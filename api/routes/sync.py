"""Synchronisation: a load now."""

from typing import Annotated, Any
from uuid import UUID

from litestar import post
from msgspec import Meta, Struct

from api.errors import ApiError, Fault, did_you_mean, invalid, not_found
from api.responses import Envelope
from api.security.callers import Caller
from api.services import Services
from pipelines.raw_tables import TABLES

TENANT = "select slug from app.tenant where tenant_id = $1"
CONNECTION = "select source from app.connection where connection_id = $1 and removed_at is null"
SOURCES = "select distinct source from app.connection where removed_at is null"
# The lock is the tenant's and this transaction's. It is tried, not waited for: a waiter would hold a connection.
LOCK = "select pg_try_advisory_xact_lock(hashtextextended('sync trigger ' || $1, 0))"
RUNNING = "select distinct dagster_run_id from app.sync_run where status = 'running' and dagster_run_id is not null"
TAG = "clearsignal/triggered_for"


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
    async with services.database.tenant(caller.tenant_id, "write") as connection:
        if not await connection.fetchval(LOCK, str(caller.tenant_id)):
            raise ApiError(409, "ALREADY_RUNNING", "Another load of this tenant is just being started.")
        source = await _source(connection, data)
        slug = await connection.fetchval(TENANT, str(caller.tenant_id))
        if slug is None:
            raise not_found("There is no such tenant.")
        partition = f"{slug}--{caller.tenant_id.hex[:8]}"
        loading = {row[0] for row in await connection.fetch(RUNNING)}
        await _refuse_second(services, partition, loading)
        await services.dagster.ensure_partition(partition)
        run_id = await services.dagster.launch(
            f"ingest_{source}" if source else "ingest_everything",
            _config(partition, source, data),
            {
                "dagster/asset_partition_range_start": partition,
                "dagster/asset_partition_range_end": partition,
                TAG: partition,
            },
        )
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


async def _refuse_second(services: Services, partition: str, loading: set[str]) -> None:
    under_way = {run["runId"] for run in await services.dagster.unfinished({TAG: partition})}
    if not under_way and loading:
        under_way = await services.dagster.unfinished_of(loading)
    if under_way:
        raise ApiError(
            409, "ALREADY_RUNNING", f"A load of this tenant is under way (run {min(under_way)}). Wait for it to end."
        )


def _config(partition: str, source: str | None, data: Trigger) -> dict[str, Any]:
    said = {"tenants": [partition], "full": data.full}
    if data.connection_id is not None:
        said["connection_id"] = str(data.connection_id)
    return {"ops": {f"load_{name}": {"config": said} for name in ([source] if source else TABLES)}}


ROUTES = [trigger_sync]
