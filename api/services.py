"""What the routes share: made once at start, closed at the end."""

from dataclasses import dataclass

import dbt_project
from api.cache import ByteCache
from api.dagster import Dagster
from api.database import Database
from api.listener import Listener
from api.paging import Cursors
from api.registry import Registry
from api.responses import Ready
from api.security.callers import Callers
from api.security.passwords import Passwords
from api.security.sessions import Sessions
from api.security.sign_in_limits import SignInLimits
from api.settings import Settings
from api.versions import Versions
from pipelines import access_tokens
from pipelines.warehouse.connection import Warehouse


@dataclass
class Services:
    """One of each."""

    warehouse: Warehouse
    settings: Settings
    database: Database
    listener: Listener
    versions: Versions
    registry: Registry
    cache: ByteCache[Ready]
    cursors: Cursors
    callers: Callers
    sessions: Sessions
    passwords: Passwords
    limits: SignInLimits
    dagster: Dagster

    @classmethod
    def of(cls, warehouse: Warehouse, settings: Settings) -> "Services":
        """All services over one warehouse. Connects to nothing yet."""
        database = Database(warehouse.url("api"), settings)
        registry = Registry(dbt_project.manifest_path(warehouse.home))
        listener = Listener(warehouse.url("api"), on_publish=registry.reload)
        signing_key = access_tokens.key(warehouse)
        return cls(
            warehouse=warehouse,
            settings=settings,
            database=database,
            listener=listener,
            versions=Versions(database, listener),
            registry=registry,
            cache=ByteCache(settings.cache_limit),
            cursors=Cursors(warehouse.derive("cursor")),
            callers=Callers(signing_key, database),
            sessions=Sessions(warehouse.derive("refresh"), database),
            passwords=Passwords(settings.hashing_threads),
            limits=SignInLimits(),
            dagster=Dagster(settings.dagster_url),
        )

    async def open(self) -> None:
        """Begin to listen."""
        await self.database.open()
        self.listener.start()
        self.passwords.warm()

    async def close(self) -> None:
        """Part from everything."""
        await self.listener.stop()
        await self.dagster.close()
        await self.database.close()
        self.passwords.close()
