"""What a source answered: its JSON, the error that its status means, how long it asks to wait."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import msgspec

from pipelines import lenient_json
from pipelines.sync_error import SyncError

EXCERPT = 200


@dataclass(frozen=True)
class Answer:
    """A complete answer. Header names are case-insensitive. `hide` takes secrets out of what is shown of it."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    hide: Callable[[str], str] = field(default=str, repr=False, compare=False)

    def json(self) -> Any:
        """The body as JSON. Raises SyncError(unparsable) with its first 200 characters."""
        try:
            return self._decoded
        except msgspec.DecodeError:
            raise unparsable(self, "is not JSON") from None

    @cached_property
    def _decoded(self) -> Any:
        return lenient_json.decode(self.body)

    def excerpt(self) -> str:
        """How the body begins, on one line."""
        return self.shown(self.body[: EXCERPT * 4].decode("utf-8", "replace"))

    def shown(self, said: str) -> str:
        """What a message may quote of it: cut when the secrets are out, as half a secret is not recognised."""
        return " ".join(self.hide(said[: EXCERPT * 4]).split())[:EXCERPT]


def unparsable(answer: Answer, why: str) -> SyncError:
    """An answer that is not what the source documents, with its beginning."""
    message = f"the answer of {place(answer.url)} {why}: {answer.excerpt()!r}"
    return SyncError("unparsable", message, http_status=answer.status)


def check(answer: Answer) -> None:
    """Raise the SyncError that the status or a broken body means. Sources with a dialect of their own wrap this."""
    status = answer.status
    if status < 400:
        if status != 304 and "json" in answer.headers.get("Content-Type", ""):
            answer.json()  # in here, since a body that was cut off is worth another try
        return
    by_status = {401: "credentials", 403: "permission", 404: "not_found", 410: "not_found", 408: "timeout"}
    error_class = by_status.get(status, "configuration")
    if status == 429:
        error_class = "rate_limited"
    elif status >= 500:
        error_class = "unavailable"
    message = f"{place(answer.url)} answered {status}: {answer.excerpt()!r}"
    raise SyncError(error_class, message, http_status=status, retry_after=retry_after(answer.headers))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait by `Retry-After` (seconds or a date), None where it is absent or senseless."""
    given = headers.get("Retry-After", "").strip()
    try:
        return max(0.0, float(given))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(given).timestamp() - time.time())
    except ValueError:
        return None


def place(url: str) -> str:
    """Host and path. The query stays out: it may hold a user name or a token."""
    split = urlsplit(url)
    return f"{split.hostname}{split.path}"
