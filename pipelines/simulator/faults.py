"""Faults on request: what goes wrong on which paths, and how often.

One ASGI middleware over every provider. A fault is posted to `/world/faults` and applies to the requests whose path
fits its glob until its `times` are used up; the first one that fits is taken. The simulator's own routes (`/world`,
`/truth`) never fail.
"""

import asyncio
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import unquote

from pipelines.simulator import fault_answers
from pipelines.simulator.fault_answers import Answer

KINDS = (
    "429",
    "403_secondary",
    "403_primary",
    "403_permission",
    "401",
    "500",
    "503_html",
    "truncated_json",
    "slow",
    "hang",
    "drop",
    "repeat_page",
    "repeat_token",
    "drift",
    "null_fields",
    "hide",
    "delay_ms",
)
HANG_SECONDS = 600.0


@dataclass
class Fault:
    path: str  # glob over the path, like /github/repos/acme/*/pulls
    fault: str
    times: int | None = None  # None: until it is taken away
    options: dict[str, Any] = field(default_factory=dict)  # retry_after, bytes_per_second, delay_ms, fields, rename …
    used: int = 0
    previous: Answer | None = None  # what repeat_page repeats

    def __post_init__(self) -> None:
        if self.fault not in KINDS:
            raise ValueError(f"fault: {self.fault!r} is none of {', '.join(KINDS)}")
        if self.times is not None and self.times < 1:
            raise ValueError("times: at least 1, or null for always")

    def fits(self, path: str) -> bool:
        return (self.times is None or self.used < self.times) and fnmatchcase(path, self.path)


class Faults:
    """The faults in force, oldest first."""

    def __init__(self) -> None:
        self.active: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self.active.append(fault)

    def clear(self) -> None:
        self.active.clear()

    def next_for(self, path: str) -> Fault | None:
        return next((fault for fault in self.active if fault.fits(path)), None)


class FaultMiddleware:
    """Wraps an ASGI application; `faults` is read anew for every request."""

    def __init__(self, app: Any, faults: Faults) -> None:
        self.app = app
        self.faults = faults

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = unquote(scope.get("path", ""))
        fault = None
        if scope["type"] == "http" and not path.startswith(("/world", "/truth")):
            fault = self.faults.next_for(path)
        if fault is None:
            await self.app(scope, receive, send)
            return
        if fault.fault == "hang":
            fault.used += 1
            await asyncio.sleep(float(fault.options.get("seconds", HANG_SECONDS)))
        await self._answer(fault, scope, receive, send)

    async def _answer(self, fault: Fault, scope: Any, receive: Any, send: Any) -> None:
        answer = fault_answers.instead(fault, scope["path"])
        if answer is not None:
            fault.used += 1
            await _send(answer, send)
            return
        receive, asked = await _read_request(receive)
        answer = await _collect(self.app, scope, receive)
        if fault_answers.change(fault, answer, scope.get("query_string", b"").decode(), asked):
            fault.used += 1
        if fault.fault == "drop":
            await _drop(answer, send, int(fault.options.get("after_bytes", 0)))
        elif fault.fault == "slow":
            await _trickle(answer, send, float(fault.options.get("bytes_per_second", 1000)))
        else:
            if fault.fault == "delay_ms":
                await asyncio.sleep(float(fault.options.get("delay_ms", 1000)) / 1000)
            await _send(answer, send)


async def _read_request(receive: Any) -> tuple[Any, bytes]:
    """The request's body, and a `receive` that gives it again."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Any:
        return messages.pop() if messages else await receive()

    return again, body


async def _collect(app: Any, scope: Any, receive: Any) -> Answer:
    answer = Answer()

    async def keep(message: Any) -> None:
        if message["type"] == "http.response.start":
            answer.status, answer.headers = message["status"], list(message["headers"])
        elif message["type"] == "http.response.body":
            answer.body += message.get("body", b"")

    await app(scope, receive, keep)
    return answer


async def _send(answer: Answer, send: Any) -> None:
    answer.header(b"content-length", str(len(answer.body)).encode())
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": answer.body, "more_body": False})


async def _trickle(answer: Answer, send: Any, bytes_per_second: float) -> None:
    answer.header(b"content-length", str(len(answer.body)).encode())
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    step = max(1, int(bytes_per_second / 10))
    for start in range(0, len(answer.body), step):
        await send({"type": "http.response.body", "body": answer.body[start : start + step], "more_body": True})
        await asyncio.sleep(0.1)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _drop(answer: Answer, send: Any, after_bytes: int) -> None:
    """Promise the whole body, send a part, close the connection."""
    answer.header(b"content-length", str(max(len(answer.body), after_bytes + 1)).encode())
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": answer.body[:after_bytes], "more_body": True})
    raise ConnectionAbortedError("a fault dropped this connection")
