"""The marts over HTTP: what they are, and their rows. One handler serves every mart that the manifest has.

The order of things matters. Caller, contract, question and version cost no query once known; with them the answer's
bytes are either kept already, or read in one short transaction, encoded and kept.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg
from litestar import Request, get
from litestar.types import ASGIApp, Scope
from msgspec import Struct

from api import formats
from api.errors import unavailable
from api.filters import Question, question
from api.paging import Select
from api.responses import Envelope, Meta, Ready, encode
from api.security.callers import ANY, Caller
from api.services import Services
from api.shape import Shape
from api.versions import Version

TRIES = 3  # a publish between the version and the rows: read again
exports = asyncio.Semaphore(2)  # large answers at once; each holds tens of megabytes for a moment


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
        ready = await _read(services, caller, shape, asked, version)
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


async def _read(services: Services, caller: Caller, shape: Shape, asked: Question, version: Version) -> Ready | None:
    """Read and encode; None where the rows turned out to be of another version."""
    after = services.cursors.read(caller.tenant_id, shape, asked) if asked.cursor is not None else None
    select = Select(shape, asked, after)
    if asked.format == "json":
        return await _page(services, caller, shape, asked, version, select)
    async with exports:
        return await _page(services, caller, shape, asked, version, select)


async def _page(
    services: Services, caller: Caller, shape: Shape, asked: Question, version: Version, select: Select
) -> Ready | None:
    found, rows = await _rows(services, caller, shape, select)
    if found != version.number:
        return None
    next_cursor = None
    if len(rows) > asked.limit:
        rows = rows[: asked.limit]
        last = [rows[-1][at + 1] for at in select.key_at]
        next_cursor = services.cursors.make(caller.tenant_id, shape, asked, last)
    width = len(select.columns) + 1
    values = [row[1:width] for row in rows]
    meta = Meta(version.as_of, version.number, next_cursor)
    if asked.format == "json":
        body = formats.json_page(shape, formats.json_rows(shape, select.columns, values), meta)
    elif asked.format == "csv":
        body = await asyncio.to_thread(formats.csv_page, select.columns, values)
    else:
        body = await asyncio.to_thread(formats.arrow_page, select.columns, values)
    return Ready(body, _headers(caller, shape, asked, meta))


async def _rows(services: Services, caller: Caller, shape: Shape, select: Select) -> tuple[int | None, Sequence[Any]]:
    """The version and the rows, of one instant."""
    for last_try in (False, True):
        try:
            async with services.database.tenant(caller.tenant_id) as connection:
                rows = await connection.fetch(select.sql, *select.values)
                if rows:
                    return rows[0][0], rows
                number = "select version from app.mart_version where mart = $1"
                return await connection.fetchval(number, shape.name), []
        except asyncpg.InvalidCachedStatementError:  # the table took another's place since it was last read
            if last_try:
                raise
        except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError):
            raise unavailable("NOT_PUBLISHED", f"The mart {shape.name} is being replaced. Try again.", 5) from None
    return None, []


def _headers(caller: Caller, shape: Shape, asked: Question, meta: Meta) -> dict[str, str]:
    said = encode([str(caller.tenant_id), shape.name, shape.checksum, meta.version, asked.key])
    headers = {
        "Content-Type": formats.MEDIA_TYPE[asked.format],
        "ETag": f'"{hashlib.blake2b(said, digest_size=12).hexdigest()}"',
        "Cache-Control": "private, no-cache",
        "Vary": "Authorization, Accept",
    }
    if asked.format != "json":
        headers["Content-Disposition"] = f'attachment; filename="{shape.name}.{asked.format}"'
        headers["X-Version"] = str(meta.version)
        if meta.as_of is not None:
            headers["X-As-Of"] = meta.as_of.isoformat()
        if meta.next_cursor is not None:
            headers["X-Next-Cursor"] = meta.next_cursor
    return headers


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
