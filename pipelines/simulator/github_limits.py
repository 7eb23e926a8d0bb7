"""What GitHub refuses, and how it counts: the primary limit of a token's window, the secondary one of a minute."""

import time
from typing import Any
from uuid import uuid4

import msgspec
from litestar import Response

DOCS = "https://docs.github.com/rest"


class Refused(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        self.body = {"message": message, "documentation_url": DOCS, "status": str(status), **more}


def refuse(request: Any, error: Refused) -> Response:
    """The exception handler for `Refused`."""
    return Response(
        msgspec.json.encode(error.body),
        status_code=error.status,
        headers={"X-GitHub-Request-Id": uuid4().hex[:24].upper(), **error.headers},
        media_type="application/json; charset=utf-8",
    )


class RateLimits:
    """Requests of each token in its window, counted by the wall clock as GitHub does."""

    def __init__(self) -> None:
        self._used: dict[str, tuple[float, int]] = {}  # token → end of the window, requests in it
        self._minutes: dict[str, tuple[float, int]] = {}

    def spend(self, token: str, settings: dict[str, Any]) -> dict[str, str]:
        """Count a request and give the headers that say what is left. Raises Refused where nothing is."""
        now = time.time()
        end, used = self._used.get(token, (0.0, 0))
        if now >= end:
            end, used = now + settings["github_rate_window_seconds"], 0
        limit = settings["github_rate_limit"]
        if used >= limit:
            raise Refused(403, "API rate limit exceeded for user ID 1.", self._headers(limit, limit, end))
        self._used[token] = (end, used + 1)
        self.spend_minute(token, settings)
        return self._headers(limit, used + 1, end)

    def spend_minute(self, token: str, settings: dict[str, Any]) -> None:
        """Count a request against the secondary limit: requests in a minute, of both APIs. Raises Refused."""
        most, now = settings["github_secondary_limit"], time.time()
        if most is None:
            return
        end, used = self._minutes.get(token, (0.0, 0))
        if now >= end:
            end, used = now + 60, 0
        if used >= most:
            text = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
            raise Refused(403, text, {"retry-after": str(int(end - now) + 1)})
        self._minutes[token] = (end, used + 1)

    def unspend(self, token: str) -> None:
        """A 304 costs nothing."""
        end, used = self._used.get(token, (0.0, 1))
        self._used[token] = (end, used - 1)

    def peek(self, token: str, settings: dict[str, Any]) -> dict[str, int]:
        """What /rate_limit tells; asking for it is free."""
        end, used = self._used.get(token, (time.time() + settings["github_rate_window_seconds"], 0))
        limit = settings["github_rate_limit"]
        return {"limit": limit, "used": used, "remaining": max(0, limit - used), "reset": int(end)}

    @staticmethod
    def _headers(limit: int, used: int, end: float) -> dict[str, str]:
        return {
            "x-ratelimit-limit": str(limit),
            "x-ratelimit-remaining": str(max(0, limit - used)),
            "x-ratelimit-used": str(used),
            "x-ratelimit-reset": str(int(end) + 1),
            "x-ratelimit-resource": "core",
        }
