"""What the tenant's admins decide against the rules: said, listed, taken back."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, TypeVar
from uuid import UUID

from litestar import delete, get, post
from litestar.params import Parameter
from msgspec import Meta, Struct
from psycopg import Connection as Database

from api.changes import author, write
from api.errors import ApiError, invalid, not_found
from api.responses import Envelope
from api.security.callers import Caller
from api.services import Services
from pipelines import overrides
from pipelines.override_subjects import KINDS, InvalidOverride, Wanted
from pipelines.overrides import AlreadyUndone, NoSuchOverride, Override, OverrideExists

Result = TypeVar("Result")
Id = Annotated[str, Meta(max_length=100)]
IsUndone = Annotated[bool | None, Parameter(description="Only those that were, or were not, taken back.")]


class NewOverride(Struct, forbid_unknown_fields=True):
    """What is so, whatever the rules say, and why."""

    kind: Annotated[str, Meta(max_length=50, description="; ".join(f"{name}: {is_}" for name, is_ in KINDS.items()))]
    subject: Annotated[
        Id,
        Meta(
            description="A deployment_id; of incident_cause an issue_id; of same_person a login, a name or an address."
        ),
    ]
    reason: Annotated[str, Meta(min_length=1, max_length=1000, description="For those who read the figure later.")]
    object: Annotated[
        Id | None, Meta(description="Of incident_cause the deployment_id; of same_person the contributor.")
    ] = None
    value: Annotated[bool, Meta(description="false: it is not so.")] = True
    valid_from: Annotated[
        date | None, Meta(description="It counts from this day of the tenant's data on; null: at once.")
    ] = None


@get("/overrides", role="admin", operation_id="ListOverrides", tags=["overrides"], parameters=("is_undone",),
     summary="What people decided against the rules")  # fmt: skip
async def list_overrides(services: Services, caller: Caller, is_undone: IsUndone = None) -> Envelope[list[Override]]:
    """All of them, newest first, those that were taken back included."""
    found = await _write(services, caller, lambda database: overrides.listed(database, is_undone))
    return Envelope(found)


@post("/overrides", role="admin", operation_id="AddOverride", tags=["overrides"], summary="Decide against the rules")
async def add_override(services: Services, caller: Caller, data: NewOverride) -> Envelope[Override]:
    """It wins over every rule from the next build on. 400 names what does not fit, 409: it is decided already."""
    wanted = Wanted(data.kind, data.subject, data.reason, data.object, data.value, data.valid_from)
    found = await _write(services, caller, lambda database: overrides.add(database, author(caller), wanted))
    return Envelope(found, "Stored; the figures follow with the next build")


@delete("/overrides/{override_id:uuid}", role="admin", status_code=200, operation_id="UndoOverride", tags=["overrides"],
        summary="Let the rules decide again")  # fmt: skip
async def undo_override(services: Services, caller: Caller, override_id: UUID) -> Envelope[Override]:
    """From the next build on. It stays in the list, with who took it back and when. 409: that was done already."""
    found = await _write(services, caller, lambda database: overrides.undo(database, author(caller), override_id))
    return Envelope(found, "Undone; the figures follow with the next build")


async def _write(services: Services, caller: Caller, work: Callable[[Database], Result]) -> Result:
    try:
        return await write(services, caller, work)
    except InvalidOverride as error:
        raise invalid(error.field, error.message) from None
    except NoSuchOverride as error:
        raise not_found(str(error)) from None
    except OverrideExists as error:
        raise ApiError(409, "EXISTS", f"There is one already: {error}") from None
    except AlreadyUndone as error:
        raise ApiError(409, "ALREADY_UNDONE", f"Nothing to undo: {error}") from None


ROUTES = [list_overrides, add_override, undo_override]
