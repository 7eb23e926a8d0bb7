"""The marts over HTTP: what they are, and their rows. One handler serves every mart that the manifest has.

The order of things matters. Caller, contract, question and version cost no query once known; with them the answer's
bytes are either kept already, or read in one short transaction, encoded and kept.
"""

from datetime import datetime
from typing import Any

from litestar import Request, get
from litestar.types import ASGIApp, Scope
from msgspec import Struct

from api.errors import unavailable
from api.filters import Question, question
from api.reading import Reading
from api.responses import Envelope, Ready
from api.security.callers import ANY, Caller
from api.services import Services
from api.shape import Shape
from api.versions import Version

TRIES = 3  # a publish between the version and the rows: read again


class ListedColumn(Struct, frozen=True):
    """A column of a mart. `filters` are the names of its query parameters."""

    name: str
    type: str
    description: str
    unit: str | None
    is_nullable: bool
    is_personal: bool
    filters: list[str]


class ListedMart(Struct, frozen=True):
    """A mart: what its rows are, how they can be asked for, and what of it is published for this tenant."""

    name: str
    area: str
    description: str
    url: str
    grain: list[str]
    time_column: str | None
    order: list[str]
    columns: list[ListedColumn]
    version: int | None
    as_of: datetime | None


@get("/marts", operation_id="ListMarts", tags=["marts"], summary="The marts, with their columns and filters")
async def list_marts(services: Services, caller: Caller) -> Envelope[list[ListedMart]]:
    """Every published table, its columns with their meaning and unit, and the filters of each."""
    versions = await services.versions.of(caller.tenant_id)
    listed = [_listed(shape, versions.get(name)) for name, shape in sorted(services.registry.shapes.items())]
    return Envelope(listed, f"{len(listed)} marts")


@get("/marts/{mart:str}", include_in_schema=False, parameters=ANY)
async def read_mart(request: Request[Any, Any, Any], mart: str) -> ASGIApp:
    """Rows of one mart. Its description in OpenAPI is made from the contract (schema.py)."""
    services: Services = request.app.state.services
    return await answer(services, request.scope, mart)


async def answer(services: Services, scope: Scope, mart: str) -> Ready:
    """The bytes that answer a request for a mart's rows."""
    caller: Caller = scope["caller"]  # type: ignore[typeddict-item]
    shape = services.registry.shape(mart)
    asked = question(shape, scope["query_string"], _accept(scope))
    versions = services.versions.known(caller.tenant_id) or await services.versions.of(caller.tenant_id)
    for _ in range(TRIES):
        version = versions.get(mart)
        if version is None:
            raise unavailable("NOT_PUBLISHED", f"The mart {mart} is not published yet for this tenant.", 30)
        if version.checksum != shape.checksum:
            shape, asked = _newer(services, scope, mart, version)
        key = (caller.tenant_id, caller.role, mart, asked.key, version.number, version.checksum)
        kept = services.cache.get(key)
        if kept is not None:
            return kept
        ready = await Reading(caller.tenant_id, shape, asked, version).answer(services)
        if ready is not None:
            services.cache.put(key, ready)
            return ready
        versions = await services.versions.read(caller.tenant_id)
    raise unavailable("BUSY", "The data were being replaced. Try again.", 1)


def _newer(services: Services, scope: Scope, mart: str, version: Version) -> tuple[Shape, Question]:
    """The contract that the published table has. Raises ApiError 503 where this process does not know it."""
    if not services.registry.reload_for(version.checksum, mart):
        raise unavailable(
            "CONTRACT_CHANGED", f"The mart {mart} is being replaced by one of another shape. Try again shortly.", 15
        )
    shape = services.registry.shape(mart)
    return shape, question(shape, scope["query_string"], _accept(scope))


def _accept(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"accept":
            return value[:200].decode("latin-1")
    return ""


def _listed(shape: Shape, version: Version | None) -> ListedMart:
    names: dict[str, list[str]] = {}
    for parameter, (column, _) in shape.parameters.items():
        names.setdefault(column, []).append(parameter)
    columns = [
        ListedColumn(
            name=column.name,
            type=column.contract.type,
            description=column.contract.description,
            unit=column.contract.unit,
            is_nullable=not column.not_null,
            is_personal=column.contract.personal,
            filters=names.get(column.name, []),
        )
        for column in shape.shown.values()
    ]
    return ListedMart(
        name=shape.name,
        area=shape.mart.area,
        description=shape.mart.description,
        url=f"/api/v1/marts/{shape.name}",
        grain=list(shape.mart.grain),
        time_column=shape.mart.time_column,
        order=list(shape.default_order),
        columns=columns,
        version=version.number if version else None,
        as_of=version.as_of if version else None,
    )
