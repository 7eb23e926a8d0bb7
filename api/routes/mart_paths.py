"""Other paths of marts: where the users' documents look for what a mart answers. The marts' own handler answers."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlencode

from litestar import Request, get
from litestar.types import ASGIApp

from api import marts
from api.security.callers import ANY


class Place(NamedTuple):
    """A mart, and the filters that the path stands for."""

    mart: str
    filters: Mapping[str, str] = MappingProxyType({})


PATHS = {  # schema.py describes them as it does the marts
    "/api/v1/analytics/github/branches": Place("branches"),
    "/api/v1/analytics/github/code-quality": Place("quality_grades"),
    "/api/v1/analytics/github/collaboration": Place("review_pairs"),
    "/api/v1/analytics/github/commits": Place("commits_weekly"),
    "/api/v1/analytics/github/contributors": Place("contributors_weekly"),
    "/api/v1/analytics/github/releases": Place("releases"),
    "/api/v1/dora": Place("dora_summary"),
    "/api/v1/metrics/dora": Place("dora_summary"),
    "/api/v1/portfolio": Place("portfolio"),
    "/api/v1/portfolio/projects": Place("portfolio", {"scope_kind": "project"}),
    "/api/v1/portfolio/objectives": Place("portfolio", {"scope_kind": "objective"}),
    "/api/v1/portfolio/effort": Place("objective_effort"),
    "/api/v1/portfolio/teams": Place("team_scorecard"),
    "/api/v1/portfolio/executive": Place("executive_kpis"),
    "/api/v1/portfolio/risks": Place("risks"),
}


@get(list(PATHS), include_in_schema=False, parameters=ANY)
async def read_mart_of_path(request: Request[Any, Any, Any]) -> ASGIApp:
    """The same as GET /api/v1/marts/{mart} with the filters of the path."""
    place = PATHS[request.url.path]
    return await marts.answer(request.app.state.services, filtered(request, place.filters), place.mart)


def filtered(request: Request[Any, Any, Any], filters: Mapping[str, str]) -> Any:
    """The request's scope as if these filters had been asked for too."""
    given = request.scope["query_string"]
    return {**request.scope, "query_string": b"&".join(part for part in (urlencode(filters).encode(), given) if part)}


ROUTES = [read_mart_of_path]
