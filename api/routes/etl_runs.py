"""Runs of jobs: which there were for this tenant, how far one is, what it said, and its end on request."""

import base64
import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from litestar import get, post
from litestar.params import Parameter

from api.changes import write
from api.errors import ApiError, Fault, not_found
from api.launching import TENANT
from api.responses import Envelope, Meta
from api.run_log import LogEntry, cleaner, entries, secrets_of
from api.security.callers import Caller
from api.services import Services
from api.tenant_runs import ENDED, LOADS, TOUCHED, Run, RunDetail, detail, filters, is_visible, shown

Limit = Annotated[int, Parameter(ge=1, le=100, description="Runs of a page.")]
LogLimit = Annotated[int, Parameter(ge=1, le=1000, description="Events that are looked at for a page.")]
JobName = Annotated[str | None, Parameter(max_length=100, description="Only runs of this job.")]
Cursor = Annotated[str | None, Parameter(max_length=200, description="`meta.next_cursor` of the page before.")]
PLACE = re.compile(r'\{"type": "(OFFSET|STORAGE_ID)", "value": [0-9]{1,18}\}')  # in a log, as Dagster writes it
RUN_LASTS = timedelta(hours=3)  # what a run loads begins at most so long after it was asked for
NO_SUCH_RUN = "There is no such run."


@get("/etl/runs", parameters=("limit", "cursor", "job"), operation_id="ListRuns", tags=["etl"],
     summary="Runs, newest first")  # fmt: skip
async def list_runs(
    services: Services, caller: Caller, limit: Limit = 25, cursor: Cursor = None, job: JobName = None
) -> Envelope[list[Run]]:
    """The tenant's own runs, and those of several tenants in which something was loaded for it."""
    before = _instant(cursor)
    async with services.database.tenant(caller.tenant_id) as database:
        partition = await database.fetchval(TENANT, str(caller.tenant_id))
        touched = {row[0]: row[1] for row in await database.fetch(TOUCHED, before + RUN_LASTS, 1000)}
    given: dict[str, Any] = {"createdBefore": before.timestamp()} if cursor else {}
    if job is not None:
        given["pipelineName"] = job
    found = (await services.dagster.runs(filters(partition, touched, **given), limit + 1))[: limit + 1]
    page = [shown(run, partition, touched.get(run["runId"], False)) for run in found[:limit]]
    more = f"{found[limit - 1]['creationTime']:.6f}" if len(found) > limit else None
    return Envelope(page, f"{len(page)} runs", Meta(next_cursor=more))


@get("/etl/runs/{run_id:uuid}", operation_id="ReadRun", tags=["etl"], summary="How far a run is")
async def read_run(services: Services, caller: Caller, run_id: UUID) -> Envelope[RunDetail]:
    """Its steps, and what it did for each resource of the tenant's connections."""
    found, _, _ = await find(services, caller, run_id)
    return Envelope(found)


@get("/etl/runs/{run_id:uuid}/log", role="editor", parameters=("limit", "cursor"), operation_id="ReadRunLog",
     tags=["etl"], summary="What a run said")  # fmt: skip
async def read_log(
    services: Services, caller: Caller, run_id: UUID, limit: LogLimit = 500, cursor: Cursor = None
) -> Envelope[list[LogEntry]]:
    """In the order in which it happened; without secrets, and of a run for several tenants this one's part.

    `meta.next_cursor` is null where the run has ended and all was shown; a page may hold nothing for this tenant.
    """
    found, run, partition = await find(services, caller, run_id)
    secrets = await write(services, caller, lambda database: secrets_of(services, database, caller.tenant_id))
    page = await services.dagster.log(str(run_id), log_cursor(cursor), limit)
    listed = entries(run, partition, page["events"], cleaner(secrets))
    more = page["cursor"] if page["hasMore"] or found.status not in ENDED else None
    return Envelope(listed, f"{len(listed)} entries", Meta(next_cursor=more))


@post("/etl/runs/{run_id:uuid}/cancel", role="editor", status_code=202, operation_id="CancelRun", tags=["etl"],
      summary="End a run")  # fmt: skip
async def cancel_run(services: Services, caller: Caller, run_id: UUID) -> Envelope[RunDetail]:
    """What was loaded stays; the next load goes on from there. 409 where it has ended, 403 where others are in it."""
    found, _, _ = await find(services, caller, run_id)
    if found.is_shared:
        raise ApiError(403, "SHARED_RUN", "This run is of several tenants: only the operator ends it.")
    if found.status in ENDED or not await services.dagster.cancel(str(run_id)):
        found, _, _ = await find(services, caller, run_id)
        if found.status in ENDED:
            raise ApiError(409, "NOT_RUNNING", f"The run has ended already: {found.status}.")
        raise ApiError(503, "DAGSTER_REFUSED", "Dagster could not end the run.", headers={"Retry-After": "10"})
    found, _, _ = await find(services, caller, run_id)
    return Envelope(found, "The run is being ended")


async def find(services: Services, caller: Caller, run_id: UUID) -> tuple[RunDetail, dict[str, Any], str]:
    """A run as the tenant may see it, as Dagster has it, and the tenant's partition. Raises ApiError 404."""
    async with services.database.tenant(caller.tenant_id) as database:
        partition = await database.fetchval(TENANT, str(caller.tenant_id))
        rows = await database.fetch(LOADS, str(run_id))
    run = await services.dagster.run(str(run_id))
    if run is None or not is_visible(run, partition, bool(rows)):
        raise not_found(NO_SUCH_RUN)
    return detail(run, partition, rows), run, partition


def log_cursor(given: str | None) -> str | None:
    """A place in a log. Raises ApiError 400 for what Dagster never made."""
    if given is not None:
        try:
            is_place = PLACE.fullmatch(base64.b64decode(given, validate=True).decode())
        except ValueError:
            is_place = None
        if not is_place:
            raise _wrong_cursor()
    return given


def _instant(cursor: str | None) -> datetime:
    """Before when the runs of a page were made; without a cursor: any."""
    if cursor is None:
        return datetime.now(UTC) + timedelta(days=1)
    whole, _, part = cursor.partition(".")
    if not (cursor.isascii() and whole.isdigit() and part.isdigit() and len(whole) <= 11 and len(part) == 6):
        raise _wrong_cursor()
    return datetime.fromtimestamp(float(cursor), UTC)


def _wrong_cursor() -> ApiError:
    return ApiError(400, "INVALID_CURSOR", "invalid cursor", Fault("cursor", "it is not a cursor of this question"))


ROUTES = [list_runs, read_run, read_log, cancel_run]
