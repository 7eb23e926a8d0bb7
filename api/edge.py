"""The outermost layer: every request gets an id, a log line, a place in the metrics, and limits before it is parsed.

Written as plain ASGI because it runs for every request, those included that match no route.
"""

import asyncio
import os
import time
from itertools import count
from typing import Any

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from api.access_log import AccessLog
from api.cross_origin import CrossOrigin
from api.errors import ApiError, unavailable
from api.metrics import Metrics
from api.responses import encode
from api.strict_body import read_raw, read_strictly

SAFE = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
]
WITH_BODY = frozenset(("POST", "PUT", "PATCH", "DELETE"))
LONGEST_PATH = 2048  # characters
LARGE, MOST_LARGE = 100_000, 16  # bytes of a webhook; how many of those may be in memory at once
STREAMED = ("/api/v1/uploads", "/data/upload")  # read piece by piece by their handler, which counts the bytes
SIGNED = ("/api/v1/webhooks/", "/api/webhooks/")  # their signature is over the bytes: nothing is parsed before it


class Edge:
    """Wraps the application."""

    def __init__(
        self, app: ASGIApp, cross_origin: CrossOrigin, metrics: Metrics, log: AccessLog, body_limit: int,
        webhook_limit: int,
    ) -> None:  # fmt: skip
        self.app, self.cross_origin, self.metrics, self.log = app, cross_origin, metrics, log
        self.body_limit, self.webhook_limit = body_limit, webhook_limit
        self.stopping = asyncio.Event()  # who answers for long ends then, or the server would wait for it
        self._large = 0
        self._prefix = os.urandom(5).hex()
        self._numbers = count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = f"{self._prefix}-{next(self._numbers):x}"
        scope["request_id"] = request_id
        status = 500
        shared = self.cross_origin.headers(scope)

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [*message.get("headers", ()), (b"x-request-id", request_id.encode()), *SAFE]
                message["headers"] = headers + shared
            await send(message)

        try:
            if scope["method"] == "OPTIONS" and shared:
                await self.cross_origin.preflight(send_named)
                return
            if len(scope["path"]) > LONGEST_PATH:
                raise ApiError(400, "VALIDATION_ERROR", f"The path is longer than {LONGEST_PATH} characters.")
            if scope["method"] in WITH_BODY and scope["path"].startswith(SIGNED):
                await self._signed(scope, receive, send_named)
                return
            if scope["method"] in WITH_BODY and scope["path"] not in STREAMED:
                receive = await read_strictly(scope, receive, self.body_limit)
            await self.app(scope, receive, send_named)
        except ApiError as error:
            await _refuse(error, send_named)
        finally:
            seconds = time.perf_counter() - started
            route = scope.get("path_template") or "unmatched"
            self.metrics.count(scope["method"], str(route), status, seconds)
            self.log.write(scope, request_id, str(route), status, seconds)

    async def _signed(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A webhook, read as it is. Who knocks is not known yet, so what all of them may occupy is bounded."""
        declared = dict(scope["headers"]).get(b"content-length", b"")
        is_large = not declared.isdigit() or int(declared[:15]) > LARGE
        if is_large and self._large >= MOST_LARGE:
            raise unavailable("BUSY", "Too many large webhooks at once. Send this one again.", 5)
        self._large += is_large
        try:
            await self.app(scope, await read_raw(scope, receive, self.webhook_limit), send)
        finally:
            self._large -= is_large


async def _refuse(error: ApiError, send: Any) -> None:
    """The one error shape, where no framework is there yet to make it."""
    response = error.response()
    body = encode(response.content)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    headers += [(name.lower().encode(), value.encode()) for name, value in response.headers.items()]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
