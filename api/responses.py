"""The shape of success, and answers that go out as bytes that were encoded before."""

from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec
from litestar.types import Receive, Scope
from msgspec import Struct, field

T = TypeVar("T")


class Meta(Struct, frozen=True):
    """How old the data are, which publish they come from, and where the next page begins."""

    as_of: datetime | None = None
    version: int | None = None
    next_cursor: str | None = None


class Envelope(Struct, Generic[T], frozen=True):
    """Every answer that is a success."""

    data: T
    message: str = "Operation completed"
    meta: Meta = field(default_factory=Meta)
    success: bool = True


# Numbers stay numbers: a numeric column as text would be added up wrongly by every client.
encode = msgspec.json.Encoder(decimal_format="number").encode


class Ready:
    """An answer whose bytes exist already: status, headers and body, sent as they are."""

    __slots__ = ("body", "etag", "not_modified", "start")

    def __init__(self, body: bytes, headers: dict[str, str], status: int = 200) -> None:
        listed = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
        self.body = body
        self.etag = headers.get("ETag", "").encode()
        length = (b"content-length", str(len(body)).encode())
        self.start: Any = {"type": "http.response.start", "status": status, "headers": [*listed, length]}
        kept = [each for each in listed if each[0] not in (b"content-type", b"content-disposition")]
        self.not_modified: Any = {"type": "http.response.start", "status": 304, "headers": kept}

    def __len__(self) -> int:
        return len(self.body)

    async def __call__(self, scope: Scope, receive: Receive, send: Any) -> None:
        """Send the body, or 304 where the caller has it."""
        unchanged = bool(self.etag) and holds(scope, self.etag)
        start = self.not_modified if unchanged else self.start
        await send({**start, "headers": list(start["headers"])})  # outer layers add headers of their own
        await send({"type": "http.response.body", "body": b"" if unchanged else self.body, "more_body": False})


def holds(scope: Scope, etag: bytes) -> bool:
    """Whether If-None-Match names this version (RFC 9110: weak comparison, `*` for any)."""
    for name, value in scope["headers"]:
        if name == b"if-none-match":
            given = [each.strip().removeprefix(b"W/") for each in value.split(b",")]
            return etag in given or value.strip() == b"*"
    return False
