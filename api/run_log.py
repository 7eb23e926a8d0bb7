"""What a tenant may read of a run's log: of its own runs what was said, of others what concerns it, never a secret."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct
from psycopg import Connection as Database

from api.launching import FIRST
from api.services import Services
from api.tenant_runs import LOAD, is_own
from pipelines.raw_tables import TABLES
from pipelines.scrubbing import scrub
from pipelines.stored_connections import decrypted

LONGEST = 4000  # characters of one message
SHORTEST_SECRET = 4  # what is shorter would black out half of the words
SEALED = """
select s.secrets, s.tokens, s.webhook_secret
from app.connection as c, guard.connection_secrets(c.connection_id) as s
where c.tenant_id = %s and c.removed_at is null
"""
# Of everything else (engine, resources, checks) the words name machines, processes, or other tenants.
OF_RUN = {
    "RunEnqueuedEvent": "The run is queued.",
    "RunDequeuedEvent": "The run leaves the queue.",
    "RunStartingEvent": "The run is starting.",
    "RunStartEvent": "The run has started.",
    "RunSuccessEvent": "The run has ended.",
    "RunFailureEvent": "The run has ended.",
    "RunCancelingEvent": "The run is being canceled.",
    "RunCanceledEvent": "The run was canceled.",
}
OF_STEP = {
    "ExecutionStepStartEvent": "has started.",
    "ExecutionStepSuccessEvent": "has ended.",
    "ExecutionStepFailureEvent": "has ended.",
    "ExecutionStepSkippedEvent": "was skipped.",
}
LEVELS = {"CRITICAL": "error", "ERROR": "error", "WARNING": "warning", "DEBUG": "debug"}
# What looks like a credential, whoever's: addresses with a password, headers, settings, and tokens by their make.
LOOKS_SECRET = [
    (re.compile(r"(://)[^/\s:@]*:[^/\s@]+@"), r"\1***@"),
    (re.compile(r"(?i)\b(bearer|basic|token)(\s+)[\w.~+/=-]{8,}"), r"\1\2***"),
    (re.compile(r"(?i)((?:password|passwd|secret|token|api[_-]?key|authorization)[\"']?\s*[:=]\s*[\"']?)"
                r"(?!(?:bearer|basic)\b)[^\s\"'&,;}]+"), r"\1***"),
    (re.compile(r"\b(?:gh[opsur]_\w{16,}|github_pat_\w{16,}|pat-\w\w\d-[\w-]{16,}|ATATT\w[\w=-]{16,}|AKIA\w{16}"
                r"|eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?)"), "***"),
]  # fmt: skip


class LogEntry(Struct, frozen=True):
    """One thing that happened in a run."""

    at: datetime
    level: str
    event: str
    step: str | None
    message: str


def entries(
    run: dict[str, Any], partition: str, events: Iterable[dict[str, Any]], clean: Callable[[str], str]
) -> list[LogEntry]:
    """What of these events the tenant may read."""
    own = is_own(run, partition)
    is_load = any(tag["key"] == FIRST for tag in run["tags"])
    found = []
    for event in events:
        message = _own_words(event) if own else _shared_words(event, partition, is_load)
        if message is not None:
            at = datetime.fromtimestamp(float(event["timestamp"]) / 1000, UTC)
            kind = event["__typename"].removesuffix("Event")
            level = LEVELS.get(event["level"], "info") if own else "info"
            found.append(LogEntry(at, level, kind, event["stepKey"], clean(message)[:LONGEST]))
    return found


def cleaner(secrets: Iterable[str]) -> Callable[[str], str]:
    """A function that takes these secrets, and what looks like one, out of a text."""
    known = {text for text in secrets if len(text) >= SHORTEST_SECRET}

    def clean(text: str) -> str:
        text = scrub(text, known)
        for pattern, instead in LOOKS_SECRET:
            text = pattern.sub(instead, text)
        return text

    return clean


def secrets_of(services: Services, database: Database, tenant_id: Any) -> list[str]:
    """The credentials of the tenant's connections, to be taken out of what is shown."""
    rows = database.execute(SEALED, [tenant_id]).fetchall()
    values = [value for row in rows for value in decrypted(services.warehouse, *row).values()]
    return [text for value in values for text in (value if isinstance(value, list) else [value])]


def _own_words(event: dict[str, Any]) -> str | None:
    kind, step = event["__typename"], event.get("stepKey")
    if kind == "LogMessageEvent":
        return event["message"]
    if kind == "ExecutionStepFailureEvent":
        error = (event.get("error") or {}).get("message") or event["message"]
        return f"{step} failed: {error.strip()}"
    return _plain_words(event)


def _shared_words(event: dict[str, Any], partition: str, is_load: bool) -> str | None:
    """Of a run for many: when it began and ended, what was loaded for this tenant, and what is said of it alone."""
    kind = event["__typename"]
    if kind == "MaterializationEvent" and event["partition"] != partition:
        return None
    if kind == "LogMessageEvent":  # those of a load begin with whose they are
        found = re.match(rf"{re.escape(partition.rpartition('--')[0])}:? (\w+) ", event["message"])
        return event["message"] if is_load and found and found[1] in TABLES else None
    return _plain_words(event)


def _plain_words(event: dict[str, Any]) -> str | None:
    kind, step = event["__typename"], event.get("stepKey")
    if kind == "MaterializationEvent":
        return f"{'/'.join((event['assetKey'] or {}).get('path', ()))} is loaded."
    if kind in OF_STEP and step:
        return f"{step.removeprefix(LOAD)} {OF_STEP[kind]}"
    return OF_RUN.get(kind)
