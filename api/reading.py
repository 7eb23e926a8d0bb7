"""One page of a mart: from the question to the bytes, in one short transaction."""

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
from msgspec import Struct

from api import formats
from api.errors import unavailable
from api.filters import Question
from api.paging import Statement, select
from api.responses import Meta, Ready, encode
from api.services import Services
from api.shape import Shape
from api.versions import Version

NUMBER = "select version from app.mart_version where mart = $1"
exports = asyncio.Semaphore(2)  # large answers at once; each holds tens of megabytes for a moment


class Reading(Struct, frozen=True):
    """Who reads what of which mart, in which version."""

    tenant_id: UUID
    shape: Shape
    asked: Question
    version: Version

    async def answer(self, services: Services) -> Ready | None:
        """The page, encoded; None where the rows turned out to be of another version."""
        if self.asked.format == "json":
            return await self._page(services)
        async with exports:
            return await self._page(services)

    async def _page(self, services: Services) -> Ready | None:
        asked, shape = self.asked, self.shape
        after = services.cursors.read(self.tenant_id, shape, asked) if asked.cursor is not None else None
        statement, values = select(shape, asked, after)
        number, rows = await self._rows(services, statement, values)
        if number != self.version.number:
            return None
        next_cursor = None
        if len(rows) > asked.limit:
            rows = rows[: asked.limit]
            last = [rows[-1][at] for at in statement.key_at]
            next_cursor = services.cursors.make(self.tenant_id, shape, asked, last)
        meta = Meta(self.version.as_of, number, next_cursor)
        width = len(statement.columns) + 1
        body = await self._encoded(statement, [row[1:width] for row in rows], meta)
        return Ready(body, self._headers(meta))

    async def _rows(
        self, services: Services, statement: Statement, values: list[Any]
    ) -> tuple[int | None, Sequence[Any]]:
        """The version and the rows, of one instant."""
        for last_try in (False, True):
            try:
                async with services.database.tenant(self.tenant_id) as connection:
                    rows = await connection.fetch(statement.sql, *values)
                    if rows:
                        return rows[0][0], rows
                    return await connection.fetchval(NUMBER, self.shape.name), []
            except asyncpg.InvalidCachedStatementError:  # another table took this one's place since it was last read
                if last_try:
                    raise
            except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError):
                break
        raise unavailable("NOT_PUBLISHED", f"The mart {self.shape.name} is being replaced. Try again.", 5)

    async def _encoded(self, statement: Statement, rows: list[Any], meta: Meta) -> bytes:
        match self.asked.format:
            case "json":
                return formats.json_page(self.shape, formats.json_rows(self.shape, statement.columns, rows), meta)
            case "csv":
                return await asyncio.to_thread(formats.csv_page, statement.columns, rows)
        return await asyncio.to_thread(formats.arrow_page, statement.columns, rows)

    def _headers(self, meta: Meta) -> dict[str, str]:
        said = encode([str(self.tenant_id), self.shape.name, self.shape.checksum, meta.version, self.asked.key])
        headers = {
            "Content-Type": formats.MEDIA_TYPE[self.asked.format],
            "ETag": f'"{hashlib.blake2b(said, digest_size=12).hexdigest()}"',
            "Cache-Control": "private, no-cache",
            "Vary": "Authorization, Accept, Origin",
        }
        if self.asked.format != "json":
            headers["Content-Disposition"] = f'attachment; filename="{self.shape.name}.{self.asked.format}"'
            headers["X-Version"] = str(meta.version)
            if meta.as_of is not None:
                headers["X-As-Of"] = meta.as_of.isoformat()
            if meta.next_cursor is not None:
                headers["X-Next-Cursor"] = meta.next_cursor
        return headers
