"""Jobs: what can be run for a tenant, when it runs by itself, and a run of one now."""

from datetime import UTC, datetime
from typing import Annotated, Any

from litestar import get, post
from msgspec import Meta, Struct

from api.errors import ApiError, Fault, did_you_mean, invalid, not_found
from api.launching import TAG, TENANT, Launch, load, options, turn
from api.responses import Envelope
from api.routes.sync import SOURCES, Triggered
from api.security.callers import Caller
from api.services import Services
from api.tenant_runs import LOAD, TOUCHED, Run, filters, shown
from pipelines.schedules import next_due

NEWEST = 100  # runs among which each job's last one is looked for
FORECAST = "forecast"
OF_TENANTS = ("ml__forecasts", "ml__anomalies", "ml__delivery_forecasts", "ml__story_point_estimates")
JobName = Annotated[str, Meta(max_length=100)]


class Job(Struct, frozen=True):
    """Something that can be run. `sources` are what it loads; none: it builds the marts of what was loaded.

    `cron` is when everybody's is run, in UTC; a source with times of the tenant's own is left out there.
    """

    name: str
    description: str
    sources: list[str]
    cron: str | None
    next_at: Annotated[datetime | None, Meta(description="null: it has no time of its own, or follows what is new.")]
    last_run: Annotated[Run | None, Meta(description="Its last run that did something for the tenant.")]


class RunOptions(Struct, forbid_unknown_fields=True):
    """How to run it. `full` loads from the first day; what builds marts has no such option."""

    full: bool = False


@get("/etl/jobs", operation_id="ListJobs", tags=["etl"], summary="What can be run")
async def list_jobs(services: Services, caller: Caller) -> Envelope[list[Job]]:
    """Each job with the tenant's last run of it. 503 where Dagster does not answer."""
    async with services.database.tenant(caller.tenant_id) as database:
        partition = await database.fetchval(TENANT, str(caller.tenant_id))
        touched = {row[0]: row[1] for row in await database.fetch(TOUCHED, datetime.now(UTC), NEWEST)}
    known = await services.dagster.jobs()
    last: dict[str, Run] = {}
    for run in await services.dagster.runs(filters(partition, touched), NEWEST):
        last.setdefault(run["jobName"], shown(run, partition, touched.get(run["runId"], False)))
    crons = {
        each["pipelineName"]: each["cronSchedule"]
        for each in known["schedules"]
        if each["scheduleState"]["status"] == "RUNNING"
    }
    return Envelope([
        _job(job["name"], job["description"] or "", _sources(job), crons.get(job["name"]), last.get(job["name"]))
        for job in known["jobs"]
        if not job["name"].startswith("__")
    ])  # fmt: skip


@post("/etl/jobs/{name:str}/run", role="editor", status_code=202, operation_id="RunJob", tags=["etl"],
      summary="Run a job now")  # fmt: skip
async def run_job(
    services: Services, caller: Caller, name: JobName, data: RunOptions | None = None
) -> Envelope[Triggered]:
    """Queue a run of it for this tenant. 409 while that one runs, or another load of the tenant does."""
    known = {job["name"]: job for job in (await services.dagster.jobs())["jobs"] if not job["name"].startswith("__")}
    if name not in known:
        raise not_found(f"There is no job {name[:50]!r}.{did_you_mean(name, known)}")
    full = data is not None and data.full
    sources = _sources(known[name])
    if full and not sources:
        raise invalid("full", "only a load can begin at the first day")
    async with turn(services, caller) as launch:
        if sources:
            connected = {row[0] for row in await launch.connection.fetch(SOURCES)}
            if not connected & set(sources):
                fault = Fault("name", f"nothing is connected of {', '.join(sources)}")
                raise ApiError(409, "NOT_CONNECTED", "There is nothing to load. Do: add a connection first.", fault)
            run_id = await load(services, launch, name, options(launch.partition, sources, full=full))
        else:
            run_id = await _build(services, launch, name)
    return Envelope(Triggered(run_id), "The run is queued")


async def _build(services: Services, launch: Launch, job: str) -> str:
    """Queue a build. One of all tenants' news is one at a time; a forecast is made for the tenant alone."""
    is_forecast = job == FORECAST
    running = await services.dagster.unfinished_runs(job, {TAG: launch.partition} if is_forecast else {})
    if running:
        raise ApiError(409, "ALREADY_RUNNING", f"The job {job} is queued or running. Wait for it to end.")
    chosen = {"config": {"tenants": [launch.partition]}}
    config = {"ops": dict.fromkeys(OF_TENANTS, chosen)} if is_forecast else {}
    return await services.dagster.launch(job, config, {TAG: launch.partition})


def _job(name: str, description: str, sources: list[str], cron: str | None, last: Run | None) -> Job:
    next_at = next_due(cron, "UTC", datetime.now(UTC)) if cron and sources else None
    return Job(name, description, sources, cron, next_at, last)


def _sources(job: dict[str, Any]) -> list[str]:
    return sorted(each["name"].removeprefix(LOAD) for each in job["solids"] if each["name"].startswith(LOAD))


ROUTES = [list_jobs, run_job]
