"""`GET /truth/{company}/…`: what really happened in that company, from its own books."""

from typing import Any

from litestar import Request, get
from litestar.exceptions import NotFoundException

from pipelines.simulator import truth_dora, truth_people, truth_rows
from pipelines.simulator.clock import parse_instant
from pipelines.simulator.company import Company


def company_of(request: Request) -> Company:
    """The company in the path, as of now. Raises NotFoundException."""
    slug = request.path_params["company"]
    found = request.app.state.world.company(slug)
    if found is None:
        raise NotFoundException(f"there is no company {slug}")
    return found


def _filtered(request: Request, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep the rows whose fields equal the query's, as text: ?service=checkout&environment=production."""
    wanted = {name: value.lower() for name, value in request.query_params.items()}
    return [row for row in rows if all(str(row.get(name)).lower() == value for name, value in wanted.items())]


@get("/truth/{company:str}/deployments", sync_to_thread=False)
def read_deployments(request: Request) -> list[dict[str, Any]]:
    return _filtered(request, truth_rows.deployments(company_of(request)))


@get("/truth/{company:str}/changes", sync_to_thread=False)
def read_changes(request: Request) -> list[dict[str, Any]]:
    return _filtered(request, truth_rows.changes(company_of(request)))


@get("/truth/{company:str}/pull_requests", sync_to_thread=False)
def read_pull_requests(request: Request) -> list[dict[str, Any]]:
    return _filtered(request, truth_rows.pull_requests(company_of(request)))


@get("/truth/{company:str}/people", sync_to_thread=False)
def read_people(request: Request) -> list[dict[str, Any]]:
    return _filtered(request, truth_people.by_week(company_of(request)))


@get("/truth/{company:str}/incidents", sync_to_thread=False)
def read_incidents(request: Request) -> list[dict[str, Any]]:
    return _filtered(request, truth_rows.incidents(company_of(request)))


@get("/truth/{company:str}/dora", sync_to_thread=False)
def read_dora(request: Request) -> list[dict[str, Any]]:
    """`?by=day`, or a window `?from=…&to=…` (default: all of the company's life)."""
    company = company_of(request)
    if request.query_params.get("by") == "day":
        return truth_dora.by_day(company)
    start, end = request.query_params.get("from"), request.query_params.get("to")
    first = parse_instant(start) if start else company.founded_at
    return truth_dora.window(company, first, parse_instant(end) if end else company.now + 1)


HANDLERS: list[Any] = [read_deployments, read_changes, read_pull_requests, read_people, read_incidents, read_dora]
