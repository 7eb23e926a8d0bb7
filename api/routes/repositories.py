"""Repositories: which ones the connections name, one more of them, a load of one now, what the marts tell of one."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Request, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter
from litestar.types import ASGIApp
from msgspec import Meta, Struct
from psycopg import Connection as Database

from api.changes import author, write
from api.composite import Composite, Page
from api.errors import ApiError, not_found
from api.marts import answer
from api.responses import Envelope
from api.routes.mart_paths import filtered
from api.routes.sync import Trigger, Triggered, trigger_sync
from api.security.callers import ANY, Caller
from api.services import Services
from pipelines import repositories
from pipelines.repositories import KnownRepository

ROWS = {200: ResponseSpec(Envelope[list[dict[str, Any]]], generate_examples=False, description="Rows of the mart.")}
SUMMARY = """
select metric, value, unit, n, coverage, as_of
from marts.repository_summary where repository = $1 and window_days = $2 order by metric
"""
WindowDays = Annotated[Literal[30, 90, 365], Parameter(description="So many days up to the newest of the data.")]


class Repository(Struct, frozen=True):
    """A repository that a connection names."""

    id: UUID
    connection_id: UUID
    full_name: str
    source: str
    is_paused: bool


class NewRepository(Struct, forbid_unknown_fields=True):
    """Which connection is to read which repository."""

    connection_id: UUID
    full_name: Annotated[str, Meta(max_length=200, description="owner/name")]


class Figure(Struct, frozen=True):
    """One metric. A `value` of null was not measured, which is not 0; `n` is how many cases it rests on."""

    value: float | None
    unit: str
    n: int
    coverage: float | None


class Summary(Struct, frozen=True):
    """A repository at a glance. Nothing of it is measured before its first load: `as_of` is null then."""

    id: UUID
    repository: str
    window_days: int
    as_of: date | None
    metrics: Annotated[dict[str, Figure], Meta(description="By name; the mart says what each means.")]


SUMMED_UP = {200: ResponseSpec(Envelope[Summary], generate_examples=False, description="The summary.")}


@get("/repositories", operation_id="ListRepositories", tags=["repositories"], summary="All that connections name")
async def list_repositories(services: Services, caller: Caller) -> Envelope[list[Repository]]:
    """By connection and name. What an organization brings along beside these is in the marts."""
    found = await write(services, caller, lambda database: repositories.of(database, author(caller)))
    return Envelope([_shown(one) for one in found])


@get("/repositories/{repository_id:uuid}", operation_id="ReadRepository", tags=["repositories"], summary="One of them")
async def read_repository(services: Services, caller: Caller, repository_id: UUID) -> Envelope[Repository]:
    """Its name and the connection that reads it."""
    return Envelope(_shown(await _find(services, caller, repository_id)))


@post("/repositories", role="admin", operation_id="AddRepository", tags=["repositories"], summary="Read one more")
async def add_repository(services: Services, caller: Caller, data: NewRepository) -> Envelope[Repository]:
    """Extend a GitHub connection's scope; its next sync reads the repository from its first day. 409: it is named."""

    def add(database: Database) -> repositories.Repository:
        try:
            return repositories.add(database, author(caller), data.connection_id, data.full_name)
        except KnownRepository as error:
            raise ApiError(409, "EXISTS", f"There is nothing to add: {error}") from None

    return Envelope(_shown(await write(services, caller, add)), "Added")


@post("/repositories/{repository_id:uuid}/analyze", role="editor", status_code=202, operation_id="AnalyzeRepository",
      tags=["repositories"], summary="Load it now")  # fmt: skip
async def analyze_repository(services: Services, caller: Caller, repository_id: UUID) -> Envelope[Triggered]:
    """Queue a load of the connection that reads it; its marts follow with the transform that new rows start.

    409 while a load of this tenant is under way, 503 where Dagster does not answer.
    """
    found = await _find(services, caller, repository_id)
    return await trigger_sync.fn(services=services, caller=caller, data=Trigger(connection_id=found.connection_id))


@get("/repositories/{repository_id:uuid}/insights", operation_id="ReadRepositoryInsights", tags=["repositories"],
     parameters=ANY, responses=ROWS, summary="What stands out in it")  # fmt: skip
async def read_insights(
    request: Request[Any, Any, Any], services: Services, caller: Caller, repository_id: UUID
) -> ASGIApp:
    """Each rule that holds in it, with severity, evidence and since when: its rows of the mart repository_insights."""
    found = await _find(services, caller, repository_id)
    return await answer(services, filtered(request, {"repository": found.full_name}), "repository_insights")


@get("/repositories/{repository_id:uuid}/summary", operation_id="ReadRepositorySummary", tags=["repositories"],
     parameters=("window_days",), responses=SUMMED_UP, summary="How people work in it, at a glance")  # fmt: skip
async def read_summary(
    services: Services, caller: Caller, repository_id: UUID, window_days: WindowDays = 90
) -> ASGIApp:
    """People, reviews, merges and releases over 30, 90 or 365 days: its rows of the mart repository_summary as one."""
    one = await _find(services, caller, repository_id)

    async def read(database: Any, _: datetime | None) -> Page:
        rows = await database.fetch(SUMMARY, one.full_name, window_days)
        metrics = {row["metric"]: Figure(row["value"], row["unit"], row["n"], row["coverage"]) for row in rows}
        as_of = rows[0]["as_of"] if rows else None
        return Page(Summary(repository_id, one.full_name, window_days, as_of, metrics), f"Summary of {one.full_name}")

    asked = (repository_id, one.full_name, window_days)
    return await Composite("repository summary", ("repository_summary",), asked).answer(services, caller, read)


async def _find(services: Services, caller: Caller, repository_id: UUID) -> repositories.Repository:
    for one in await write(services, caller, lambda database: repositories.of(database, author(caller))):
        if one.repository_id == repository_id:
            return one
    raise not_found("There is no such repository.")


def _shown(one: repositories.Repository) -> Repository:
    return Repository(one.repository_id, one.connection_id, one.full_name, one.source, one.is_paused)


ROUTES: list[Any] = [
    list_repositories,
    read_repository,
    add_repository,
    analyze_repository,
    read_insights,
    read_summary,
]
