"""The one process that plays the outside world: routers of all providers, control and truth, under the faults."""

from typing import Any

from litestar import Litestar, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.types import ControllerRouterHandler

from pipelines.simulator import (
    control,
    exchange_rates,
    gdelt,
    geonames,
    github,
    github_graphql,
    hubspot,
    hubspot_batches,
    issue_truth,
    jira,
    jira_agile,
    open_meteo,
    replay,
    truth,
    webhooks,
    zendesk,
)
from pipelines.simulator.faults import FaultMiddleware
from pipelines.simulator.github_limits import Refused, refuse
from pipelines.simulator.world import World

# A provider is a list of route handlers. They find the world in `state.world`.
ROUTERS: list[ControllerRouterHandler] = [
    *control.HANDLERS,
    *webhooks.HANDLERS,
    *truth.HANDLERS,
    *issue_truth.HANDLERS,
    *github.HANDLERS,
    *github_graphql.HANDLERS,
    *jira.HANDLERS,
    *jira_agile.HANDLERS,
    *hubspot.HANDLERS,
    *hubspot_batches.HANDLERS,
    *zendesk.HANDLERS,
    *gdelt.HANDLERS,
    *open_meteo.HANDLERS,
    *exchange_rates.HANDLERS,
    *geonames.HANDLERS,
    *replay.HANDLERS,
]


def create_app(world: World) -> Any:
    """The ASGI application over one world."""
    app = Litestar(
        ROUTERS,
        state=State({"world": world}),
        exception_handlers={Refused: refuse, HTTPException: _explain, ValueError: _refuse},
        openapi_config=None,
        logging_config=None,
    )
    return FaultMiddleware(app, world.faults)


def _explain(request: Any, error: HTTPException) -> Response:
    """Litestar's own errors (unknown route, bad parameter) in the shape that most providers share."""
    body = {"message": error.detail or "Not Found", "status": str(error.status_code)}
    return Response(body, status_code=error.status_code)


def _refuse(request: Any, error: ValueError) -> Response:
    return Response({"message": str(error), "status": "400"}, status_code=400)
