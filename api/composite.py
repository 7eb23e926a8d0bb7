"""An answer that a route makes of marts: read in one transaction, encoded once, kept while these marts stand."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

import asyncpg
from msgspec import Struct

from api.errors import unavailable
from api.filters import Order, Question
from api.paging import Cursors
from api.responses import Envelope, Meta, Ready, encode
from api.security.callers import Caller
from api.services import Services
from api.shape import Shape
from api.versions import Version

TRIES = 3  # a publish between the versions and the rows: read again
NUMBERS = "select mart, version from app.mart_version where mart = any($1)"


class Page(Struct, frozen=True):
    """What was read: the data, a message, and where the next page begins."""

    data: Any
    message: str
    next_cursor: str | None = None


class Composite(Struct, frozen=True):
    """Which answer it is: of which marts, and to what. `asked` is all that it depends on beside the tenant."""

    name: str
    marts: tuple[str, ...]
    asked: tuple[Any, ...] = ()

    async def answer(
        self, services: Services, caller: Caller, read: Callable[[Any, datetime | None], Awaitable[Page]]
    ) -> Ready:
        """The answer as bytes. `read` gets the transaction and how old the oldest of the marts is.

        Raises ApiError 503 where a mart is not published for this tenant, or is just being replaced.
        """
        versions = await services.versions.of(caller.tenant_id)
        for _ in range(TRIES):
            used = self._published(versions)
            numbers = tuple(version.number for version in used)
            key = (caller.tenant_id, caller.role, self.name, self.asked, numbers)
            if kept := services.cache.get(key):
                return kept
            as_of = min((version.as_of for version in used if version.as_of), default=None)
            try:
                async with services.database.tenant(caller.tenant_id) as database:
                    found = dict(await database.fetch(NUMBERS, list(self.marts)))
                    is_current = numbers == tuple(found.get(mart) for mart in self.marts)
                    page = await read(database, as_of) if is_current else None
            except asyncpg.InvalidCachedStatementError:  # another table took a mart's place since it was last read
                page = None
            except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError):
                raise unavailable("NOT_PUBLISHED", f"A mart of {self.name} is being replaced. Try again.", 5) from None
            if page is not None:
                ready = self._encoded(caller, page, Meta(as_of, max(numbers), page.next_cursor))
                services.cache.put(key, ready)
                return ready
            versions = await services.versions.read(caller.tenant_id)
        raise unavailable("BUSY", "The data were being replaced. Try again.", 1)

    def _published(self, versions: dict[str, Version]) -> list[Version]:
        if missing := [mart for mart in self.marts if mart not in versions]:
            raise unavailable("NOT_PUBLISHED", f"The mart {missing[0]} is not published yet for this tenant.", 30)
        return [versions[mart] for mart in self.marts]

    def _encoded(self, caller: Caller, page: Page, meta: Meta) -> Ready:
        body = encode(Envelope(page.data, page.message, meta))
        said = encode([str(caller.tenant_id), self.name]) + body
        headers = {
            "Content-Type": "application/json",
            "ETag": f'"{hashlib.blake2b(said, digest_size=12).hexdigest()}"',
            "Cache-Control": "private, no-cache",
            "Vary": "Authorization, Origin",
        }
        return Ready(body, headers)


class Paging(Struct, frozen=True):
    """Where a page begins, by the marts' own signed cursors: of this day, this tenant and this question alone."""

    cursors: Cursors
    shape: Shape
    question: Question

    def after(self, caller: Caller) -> list[Any] | None:
        """The key of the last row before the page; None at the first. Raises ApiError 400 for a bad cursor."""
        return None if self.question.cursor is None else self.cursors.read(caller.tenant_id, self.shape, self.question)

    def next_cursor(self, caller: Caller, last: Sequence[Any] | None) -> str | None:
        """The cursor after the row with this key; None where nothing follows."""
        return None if last is None else self.cursors.make(caller.tenant_id, self.shape, self.question, last)


def paged(services: Services, mart: str, key: Sequence[str], asked: Any, limit: int, cursor: str | None) -> Paging:
    """Pages by these columns of a mart. `asked` is all that tells one question from another, besides its page."""
    shape = services.registry.shape(mart)
    order = tuple(Order(shape.shown[name], False) for name in key)
    return Paging(services.cursors, shape, Question((), order, None, limit, "json", cursor, encode(asked)))
