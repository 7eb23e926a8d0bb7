"""The application: which routes, which services, which outer layers. `create` makes it; `server.py` runs it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, Request, Router
from litestar.di import Provide
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import ControllerRouterHandler

from api import marts
from api.access_log import AccessLog
from api.cross_origin import CrossOrigin
from api.edge import Edge
from api.errors import answer
from api.metrics import Metrics
from api.routes import (
    aliases,
    auth,
    configuration,
    connection_tests,
    connections,
    dashboard,
    dashboard_metrics,
    docs,
    dora,
    etl_events,
    etl_jobs,
    etl_runs,
    etl_settings,
    evidence,
    health,
    issues,
    mart_paths,
    overrides,
    profile,
    repositories,
    repository_summary,
    schedules,
    series,
    sync,
    sync_status,
    uploads,
    webhooks,
)
from api.security.callers import Caller, authorise
from api.services import Services
from api.settings import Settings
from pipelines.warehouse.connection import Warehouse

VERSION = "1"
ABOUT = (
    "A company's delivery, customer and market signals, read from marts that are rebuilt from the sources. "
    "A value that is `null` was not measured, which is not 0. Sign in by `POST /api/v1/auth/login`, then send "
    "`Authorization: Bearer …`. The definitions of all figures are at /definitions."
)


def create(warehouse: Warehouse, settings: Settings | None = None, log: AccessLog | None = None) -> Edge:
    """The whole application over one warehouse, as an ASGI callable. It starts without a database too."""
    settings = settings or Settings.from_environment()
    metrics, log = Metrics(), log or AccessLog()

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        services = Services.of(warehouse, settings)
        app.state.services = services
        await services.open()
        try:
            yield
        finally:
            await services.close()
            log.flush()

    app = Litestar(
        route_handlers=_routes(),
        before_request=authorise,
        dependencies={
            "services": Provide(_services, sync_to_thread=False),
            "caller": Provide(_caller, sync_to_thread=False),
        },
        exception_handlers={Exception: answer},
        lifespan=[lifespan],
        openapi_config=_openapi(),
        logging_config=None,
        debug=False,
    )
    app.state.metrics = metrics
    edge = Edge(app, CrossOrigin(settings.cors_origins), metrics, log, settings.body_limit, settings.webhook_limit)
    app.state.stopping = edge.stopping
    return edge


def _routes() -> list[ControllerRouterHandler]:
    return [
        Router(
            "/api/v1",
            route_handlers=[
                marts.list_marts,
                marts.read_mart,
                *auth.ROUTES,
                *profile.ROUTES,
                *dashboard.ROUTES,
                *dashboard_metrics.ROUTES,
                *series.ROUTES,
                *dora.ROUTES,
                *connections.ROUTES,
                *connection_tests.ROUTES,
                *repositories.ROUTES,
                *repository_summary.ROUTES,
                *sync.ROUTES,
                *sync_status.ROUTES,
                *schedules.ROUTES,
                *etl_jobs.ROUTES,
                *etl_runs.ROUTES,
                *etl_events.ROUTES,
                *etl_settings.ROUTES,
                *webhooks.ROUTES,
                *uploads.ROUTES,
                *overrides.ROUTES,
                *configuration.ROUTES,
                *evidence.ROUTES,
                *issues.ROUTES,
            ],
        ),
        *mart_paths.ROUTES,
        *aliases.ROUTES,
        *health.ROUTES,
        *docs.ROUTES,
    ]


def _openapi() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Clearsignal",
        version=VERSION,
        description=ABOUT,
        path="/openapi",
        render_plugins=[],
        components=Components(
            security_schemes={"accessToken": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")}
        ),
    )


def _services(request: Request[Any, Any, Any]) -> Services:
    return request.app.state.services


def _caller(request: Request[Any, Any, Any]) -> Caller:
    return request.scope["caller"]  # type: ignore[typeddict-item]
