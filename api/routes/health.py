"""Whether this process lives, and whether it can serve."""

import asyncio
from typing import Any

import asyncpg
from litestar import Request, Response, get
from msgspec import Struct

from api.errors import ApiError
from api.services import Services
from pipelines.warehouse import revision

PROBE_SECONDS = 3.0
MIGRATE = "Do: run make up (or clearsignal prepare) of this version."
REVISION = "select guard.schema_revision()"


class Health(Struct, frozen=True):
    """The state of the application and of its database."""

    status: str
    database: str


class Readiness(Struct, frozen=True):
    """Each thing that serving needs: `ok`, or what is wrong. Dagster is told, but reading does not need it."""

    status: str
    database: str
    migrations: str
    manifest: str
    publishes: str
    dagster: str


@get("/health", public=True, operation_id="ReadHealth", tags=["operation"], summary="Liveness")
async def read_health(services: Services) -> Health:
    """200 as long as this process answers; `database` says whether its database does."""
    database = await _database(services)
    return Health("healthy" if database == "ok" else "degraded", "ok" if database == "ok" else "unreachable")


@get("/health/ready", public=True, operation_id="ReadReadiness", tags=["operation"], summary="Readiness")
async def read_readiness(services: Services) -> Response[Readiness]:
    """200 when marts can be served, else 503; every part is named."""
    database, daemon = await asyncio.gather(_database(services), _dagster(services))
    migrations = "ok" if database == "ok" else "unknown" if database == "unreachable" else database
    manifest = "ok" if services.registry.shapes else services.registry.problem or "it holds no marts"
    publishes = "ok" if services.listener.generation is not None else "not listening; versions are asked each time"
    is_ready = database == "ok" and manifest == "ok"
    body = Readiness(
        "ready" if is_ready else "not ready",
        "unreachable" if database == "unreachable" else "ok",
        migrations,
        manifest if manifest == "ok" else "the marts' manifest is missing or unreadable. Do: run make up.",
        publishes,
        daemon,
    )
    headers = {"Cache-Control": "no-store"} if is_ready else {"Cache-Control": "no-store", "Retry-After": "5"}
    return Response(body, status_code=200 if is_ready else 503, headers=headers)


@get("/metrics", public=True, operation_id="ReadMetrics", tags=["operation"], summary="Prometheus metrics")
async def read_metrics(request: Request[Any, Any, Any], services: Services) -> Response[bytes]:
    """Requests, seconds, pool and cache of this process, without a word about any tenant."""
    metrics = request.app.state.metrics
    size, idle = services.database.connections
    metrics.pool.labels("open").set(size)
    metrics.pool.labels("idle").set(idle)
    metrics.pool.labels("waiting").set(services.database.waiting)
    metrics.cache.set(services.cache.size)
    metrics.listening.set(services.listener.generation is not None)
    return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


async def _database(services: Services) -> str:
    try:
        async with asyncio.timeout(PROBE_SECONDS), services.database.connection() as connection:
            found = await connection.fetchval(REVISION)
            return "ok" if found == revision.needed() else f"at revision {found}, not {revision.needed()}. {MIGRATE}"
    except (asyncpg.UndefinedFunctionError, asyncpg.InvalidSchemaNameError):
        return f"older than revision {revision.needed()}. {MIGRATE}"
    except (OSError, TimeoutError, ApiError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return "unreachable"


async def _dagster(services: Services) -> str:
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            return "ok" if await services.dagster.daemon() else "its daemon sends no heartbeat"
    except (TimeoutError, ApiError):
        return "unreachable"


ROUTES = [read_health, read_readiness, read_metrics]
