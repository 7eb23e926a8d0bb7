"""When the tenant's sources are loaded, and its own times instead of the default ones."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from litestar import delete, get, put
from msgspec import Meta, Struct
from psycopg import Connection as Database

from api.changes import author
from api.errors import invalid, not_found
from api.responses import Envelope
from api.security.callers import Caller
from api.services import Services
from pipelines import schedules
from pipelines.schedules import DEFAULTS, InvalidSchedule

ZONE = "select time_zone from app.tenant where tenant_id = %s"


class Schedule(Struct, frozen=True):
    """The times of one source. `is_own`: the tenant's, not the default."""

    source: str
    cron: str
    time_zone: str
    is_own: bool
    next_at: datetime


class Wanted(Struct, forbid_unknown_fields=True):
    """Five fields, in the tenant's zone; ten minutes or more between two loads."""

    cron: Annotated[str, Meta(max_length=100, examples=["0 6 * * 1-5"])]


@get("/schedules", role="analyst", operation_id="ListSchedules", tags=["sync"], summary="When sources are loaded")
async def list_schedules(services: Services, caller: Caller) -> Envelope[list[Schedule]]:
    """Of every source, connected or not."""
    return Envelope(await _write(services, caller, lambda database: None))


@put("/schedules/{source:str}", role="admin", operation_id="SetSchedule", tags=["sync"], summary="Times of one's own")
async def set_schedule(services: Services, caller: Caller, source: str, data: Wanted) -> Envelope[list[Schedule]]:
    """Load a source at these times instead of the default ones. What was missed is made up for once."""
    found = await _write(
        services, caller, lambda database: schedules.change(database, author(caller), source, data.cron)
    )
    return Envelope(found, "Set")


@delete("/schedules/{source:str}", role="admin", status_code=200, operation_id="ResetSchedule", tags=["sync"],
        summary="Back to the default times")  # fmt: skip
async def reset_schedule(services: Services, caller: Caller, source: str) -> Envelope[list[Schedule]]:
    """Load a source when everybody's is loaded. 404 where it has no times of its own."""

    def reset(database: Database) -> None:
        if source not in DEFAULTS or not schedules.change(database, author(caller), source, None):
            raise not_found("This source has no times of its own.")

    return Envelope(await _write(services, caller, reset), "Reset")


async def _write(services: Services, caller: Caller, work: Callable[[Database], object]) -> list[Schedule]:
    """Do this, and read what then holds, in one transaction of the caller's tenant."""

    def run() -> list[Schedule]:
        with services.warehouse.connect_as_tenant(caller.tenant_id) as database:
            work(database)
            return shown(database, caller.tenant_id)

    try:
        return await asyncio.to_thread(run)
    except InvalidSchedule as error:
        raise invalid("cron", str(error)) from None


def shown(database: Database, tenant_id: UUID) -> list[Schedule]:
    """The times that hold for a tenant, of every source."""
    (zone,) = database.execute(ZONE, [tenant_id]).fetchone() or ("UTC",)
    own = {each.source: each.cron for each in schedules.own(database, tenant_id)}
    return [_shown(source, own.get(source), zone) for source in DEFAULTS]


def _shown(source: str, cron: str | None, zone: str) -> Schedule:
    used, place = (cron, zone) if cron else (DEFAULTS[source], "UTC")
    return Schedule(source, used, place, cron is not None, schedules.next_due(used, place, datetime.now(UTC)))


ROUTES = [list_schedules, set_schedule, reset_schedule]
