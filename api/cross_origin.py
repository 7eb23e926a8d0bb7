"""Which pages of other origins may read our answers (CORS). Tokens travel in a header, so no cookies are allowed in.

Litestar's own layer replaces the Vary header that the answers bring, and looks at every request's headers twice.
"""

from collections.abc import Collection
from typing import Any

from litestar.types import Scope

EXPOSED = b"ETag, Retry-After, X-Request-ID, X-Next-Cursor, X-Version, X-As-Of, Content-Disposition"
PREFLIGHT = [
    (b"access-control-allow-methods", b"GET, POST, PUT, DELETE"),
    (b"access-control-allow-headers", b"Authorization, Content-Type, If-Match, If-None-Match"),
    (b"access-control-max-age", b"600"),
    (b"content-length", b"0"),
]


class CrossOrigin:
    """The allowed origins."""

    def __init__(self, origins: Collection[str]) -> None:
        self.allowed = {origin.encode() for origin in origins}

    def headers(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        """What to add to an answer; nothing for the same origin, for programs, and for origins not allowed."""
        for name, value in scope["headers"]:
            if name == b"origin":
                if value in self.allowed:
                    return [(b"access-control-allow-origin", value), (b"access-control-expose-headers", EXPOSED)]
                return []
        return []

    async def preflight(self, send: Any) -> None:
        """The answer to a browser that asks before it sends."""
        await send({"type": "http.response.start", "status": 204, "headers": [*PREFLIGHT, (b"vary", b"Origin")]})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
