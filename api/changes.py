"""Writing for a caller: in a thread, in one transaction of their tenant as role api, refusals told as answers."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from psycopg import Connection as Database

from api.errors import ApiError, did_you_mean, invalid, not_found
from api.security.callers import Caller
from api.services import Services
from pipelines import base_urls
from pipelines.connection_changes import ADDRESSES, Author, Changed, NameTaken, NoSuchConnection
from pipelines.connections import SOURCES, InvalidConnection
from pipelines.names import InvalidName

Result = TypeVar("Result")


async def write(services: Services, caller: Caller, work: Callable[[Database], Result]) -> Result:
    """Run `work` in one transaction of the caller's tenant. Raises ApiError for what it refuses."""

    def run() -> Result:
        with services.warehouse.connect_as_tenant(caller.tenant_id) as database:
            return work(database)

    try:
        return await asyncio.to_thread(run)
    except InvalidConnection as error:
        raise invalid("config", str(error)) from None
    except InvalidName as error:
        raise invalid(error.field, error.issue) from None
    except NoSuchConnection as error:
        raise not_found(str(error)) from None
    except NameTaken as error:
        raise ApiError(409, "EXISTS", f"There is one already: {error}") from None
    except Changed as error:
        raise ApiError(409, "CHANGED_MEANWHILE", f"Read it again first: {error}") from None


def author(caller: Caller) -> Author:
    return Author(caller.tenant_id, caller.user_id)


def known(source: str) -> None:
    if source not in SOURCES:
        raise invalid("source", f"there is no source {source!r}.{did_you_mean(source, SOURCES)}")


def allowed(services: Services, config: dict[str, Any]) -> bool:
    """Whether every address that the config names is on the operator's list of hosts inside."""
    named = [str(config[name]) for name in ADDRESSES if name in config]
    try:
        return bool(named) and all(base_urls.is_listed(url, services.settings.allowed_hosts) for url in named)
    except ValueError:  # no address at all: checked, and refused, as one outside
        return False
