"""Repositories: which ones the connections read and how fresh they are, one more of them, and a load of one now."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.types import ASGIApp
from msgspec import Meta, Struct
from psycopg import Connection as Database

from api.changes import author, write
from api.errors import ApiError, not_found
from api.launching import load, options, turn
from api.marts import answer
from api.responses import Envelope
from api.responses import Meta as AnswerMeta
from api.routes.mart_paths import filtered
from api.routes.sync import Trigger, Triggered, trigger_sync
from api.routes.sync_status import ConnectionStatus, read_sync_status
from api.security.callers import ANY, Caller
from api.services import Services
from pipelines import repositories
from pipelines.raw_tables import TABLES
from pipelines.repositories import KnownRepository

WITH_CLONE = "code_and_issues"  # the job that has both GitHub's tables and a clone's
ROWS = {200: ResponseSpec(Envelope[list[dict[str, Any]]], generate_examples=False, description="Rows of the mart.")}


class Repository(Struct, frozen=True):
    """A repository that a connection reads. What its source has not shown yet is null, as of a clone's.

    `status` is its connection's, as in GET /api/v1/sync/status.
    """

    id: UUID
    connection_id: UUID
    full_name: str
    source: str
    is_named: Annotated[bool, Meta(description="The connection names it; false: it is one of its organization's.")]
    default_branch: str | None
    is_private: bool | None
    is_archived: bool | None
    url: str | None
    created_at: datetime | None
    pushed_at: datetime | None
    is_paused: bool
    status: str
    last_synced_at: Annotated[datetime | None, Meta(description="When anything was last read; null: never.")]
    as_of: Annotated[datetime | None, Meta(description="Up to when all that was ever read is read.")]


class NewRepository(Struct, forbid_unknown_fields=True):
    """Which connection is to read which repository."""

    connection_id: UUID
    full_name: Annotated[str, Meta(max_length=200, description="owner/name")]


@get("/repositories", operation_id="ListRepositories", tags=["repositories"], summary="All that connections read")
async def list_repositories(services: Services, caller: Caller) -> Envelope[list[Repository]]:
    """By connection and name: those that are named, and those that the last sync found in an organization."""
    known = await _known(services, caller)
    return Envelope(await _shown(services, caller, known), f"{len(known)} repositories")


@get("/repositories/{repository_id:uuid}", operation_id="ReadRepository", tags=["repositories"], summary="One of them")
async def read_repository(services: Services, caller: Caller, repository_id: UUID) -> Envelope[Repository]:
    """What it is, the connection that reads it, and how fresh that is."""
    (found,) = await _shown(services, caller, [await find(services, caller, repository_id)])
    return Envelope(found, meta=AnswerMeta(as_of=found.as_of))


@post("/repositories", role="admin", operation_id="AddRepository", tags=["repositories"], summary="Read one more")
async def add_repository(services: Services, caller: Caller, data: NewRepository) -> Envelope[Repository]:
    """Extend a GitHub connection's scope; its next sync reads the repository from its first day. 409: it is named."""

    def add(database: Database) -> repositories.Repository:
        try:
            return repositories.add(database, author(caller), data.connection_id, data.full_name)
        except KnownRepository as error:
            raise ApiError(409, "EXISTS", f"There is nothing to add: {error}") from None

    (added,) = await _shown(services, caller, [await write(services, caller, add)])
    return Envelope(added, "Added")


@post("/repositories/{repository_id:uuid}/analyze", role="editor", status_code=202, operation_id="AnalyzeRepository",
      tags=["repositories"], summary="Load it now")  # fmt: skip
async def analyze_repository(services: Services, caller: Caller, repository_id: UUID) -> Envelope[Triggered]:
    """Queue a load of its connection and, where there is one, of the clone of it that is read beside that.

    Its marts follow with the transform that new rows start. 409 while a load of this tenant is under way, 503 where
    Dagster does not answer.
    """
    found = await find(services, caller, repository_id)
    clone = repositories.clone_of(await _known(services, caller), found)
    if clone is None:
        return await trigger_sync.fn(services=services, caller=caller, data=Trigger(connection_id=found.connection_id))
    read = {each.source: each.connection_id for each in (found, clone)}
    async with turn(services, caller) as launch:
        said = {source: options(launch.partition, [source], connection_id=str(key)) for source, key in read.items()}
        config = {"ops": {op: given for each in said.values() for op, given in each["ops"].items()}}
        assets = [(f"raw_{source}", table) for source in read for table in TABLES[source]]
        run_id = await load(services, launch, WITH_CLONE, config, assets)
    return Envelope(Triggered(run_id), "The load is queued")


@get("/repositories/{repository_id:uuid}/insights", operation_id="ReadRepositoryInsights", tags=["repositories"],
     parameters=ANY, responses=ROWS, summary="What stands out in it")  # fmt: skip
async def read_insights(
    request: Request[Any, Any, Any], services: Services, caller: Caller, repository_id: UUID
) -> ASGIApp:
    """Each rule that holds in it, with severity, evidence and since when: its rows of the mart repository_insights."""
    found = await find(services, caller, repository_id)
    return await answer(services, filtered(request, {"repository": found.full_name}), "repository_insights")


async def _known(services: Services, caller: Caller) -> list[repositories.Repository]:
    return await write(services, caller, lambda database: repositories.of(database, author(caller)))


async def find(services: Services, caller: Caller, repository_id: UUID) -> repositories.Repository:
    """One of the caller's. Raises ApiError 404 where there is none of that id."""
    for one in await _known(services, caller):
        if one.repository_id == repository_id:
            return one
    raise not_found("There is no such repository.")


async def _shown(services: Services, caller: Caller, known: list[repositories.Repository]) -> list[Repository]:
    """With how fresh their connections are, by what loads say."""
    found = (await read_sync_status.fn(services=services, caller=caller)).data
    statuses = {each.connection_id: each for each in found}
    return [_one(each, statuses.get(each.connection_id)) for each in known]


def _one(one: repositories.Repository, status: ConnectionStatus | None) -> Repository:
    resources = status.resources if status else []
    return Repository(
        one.repository_id, one.connection_id, one.full_name, one.source, one.is_named,
        **asdict(one.facts),
        is_paused=one.is_paused,
        status=status.status if status else "never",
        last_synced_at=max((each.last_success_at for each in resources if each.last_success_at), default=None),
        as_of=min((each.as_of for each in resources if each.as_of), default=None),
    )  # fmt: skip


ROUTES: list[Any] = [list_repositories, read_repository, add_repository, analyze_repository, read_insights]
