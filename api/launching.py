"""Starting a run for a tenant: one load of it at a time, tagged with its partition, so that it is known as its own."""

from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager
from typing import Any

from msgspec import Struct

from api.errors import ApiError, not_found
from api.security.callers import Caller
from api.services import Services

TENANT = "select slug || '--' || left(replace(tenant_id::text, '-', ''), 8) from app.tenant where tenant_id = $1"
# The lock is the tenant's and this transaction's. It is tried, not waited for: a waiter would hold a connection.
LOCK = "select pg_try_advisory_xact_lock(hashtextextended('sync trigger ' || $1, 0))"
RUNNING = "select distinct dagster_run_id from app.sync_run where status = 'running' and dagster_run_id is not null"
TAG = "clearsignal/triggered_for"
FIRST, LAST = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"


class Launch(Struct, frozen=True):
    """The turn of a tenant to start something: its partition, and a transaction of it."""

    connection: Any
    partition: str


@asynccontextmanager
async def turn(services: Services, caller: Caller) -> AsyncIterator[Launch]:
    """Nobody else starts anything for this tenant meanwhile. Raises ApiError 409 where somebody does."""
    async with services.database.tenant(caller.tenant_id, "write") as connection:
        if not await connection.fetchval(LOCK, str(caller.tenant_id)):
            raise ApiError(409, "ALREADY_RUNNING", "Another load of this tenant is just being started.")
        partition = await connection.fetchval(TENANT, str(caller.tenant_id))
        if partition is None:
            raise not_found("There is no such tenant.")
        yield Launch(connection, partition)


async def load(
    services: Services, launch: Launch, job: str, config: dict[str, Any], assets: Collection[tuple[str, str]] = ()
) -> str:
    """Queue a load of the tenant; the run's id. Raises ApiError 409 while one is under way, 503 without Dagster."""
    loading = {row[0] for row in await launch.connection.fetch(RUNNING)}
    await _refuse_second(services, launch.partition, loading)
    await services.dagster.ensure_partition(launch.partition)
    tags = {FIRST: launch.partition, LAST: launch.partition, TAG: launch.partition}
    return await services.dagster.launch(job, config, tags, assets)


def options(partition: str, sources: Iterable[str], **said: Any) -> dict[str, Any]:
    """The config of a load of these sources for one tenant."""
    return {"ops": {f"load_{name}": {"config": {"tenants": [partition], **said}} for name in sources}}


async def _refuse_second(services: Services, partition: str, loading: set[str]) -> None:
    mine = await services.dagster.unfinished({TAG: partition, FIRST: partition})
    under_way = {run["runId"] for run in mine}
    if not under_way and loading:
        under_way = await services.dagster.unfinished_of(loading)
    if under_way:
        raise ApiError(
            409, "ALREADY_RUNNING", f"A load of this tenant is under way (run {min(under_way)}). Wait for it to end."
        )
