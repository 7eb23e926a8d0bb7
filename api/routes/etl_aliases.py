"""`/app/etl/*` of the users' documents: the very handlers of `/api/v1/etl/*` at a second path."""

from litestar.handlers import HTTPRouteHandler

from api.routes import etl_events, etl_jobs, etl_runs, etl_settings


def second_mount(handler: HTTPRouteHandler, prefix: str = "/app") -> HTTPRouteHandler:
    """The handler's own function at `prefix` + its path, described as the same."""
    (path,), (method,) = handler.paths, [each for each in handler.http_methods if each != "HEAD"]
    again = HTTPRouteHandler(
        f"{prefix}{path}",
        http_method=method,
        status_code=handler.status_code,
        media_type=handler.media_type,
        responses=handler.responses,
        operation_id=f"{handler.operation_id}Alias",
        tags=["same handlers, other paths"],
        summary=f"The same as {method} /api/v1{path.replace(':uuid', '').replace(':str', '')}",
        opt=dict(handler.opt),
    )
    return again(handler.fn)


ROUTES = [
    second_mount(handler) for handler in (*etl_jobs.ROUTES, *etl_runs.ROUTES, *etl_events.ROUTES, *etl_settings.ROUTES)
]
