"""What a tenant sets of its loads, in one place: when, what its days are, and of each connection what it reads.

Nothing is kept here: times are those of `schedules`, values those of `configuration`, the rest the connections' own.
"""

import hashlib
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, put
from litestar.params import Parameter
from msgspec import Meta, Struct
from psycopg import Connection as Database

from api.changes import allowed as host_is_allowed
from api.changes import author, write
from api.errors import ApiError, Fault, invalid
from api.responses import Envelope, encode
from api.routes.connections import Config
from api.routes.schedules import Schedule, shown
from api.security.callers import Caller
from api.services import Services
from pipelines import connection_changes, schedules
from pipelines.configuration import stored
from pipelines.configuration.kinds import InvalidConfiguration
from pipelines.configuration.stored import Configuration
from pipelines.connections import InvalidConnection
from pipelines.schedules import InvalidSchedule

SETTINGS = stored.kind_of("settings")
LOCK = "select pg_advisory_xact_lock(hashtextextended('etl settings ' || %s::text, 0))"
CONNECTIONS = """
select connection_id, source, name, config, version, is_paused from app.connection
where tenant_id = %s and removed_at is null order by source, name
"""
Crons = Annotated[dict[str, str | None], Meta(description="Source → five fields in the tenant's zone; null: default.")]
Reason = Annotated[str, Meta(min_length=1, max_length=1000, pattern=r"^[^\x00]*$")]
IfMatch = Annotated[
    str | None,
    Parameter(header="If-Match", max_length=200, description="The ETag of what was read. Changed since: 412."),
]


class ConnectionSettings(Struct, frozen=True):
    """A connection as far as it can be set here; its credentials are entered at /connections."""

    connection_id: UUID
    source: str
    name: str
    config: dict[str, Any]
    version: int
    is_paused: bool


class EtlSettings(Struct, frozen=True):
    """All that is set of loads. `settings` is the configuration of that name, with its version."""

    schedules: list[Schedule]
    settings: Configuration
    connections: list[ConnectionSettings]


class WantedConnection(Struct, forbid_unknown_fields=True):
    """A connection's whole config, as a PUT of the connection takes it, or whether it is paused, or both."""

    connection_id: UUID
    config: Config | None = None
    is_paused: bool | None = None
    version: int | None = None


class WantedSettings(Struct, forbid_unknown_fields=True):
    """What is to change; what is left out stays. `settings` replace all rows, and want a `reason`."""

    schedules: Crons = msgspec.field(default_factory=dict)
    settings: list[dict[str, Any]] | None = None
    reason: Reason | None = None
    connections: Annotated[list[WantedConnection], Meta(max_length=100)] = msgspec.field(default_factory=list)


@get("/etl/settings", role="editor", operation_id="ReadEtlSettings", tags=["etl"], summary="How it is loaded")
async def read_settings(services: Services, caller: Caller) -> Response[Envelope[EtlSettings]]:
    """Times, values and connections that hold for the tenant. The ETag is theirs together."""
    return _tagged(await write(services, caller, lambda database: _read(database, caller.tenant_id)))


@put("/etl/settings", role="admin", operation_id="SetEtlSettings", tags=["etl"], summary="Change how it is loaded")
async def set_settings(
    services: Services, caller: Caller, data: WantedSettings, if_match: IfMatch = None
) -> Response[Envelope[EtlSettings]]:
    """All of it or nothing: 400 names the field that does not fit. Each part is versioned and audited as elsewhere."""

    def change(database: Database) -> EtlSettings:
        database.execute(LOCK, [caller.tenant_id])
        if if_match is not None and if_match.strip() not in ("*", _tag(_read(database, caller.tenant_id))):
            raise ApiError(412, "CHANGED_MEANWHILE", "Read it again first: the settings have changed.")
        _set_schedules(database, caller, data.schedules)
        if data.settings is not None:
            _set_values(database, caller, data.settings, data.reason)
        for number, wanted in enumerate(data.connections):
            _set_connection(services, database, caller, wanted, f"connections[{number}]")
        return _read(database, caller.tenant_id)

    return _tagged(await write(services, caller, change), "Set")


def _set_schedules(database: Database, caller: Caller, wanted: dict[str, str | None]) -> None:
    for source, cron in wanted.items():
        try:
            schedules.change(database, author(caller), source, cron)
        except InvalidSchedule as error:
            raise invalid(f"schedules.{source[:50]}", str(error)) from None


def _set_values(database: Database, caller: Caller, rows: list[dict[str, Any]], reason: str | None) -> None:
    try:
        stored.put(database, author(caller), SETTINGS, rows, reason or "")
    except InvalidConfiguration as error:
        raise invalid(error.field.replace("rows", "settings", 1), error.message) from None


def _set_connection(services: Services, database: Database, caller: Caller, wanted: WantedConnection, at: str) -> None:
    who, key = author(caller), wanted.connection_id
    try:
        if wanted.config is not None:
            allowed = host_is_allowed(services, wanted.config) or None
            connection_changes.change(
                services.warehouse, database, who, key, wanted.config, version=wanted.version, allow_private=allowed
            )
        if wanted.is_paused is not None:
            (connection_changes.pause if wanted.is_paused else connection_changes.resume)(database, who, key)
    except InvalidConnection as error:
        raise ApiError(400, "VALIDATION_ERROR", str(error), Fault(f"{at}.config", str(error))) from None


def _read(database: Database, tenant_id: UUID) -> EtlSettings:
    connections = [ConnectionSettings(*row) for row in database.execute(CONNECTIONS, [tenant_id]).fetchall()]
    return EtlSettings(shown(database, tenant_id), stored.shown(database, tenant_id, SETTINGS), connections)


def _tag(found: EtlSettings) -> str:
    """Of what is set: when a load is next due changes by itself."""
    crons = [(each.source, each.cron, each.time_zone) for each in found.schedules]
    said = encode([crons, found.settings.version, found.settings.rows, found.connections])
    return f'"{hashlib.blake2b(said, digest_size=12).hexdigest()}"'


def _tagged(found: EtlSettings, message: str = "Operation completed") -> Response[Envelope[EtlSettings]]:
    return Response(Envelope(found, message), headers={"ETag": _tag(found), "Cache-Control": "no-store"})


ROUTES = [read_settings, set_settings]
