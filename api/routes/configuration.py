"""What a tenant's admins decide for it, kind by kind: read, replaced as a whole list, tried, brought back."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Response, get, post, put
from litestar.params import Parameter
from msgspec import Meta, Struct
from msgspec.json import schema
from psycopg import Connection as Database

import dbt_project
from api.changes import author, write
from api.errors import ApiError, did_you_mean, invalid, not_found
from api.responses import Envelope
from api.security.callers import Caller
from api.services import Services
from pipelines import names
from pipelines.configuration import stored
from pipelines.configuration.kinds import KINDS, InvalidConfiguration, Kind
from pipelines.configuration.previews import Preview, preview
from pipelines.configuration.stored import Configuration, NoSuchVersion, Version
from pipelines.connection_changes import Changed

Result = TypeVar("Result")
Rows = Annotated[list[dict[str, Any]], Meta(description="All rows, in their order: the first that fits counts.")]
Reason = Annotated[
    str, Meta(min_length=1, max_length=1000, pattern=r"^[^\x00]*$", description="For those who read the figures later.")
]
IfMatch = Annotated[
    str | None,
    Parameter(header="If-Match", description='The ETag of what was read: `"3"`. Another version by now: 412.'),
]  # fmt: skip


class Described(Struct, frozen=True):
    """A kind of configuration: what a row says, what holds without rows, and the JSON schema of a row.

    `defaults` are the rows that hold instead, or after the tenant's own where `defaults_follow`.
    """

    kind: str
    description: str
    without: str
    defaults: list[dict[str, Any]]
    defaults_follow: bool
    schema: dict[str, Any]


class Wanted(Struct, forbid_unknown_fields=True):
    """The whole list that is to hold, and why."""

    rows: Rows
    reason: Reason


class Tried(Struct, forbid_unknown_fields=True):
    """The whole list that might hold."""

    rows: Rows


class Wish(Struct, forbid_unknown_fields=True):
    """The version that is to hold again, and why."""

    version: Annotated[int, Meta(ge=1)]
    reason: Reason


@get("/configuration", role="analyst", operation_id="ListConfigurationKinds", tags=["configuration"],
     summary="What can be configured")  # fmt: skip
async def list_kinds() -> Envelope[list[Described]]:
    """Each kind with the schema of its rows: for forms."""
    return Envelope([
        Described(
            kind.name, kind.about, kind.without, kind.defaults(dbt_project.seed), kind.defaults_follow,
            schema(kind.row, schema_hook=names.schema_of),
        )
        for kind in KINDS.values()
    ])  # fmt: skip


@get("/configuration/{kind:str}", role="analyst", operation_id="ReadConfiguration", tags=["configuration"],
     summary="The rows of a kind")  # fmt: skip
async def read_configuration(services: Services, caller: Caller, kind: str) -> Response[Envelope[Configuration]]:
    """What holds for the tenant, with its version in the ETag; no rows: what `without` says."""
    found = _kind(kind)
    return _versioned(await _write(services, caller, lambda database: stored.shown(database, caller.tenant_id, found)))


@put("/configuration/{kind:str}", role="admin", operation_id="SetConfiguration", tags=["configuration"],
     summary="Replace the rows of a kind")  # fmt: skip
async def set_configuration(
    services: Services, caller: Caller, kind: str, data: Wanted, if_match: IfMatch = None
) -> Response[Envelope[Configuration]]:
    """The figures follow with the next build. 400 names the row and field that does not fit."""
    found, expected = _kind(kind), _version(if_match)
    made = await _write(
        services, caller, lambda database: stored.put(database, author(caller), found, data.rows, data.reason, expected)
    )
    return _versioned(made, "Stored; the figures follow with the next build")


@post("/configuration/{kind:str}/preview", role="analyst", status_code=200, operation_id="PreviewConfiguration",
      tags=["configuration"], summary="What rows would do")  # fmt: skip
async def preview_configuration(services: Services, caller: Caller, kind: str, data: Tried) -> Envelope[Preview]:
    """Checks the rows and counts what each would take, on the published data. Nothing is kept."""
    found = _kind(kind)

    def run(database: Database) -> Preview:
        rows = msgspec.to_builtins(found.parse(data.rows), enc_hook=str)
        return preview(database, found, rows, found.defaults(dbt_project.seed))

    return Envelope(await _write(services, caller, run))


@get("/configuration/{kind:str}/versions", role="admin", operation_id="ListConfigurationVersions",
     tags=["configuration"], summary="Who changed a kind, when and why")  # fmt: skip
async def list_versions(services: Services, caller: Caller, kind: str) -> Envelope[list[Version]]:
    """Every version, newest first."""
    found = _kind(kind)
    return Envelope(await _write(services, caller, lambda database: stored.versions(database, caller.tenant_id, found)))


@get("/configuration/{kind:str}/versions/{version:int}", role="admin", operation_id="ReadConfigurationVersion",
     tags=["configuration"], summary="The rows of an older version")  # fmt: skip
async def read_version(services: Services, caller: Caller, kind: str, version: int) -> Envelope[list[dict[str, Any]]]:
    """As they were then."""
    found = _kind(kind)
    return Envelope(
        await _write(services, caller, lambda database: stored.rows_of(database, caller.tenant_id, found, version))
    )


@post("/configuration/{kind:str}/restore", role="admin", status_code=200, operation_id="RestoreConfiguration",
      tags=["configuration"], summary="Bring a version back")  # fmt: skip
async def restore_version(
    services: Services, caller: Caller, kind: str, data: Wish, if_match: IfMatch = None
) -> Response[Envelope[Configuration]]:
    """It becomes a new version, so nothing is lost. 404: there never was such a version."""
    found, expected = _kind(kind), _version(if_match)
    made = await _write(
        services, caller,
        lambda database: stored.restore(database, author(caller), found, data.version, data.reason, expected),
    )  # fmt: skip
    return _versioned(made, "Restored; the figures follow with the next build")


async def _write(services: Services, caller: Caller, work: Callable[[Database], Result]) -> Result:
    def run(database: Database) -> Result:
        try:
            return work(database)
        except Changed as error:
            raise ApiError(412, "CHANGED_MEANWHILE", f"Read it again first: {error}") from None

    try:
        return await write(services, caller, run)
    except InvalidConfiguration as error:
        raise invalid(error.field, error.message) from None
    except NoSuchVersion as error:
        raise not_found(str(error)) from None


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise not_found(f"There is no configuration {name[:50]!r}.{did_you_mean(name, KINDS)}")
    return KINDS[name]


def _version(if_match: str | None) -> int | None:
    """The version that an If-Match names; None where any is right. Raises ApiError 400."""
    if if_match is None or if_match.strip() == "*":
        return None
    plain = if_match.strip().removeprefix("W/").strip('"')
    if not plain.isascii() or not plain.isdigit() or len(plain) > 9:
        raise invalid("If-Match", 'must be the ETag of what was read, such as "3"')
    return int(plain)


def _versioned(found: Configuration, message: str = "Operation completed") -> Response[Envelope[Configuration]]:
    headers = {"ETag": f'"{found.version}"', "Cache-Control": "no-store"}
    return Response(Envelope(found, message), headers=headers)


ROUTES = [
    list_kinds, read_configuration, set_configuration, preview_configuration, list_versions, read_version,
    restore_version,
]  # fmt: skip
