"""One JSON line a request, and one a log record. Text is escaped by JSON, so no value can begin a line of its own."""

import asyncio
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any, TextIO

import msgspec

FLUSH_SECONDS = 0.2
MOST_WAITING = 5_000  # lines; beyond it they are dropped and counted, so that a full disk stops no request


class AccessLog:
    """Collects lines and writes them together: a write for each request would cost more than the answer."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream
        self.dropped = 0
        self._lines: list[bytes] = []
        self._scheduled = False

    def write(self, scope: Any, request_id: str, route: str, status: int, seconds: float) -> None:
        """Note one request. The query string stays out: people put secrets there."""
        if len(self._lines) >= MOST_WAITING:
            self.dropped += 1
            return
        caller = scope.get("caller")
        line = {
            "at": datetime.now(UTC),
            "level": "info",
            "event": "request",
            "request_id": request_id,
            "method": scope["method"],
            "route": route,
            "status": status,
            "milliseconds": round(seconds * 1000, 2),
            "tenant_id": caller.tenant_id if caller else None,
        }
        self._lines.append(msgspec.json.encode(line))
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.flush)

    def flush(self) -> None:
        """Write what waits."""
        self._scheduled = False
        lines, self._lines = self._lines, []
        if lines:
            stream = self.stream or sys.stderr
            stream.write(b"\n".join([*lines, b""]).decode())
            stream.flush()


class JsonLines(logging.Formatter):
    """A log record as one line. An exception's text may quote a row, so only its type and place are written."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname.lower(),
            "event": record.name,
            "message": record.getMessage(),
        }
        for name in ("request_id", "path"):
            if value := getattr(record, name, None):
                line[name] = str(value)
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            line["error"] = type(error).__name__
            line["trace"] = [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)]
        return msgspec.json.encode(line).decode()


def configure_logging() -> None:
    """All loggers to standard error, one JSON line a record."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    for noisy in ("httpx", "httpcore", "_granian", "granian"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
