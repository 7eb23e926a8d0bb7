"""What Dagster's runs are to one tenant: its own, or those of many in which something was done for it.

Which runs did something for a tenant is in `app.sync_run`, behind the tenant's wall: of a run for many only those rows
are shown, and how it ended is how they ended. Who else is in it, and what failed for them, stays untold.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from api.launching import FIRST, LAST, TAG

STATUS = {
    "QUEUED": "queued", "NOT_STARTED": "queued", "STARTING": "running", "STARTED": "running", "MANAGED": "running",
    "SUSPENDED": "running", "CANCELING": "canceling", "CANCELED": "canceled", "SUCCESS": "succeeded",
    "FAILURE": "failed",
}  # fmt: skip
STEP_STATUS = {"IN_PROGRESS": "running", "SUCCESS": "succeeded", "FAILURE": "failed", "SKIPPED": "skipped"}
ENDED = ("canceled", "succeeded", "failed")
LOAD = "load_"  # what the operation of a source is called
ENDED_EARLY = "The run ended before this did."

# Newest first; bounded, as a tenant has a row for each resource of each run there ever was.
TOUCHED = """
select dagster_run_id, bool_or(status = 'failed') as has_failed
from (
    select dagster_run_id, status, started_at from app.sync_run
    where dagster_run_id is not null and started_at < $1 order by started_at desc limit 20000
) as newest
group by dagster_run_id order by max(started_at) desc limit $2
"""
LOADS = """
select l.connection_id, l.source, l.resource, l.status, l.started_at, l.finished_at, l.row_count, l.error_class,
    l.error_message, l.http_status
from app.sync_run as l
where l.dagster_run_id = $1 order by l.started_at, l.source, l.connection_id, l.resource, l.sync_run_id
"""


class Load(Struct, frozen=True):
    """What a run did for one resource of one connection. `next_step` says what to do about an error."""

    connection_id: UUID
    source: str
    resource: str
    status: str
    started_at: datetime
    finished_at: datetime | None
    row_count: int | None
    error_class: str | None
    error_message: str | None
    next_step: str | None
    http_status: int | None


class Step(Struct, frozen=True):
    """One operation of a run: waiting, running, succeeded, failed or skipped."""

    step: str
    status: str
    started_at: datetime | None
    finished_at: datetime | None


class Run(Struct, frozen=True, kw_only=True):
    """A run of a job: queued, running, canceling, canceled, succeeded or failed.

    `is_shared`: it is of several tenants; what is shown is this tenant's part, and nobody but the operator ends it.
    """

    run_id: str
    job: str
    status: str
    is_shared: bool
    is_triggered: Annotated[bool, Meta(description="Somebody of this tenant asked for it; false: its time had come.")]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class RunDetail(Run, frozen=True, kw_only=True):
    """A run with how far it is: its steps, and what it did for each resource of the tenant's connections."""

    progress: Annotated[float, Meta(description="Share of its steps that have ended.")]
    steps: list[Step]
    loads: list[Load]


def filters(partition: str, touched: Iterable[str], **more: Any) -> list[dict[str, Any]]:
    """Dagster's filters for the runs that are this tenant's, or that did something for it."""
    return [
        {"tags": [{"key": TAG, "value": partition}], **more},
        {"tags": [{"key": key, "value": partition} for key in (FIRST, LAST)], **more},
        {"runIds": list(touched), **more},
    ]


def is_own(run: dict[str, Any], partition: str) -> bool:
    """Whether it is of this tenant alone."""
    tags = _tags(run)
    return tags.get(FIRST) == partition == tags.get(LAST)


def is_visible(run: dict[str, Any], partition: str, has_loads: bool) -> bool:
    """Whether the tenant may know of it."""
    return has_loads or is_own(run, partition) or _tags(run).get(TAG) == partition


def shown(run: dict[str, Any], partition: str, has_failed: bool) -> Run:
    """A run as a line of a list. `has_failed`: something of this tenant's in it."""
    return Run(**_facts(run, partition, has_failed))


def detail(run: dict[str, Any], partition: str, rows: Iterable[Any]) -> RunDetail:
    """A run with its steps and what it did for the tenant."""
    is_over = STATUS[run["status"]] in ENDED
    loads = [_load(row, is_over) for row in rows]
    failed = {f"{LOAD}{load.source}" for load in loads if load.status == "failed"}
    is_shared = not is_own(run, partition)
    stats = {each["stepKey"]: each for each in run["stepStats"]}
    planned = [each["key"] for each in (run["executionPlan"] or {}).get("steps", ())]
    steps = [_step(key, stats.get(key), is_shared, failed) for key in dict.fromkeys([*planned, *stats])]
    done = sum(step.status in ("succeeded", "failed", "skipped") for step in steps)
    facts = _facts(run, partition, bool(failed))
    progress = 1.0 if facts["status"] == "succeeded" else done / len(steps) if steps else 0.0
    return RunDetail(**facts, progress=progress, steps=steps, loads=loads)


def _facts(run: dict[str, Any], partition: str, has_failed: bool) -> dict[str, Any]:
    status, is_shared = STATUS[run["status"]], not is_own(run, partition)
    tags = _tags(run)
    if is_shared and FIRST in tags and status in ("succeeded", "failed"):
        status = "failed" if has_failed else "succeeded"  # how it went for the others is theirs
    return {
        "run_id": run["runId"],
        "job": run["jobName"],
        "status": status,
        "is_shared": is_shared,
        "is_triggered": tags.get(TAG) == partition,
        "created_at": _at(run["creationTime"]),
        "started_at": _at(run["startTime"]),
        "finished_at": _at(run["endTime"]),
    }


def _step(key: str, stats: dict[str, Any] | None, is_shared: bool, failed: set[str]) -> Step:
    status = STEP_STATUS.get((stats or {}).get("status") or "", "waiting")
    if is_shared and key.startswith(LOAD) and status in ("succeeded", "failed"):
        status = "failed" if key in failed else "succeeded"
    begun, ended = (stats["startTime"], stats["endTime"]) if stats else (None, None)
    return Step(key, status, _at(begun), _at(ended))


def _load(row: Any, is_over: bool) -> Load:
    given = dict(row)
    words, _, next_step = (given["error_message"] or "").partition(" Do: ")
    given |= {"connection_id": UUID(given["connection_id"]), "error_message": words or None}
    if is_over and given["status"] == "running":  # its process was ended; the next sync says so in the table
        given |= {"status": "failed", "error_message": ENDED_EARLY}
    return Load(**given, next_step=next_step or None)


def _tags(run: dict[str, Any]) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in run["tags"]}


def _at(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
