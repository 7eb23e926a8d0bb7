"""Whether a connection works: each of its resources is asked for its first page, and nothing is kept."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipelines.credentials import secret_texts
from pipelines.http import Client
from pipelines.kept import Place
from pipelines.response_cache import Uncached
from pipelines.sources import module_of
from pipelines.sources.reading import Request
from pipelines.sync_error import UNEXPECTED, SyncError

REQUEST_SECONDS = 10  # a request with its tries; a sync is more patient
WHOLE_SECONDS = 45


class UpTo(Mapping[str, str]):
    """Cursors as if everything up to an instant were loaded, so that a reader asks for its newest page alone."""

    def __init__(self, now: datetime) -> None:
        self._now = now.isoformat()

    def __getitem__(self, key: str) -> str:
        if key.startswith("etag|"):
            raise KeyError(key)
        return self._now

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


@dataclass(frozen=True)
class Probe:
    """What asking for one resource led to. `error_class` and the texts are None where it may be read."""

    resource: str
    is_readable: bool | None  # None: not asked, as the connection as a whole does not work
    error_class: str | None = None
    message: str | None = None
    what_to_do: str | None = None


def probe(connection: Any, *, public_only: bool, now: datetime, places: Sequence[Place] = ()) -> list[Probe]:
    """One finding a resource of the source, in the order of a sync. Raises nothing: what is wrong is in the findings.

    Takes a request or a few for each, and 45 seconds at most: what is not reached by then counts as not asked.
    """
    source = str(connection.__struct_config__.tag)
    module = module_of(source)
    secrets = secret_texts(connection)

    def request_of(account: Any) -> Request:
        def client(base_url: str, limits: dict[str, int] | None = None) -> Client:
            return Client(
                base_url, secrets=secrets, public_only=public_only, total_seconds=REQUEST_SECONDS,
                **module.client(account),
            )  # fmt: skip

        return Request(
            account, client(connection.base_url), now,
            cursors=UpTo(now), places=places, cache=Uncached(), other_client=client,
            is_trial=True,
        )  # fmt: skip

    first, *others = connection.one_a_token() if hasattr(connection, "one_a_token") else [connection]
    request = request_of(first)
    ends, found = time.monotonic() + WHOLE_SECONDS, []
    stopped = False
    for resource, read in module.RESOURCES.items():
        if stopped or time.monotonic() > ends:
            found.append(Probe(resource, None))
            continue
        error = _first(request, read)
        stopped = error is not None and (error.stops_the_connection or resource == getattr(module, "ROOT", ""))
        found.append(_found(resource, request, error))
    for number, other in enumerate(others, 2):  # what sees the same repositories has the same rights, or nearly
        name, again = f"{module.ROOT} by token {number}", request_of(other)
        if time.monotonic() > ends:
            found.append(Probe(name, None))
        else:
            found.append(_found(name, again, _first(again, module.RESOURCES[module.ROOT])))
    return found


def _found(resource: str, request: Request, error: SyncError | None) -> Probe:
    if error is None:
        return Probe(resource, True)
    told = error.scrubbed(request.client.secrets)
    return Probe(resource, False, told.error_class, told.message, told.what_to_do)


def _first(request: Request, read: Any) -> SyncError | None:
    """What keeps the first page of a resource from being read."""
    try:
        next(iter(read(request)), None)
    except SyncError as error:
        return error
    except UNEXPECTED as error:
        return SyncError("unparsable", f"an answer has an unexpected shape ({type(error).__name__}: {error})")
    return None
