"""What a sync is asked, how it ended for one connection, and how its errors are worded."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from pipelines import scrubbing
from pipelines.stored_connections import StoredConnection
from pipelines.sync_error import SyncError


@dataclass(frozen=True)
class Options:
    """What one call of `sync` asks of all its connections."""

    clock: Callable[[], datetime]
    full: bool
    sweep: bool
    run_id: str | None
    is_asked_for: bool  # by the connection's id: what is on hold is tried too


@dataclass
class Outcome:
    """How the sync of one connection ended. `rows`: what was new or differed, by table, and is committed."""

    tenant: str  # partition key
    connection_id: UUID
    source: str
    name: str = ""
    rows: dict[str, int] = field(default_factory=dict)
    error: SyncError | None = None  # of the first resource that failed; the others may have succeeded
    failed: tuple[str, ...] = ()  # resources
    seconds: float = 0.0
    held: str = ""  # why it was not tried: it waits for a limit, after failures, or for somebody's attention
    waiting: dict[str, str] = field(default_factory=dict)  # resources that were not tried, and why
    quarantined: int = 0  # records that did not fit

    @property
    def left_alone(self) -> list[str]:
        """What was not tried, and why."""
        return [self.held] if self.held else [f"{resource} {why}" for resource, why in self.waiting.items()]


def scrub(stored: StoredConnection, text: str) -> str:
    """`text` without the connection's secrets, at most 500 characters."""
    return scrubbing.scrub(text, stored.secrets)[:500]


def unexpected(stored: StoredConnection, what: str, error: BaseException) -> SyncError:
    """What came has another shape than its reader knows: `error` is one of UNEXPECTED."""
    return SyncError("unparsable", scrub(stored, f"{what} has an unexpected shape ({type(error).__name__}: {error})"))
