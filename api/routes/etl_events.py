"""A run while it runs: its progress and its log by server-sent events, until it has ended."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter
from litestar.response import ServerSentEvent, ServerSentEventMessage

from api.changes import write
from api.errors import ApiError, unavailable
from api.responses import encode
from api.routes.etl_runs import find, log_cursor
from api.run_log import cleaner, entries, secrets_of
from api.security.callers import Caller
from api.services import Services
from api.tenant_runs import ENDED

LOOK_SECONDS, QUIET_SECONDS, LONGEST_SECONDS = 1.0, 15.0, 900.0  # a token lives no longer than the last
PAGE = 500  # events of the log that are asked for at once
Clean = Callable[[str], str]
STREAMS = asyncio.Semaphore(20)  # each asks Dagster once a second
ANSWER = {
    200: ResponseSpec(
        str, media_type="text/event-stream", generate_examples=False,
        description="Events `progress` (data: the run, as GET …/runs/{run_id}), `log` (an entry of its log, for"
        " editors), `unavailable` (an error that may pass) and, at last, `end`.",
    )
}  # fmt: skip
LastEventId = Annotated[
    str | None, Parameter(header="Last-Event-ID", max_length=200, description="Only the log after this event.")
]


@get("/etl/runs/{run_id:uuid}/events", media_type="text/event-stream", responses=ANSWER, operation_id="StreamRun",
     tags=["etl"], summary="Follow a run")  # fmt: skip
async def stream_run(
    request: Request[Any, Any, Any], services: Services, caller: Caller, run_id: UUID,
    last_event_id: LastEventId = None,
) -> ServerSentEvent:  # fmt: skip
    """What a run does, as it does it. It ends with the run, or after 15 minutes: connect again with `Last-Event-ID`."""
    await find(services, caller, run_id)
    if STREAMS.locked():
        raise unavailable("BUSY", "Too many runs are being followed. Try again shortly.", 10)
    cursor, clean = log_cursor(last_event_id), None
    if caller.may("editor"):
        secrets = await write(services, caller, lambda database: secrets_of(services, database, caller.tenant_id))
        clean = cleaner(secrets)
    return ServerSentEvent(_events(request, services, run_id, cursor, clean))


async def _events(
    request: Request[Any, Any, Any], services: Services, run_id: UUID, cursor: str | None, clean: Clean | None
) -> AsyncIterator[ServerSentEventMessage]:
    """Whether the caller may still see it is asked anew each time."""
    told, spoke, until = b"", time.monotonic(), time.monotonic() + LONGEST_SECONDS
    async with STREAMS:
        while time.monotonic() < until:
            try:
                caller = await services.callers.of(request.scope)
                found, run, partition = await find(services, caller, run_id)
                may_read = clean if caller.may("editor") else None
                async for message in _log(services, run, partition, cursor, may_read):
                    cursor, spoke = str(message.id or cursor or "") or None, time.monotonic()
                    if message.data:
                        yield message
                if (encoded := encode(found)) != told:
                    told, spoke = encoded, time.monotonic()
                    yield ServerSentEventMessage(encoded, "progress")
                if found.status in ENDED:
                    break
            except ApiError as error:
                yield ServerSentEventMessage(encode(error.response().content), "unavailable")
                if error.status != 503:
                    break
                spoke = time.monotonic()
                await _pause(request, 4 * LOOK_SECONDS)
            if time.monotonic() - spoke > QUIET_SECONDS:
                spoke = time.monotonic()
                yield ServerSentEventMessage(None, comment="still there")
            if await _pause(request, LOOK_SECONDS):
                break
        yield ServerSentEventMessage("{}", "end")


async def _pause(request: Request[Any, Any, Any], seconds: float) -> bool:
    """Wait so long; whether the server is stopping, which would wait for us."""
    with suppress(TimeoutError):
        await asyncio.wait_for(request.app.state.stopping.wait(), seconds)
    return bool(request.app.state.stopping.is_set())


async def _log(
    services: Services, run: dict[str, Any], partition: str, cursor: str | None, clean: Clean | None
) -> AsyncIterator[ServerSentEventMessage]:
    """The log after the cursor. Only the last entry of a page has an id: who connects again may hear some twice."""
    more = True
    while clean is not None and more:
        page = await services.dagster.log(run["runId"], cursor, PAGE)
        cursor, more = page["cursor"], page["hasMore"]
        listed = entries(run, partition, page["events"], clean)
        for number, entry in enumerate(listed, 1):
            yield ServerSentEventMessage(encode(entry), "log", cursor if number == len(listed) else None)
        if page["events"] and not listed:
            yield ServerSentEventMessage(None, "log", cursor)  # nothing to show, but read


ROUTES = [stream_run]
