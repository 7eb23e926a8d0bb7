"""The pages for people: API documentation from files of this installation, and the figures' definitions.

Each page has a content security policy of its own and asks no other server for anything.
"""

import importlib.resources
from pathlib import Path
from typing import Any

from litestar import MediaType, Request, Response, get
from litestar.response import File, Redirect

from api import schema
from api.errors import not_found
from api.security.callers import ANY
from api.services import Services

PAGES = Path(__file__).parents[1] / "pages"
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; "
    "img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# dbt's page is one file with inline scripts; the sandbox keeps it from everything of this origin.
DEFINITIONS_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data:; "
    "font-src data:; sandbox allow-scripts allow-popups"
)
OURS = {"start.js": "text/javascript", "reading.js": "text/javascript", "reading.css": "text/css"}
SWAGGER = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css", "favicon-32x32.png": "image/png"}
OPEN: dict[str, Any] = {"public": True, "include_in_schema": False, "parameters": ANY}


@get("/", **OPEN)
async def lead_to_docs() -> Redirect:
    """The documentation is the front page, until there is one."""
    return Redirect("/docs", status_code=307)


@get("/openapi.json", sync_to_thread=False, **OPEN)
def read_openapi(request: Request[Any, Any, Any], services: Services) -> Response[bytes]:
    """The OpenAPI document, made again when the contracts have changed."""
    kept = getattr(request.app.state, "openapi", None)
    if kept is None or kept[0] != services.registry.generation:
        kept = (services.registry.generation, schema.describe(request.app, services.registry))
        request.app.state.openapi = kept
    return Response(kept[1], media_type=MediaType.JSON, headers={"Cache-Control": "no-cache"})


@get("/docs", **OPEN)
async def read_docs() -> Response[bytes]:
    """Swagger UI."""
    return _page("docs.html")


@get("/redoc", **OPEN)
async def read_reading_view() -> Response[bytes]:
    """The same document, to be read rather than tried."""
    return _page("reading.html")


@get("/docs/files/{name:str}", **OPEN)
async def read_file(name: str) -> File:
    """A script, style or picture of these pages, by its exact name."""
    if name in OURS:
        path, kind = PAGES / name, OURS[name]
    elif name in SWAGGER:
        path, kind = Path(str(importlib.resources.files("swagger_ui"))) / "static" / name, SWAGGER[name]
    else:
        raise not_found()
    headers = {"Cache-Control": "public, max-age=3600"}
    return File(path, media_type=kind, headers=headers, content_disposition_type="inline")


@get("/definitions", **OPEN)
async def read_definitions(services: Services) -> File:
    """dbt's documentation: every figure's definition, its columns, and where it comes from."""
    return _made(services, "index.html")


@get("/definitions/metrics", **OPEN)
async def read_metrics(services: Services) -> File:
    """All figures on one page."""
    return _made(services, "metrics.html")


def _made(services: Services, name: str) -> File:
    """A page of the docs site. Raises 404 before it is made."""
    path = services.warehouse.home / "docs" / name
    if not path.is_file():
        raise not_found("The definitions are not made yet. Do: make docs.")
    headers = {"Content-Security-Policy": DEFINITIONS_POLICY, "Cache-Control": "no-cache"}
    return File(path, media_type="text/html; charset=utf-8", headers=headers, content_disposition_type="inline")


def _page(name: str) -> Response[bytes]:
    headers = {"Content-Security-Policy": PAGE_POLICY, "Cache-Control": "no-cache"}
    return Response((PAGES / name).read_bytes(), media_type="text/html; charset=utf-8", headers=headers)


ROUTES = [lead_to_docs, read_openapi, read_docs, read_reading_view, read_file, read_definitions, read_metrics]
