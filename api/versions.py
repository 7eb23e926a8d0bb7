"""Which version of each mart a tenant sees now, without asking the database for every request.

A tenant's versions are read once after each publish (one small statement under the wall). Bytes that were encoded
from a version stay right while that version stands, so a publish that changed nothing for a tenant costs it nothing.
"""

from collections import OrderedDict
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from api.database import Database
from api.listener import Listener

TENANTS_KEPT = 10_000
READ = "select mart, version, contract_checksum, as_of from app.mart_version"


class Version(Struct, frozen=True):
    """What was published last: its number, the shape it was published in, and how old its data are."""

    number: int
    checksum: str
    as_of: datetime | None


class Versions:
    """The versions of the tenants that were asked for lately."""

    def __init__(self, database: Database, listener: Listener) -> None:
        self.database, self.listener = database, listener
        self._known: OrderedDict[UUID, tuple[int, dict[str, Version]]] = OrderedDict()

    def known(self, tenant_id: UUID) -> dict[str, Version] | None:
        """The versions of this tenant where they are surely current, else None."""
        entry = self._known.get(tenant_id)
        return entry[1] if entry is not None and entry[0] == self.listener.generation else None

    async def of(self, tenant_id: UUID) -> dict[str, Version]:
        """The versions of this tenant by mart, from the database where they are not surely known."""
        found = self.known(tenant_id)
        return found if found is not None else await self.read(tenant_id)

    async def read(self, tenant_id: UUID) -> dict[str, Version]:
        """The versions of this tenant as the database has them now."""
        generation = self.listener.generation  # before reading: a publish in between makes the result old
        async with self.database.tenant(tenant_id) as connection:
            rows = await connection.fetch(READ)
        versions = {mart: Version(number, checksum, as_of) for mart, number, checksum, as_of in rows}
        if generation is not None:
            self._known[tenant_id] = (generation, versions)
            if len(self._known) > TENANTS_KEPT:
                self._known.popitem(last=False)
        return versions
