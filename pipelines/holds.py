"""What failed at its last try, and how long it is left alone: a hold on a connection, or on one of its resources.

A limit holds until the time that the source named. Other failures wait longer each time. What was refused three times
in a row by its credentials or rights needs attention: it waits until somebody resumes it, and asks nobody meanwhile.
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg import Connection

from pipelines.sync_error import SyncError
from pipelines.warehouse.connection import Warehouse

WHOLE = ""  # the name of the resource that means all of a connection
REFUSALS = frozenset({"credentials", "permission"})
MOST_REFUSALS = 3  # in a row
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=15), timedelta(hours=6)
LIMIT_WAIT = timedelta(minutes=1)  # where a limit does not say how long
LONGEST_LIMIT = timedelta(days=32)  # no window is longer than a month
JITTER = 0.25
PAUSED = "needs attention: "


@dataclass(frozen=True)
class Hold:
    """One failed try after another of a connection (`resource` is WHOLE) or a resource."""

    connection_id: UUID
    resource: str
    error_class: str
    reason: str  # the last error, and what to do
    failure_count: int
    resume_at: datetime | None  # None: at the next sync
    needs_attention: bool = False  # then at none, until somebody resumes it

    def holds_at(self, now: datetime) -> bool:
        """Whether it is left alone at that instant."""
        return self.needs_attention or (self.resume_at is not None and self.resume_at > now)

    def __str__(self) -> str:
        until = f"until {self.resume_at:%F %H:%M} UTC" if self.resume_at else "until it is resumed: it needs attention"
        tries = "" if self.failure_count == 1 else f" {self.failure_count} times in a row"
        return f"not asked {until}, since it failed{tries}: {self.reason}"


def of(database: Connection, tenant_id: UUID) -> list[Hold]:
    """All of a tenant's holds, also those whose time has passed."""
    rows = database.execute(
        "select connection_id, resource, error_class, reason, failure_count, resume_at, needs_attention"
        " from app.sync_hold where tenant_id = %s order by connection_id, resource",
        [tenant_id],
    ).fetchall()
    return [Hold(*row) for row in rows]


def told(warehouse: Warehouse) -> list[dict[str, str]]:
    """Whatever is left alone now, of all tenants: tenant, source, name, resource and why."""
    with warehouse.connect("loader") as database:
        rows = database.execute(
            """
            select t.slug, c.source, c.name, h.connection_id, h.resource, h.error_class, h.reason, h.failure_count,
                h.resume_at, h.needs_attention
            from app.sync_hold as h
            join app.connection as c using (tenant_id, connection_id)
            join app.tenant as t using (tenant_id)
            where h.needs_attention or h.resume_at > now()
            order by t.slug, c.source, c.name, h.resource
            """
        ).fetchall()
    return [
        {"tenant": slug, "source": source, "name": name, "resource": hold[1], "why": str(Hold(*hold))}
        for slug, source, name, *hold in rows
    ]


@dataclass(frozen=True)
class Holds:
    """The holds of one connection, written as its loads go. `database` commits each statement by itself."""

    database: Connection
    tenant_id: UUID
    connection_id: UUID
    clock: Callable[[], datetime]

    def held(self) -> dict[str, Hold]:
        """The resources that are left alone now."""
        now = self.clock()
        found = [hold for hold in of(self.database, self.tenant_id) if hold.connection_id == self.connection_id]
        return {hold.resource: hold for hold in found if hold.resource != WHOLE and hold.holds_at(now)}

    def failed(self, resource: str, error: SyncError) -> None:
        """Another failure of a resource, or of WHOLE. In a row are those of one sort: refusals, limits, the others."""
        with self.database.transaction():
            row = self.database.execute(
                "select failure_count, error_class from app.sync_hold"
                " where tenant_id = %s and connection_id = %s and resource = %s for update",
                [self.tenant_id, self.connection_id, resource],
            ).fetchone()
            count = row[0] + 1 if row is not None and _sort(row[1]) == _sort(error.error_class) else 1
            now = self.clock()
            resume_at = resumes_at(error, count, now)
            needs_attention = error.error_class in REFUSALS and count >= MOST_REFUSALS
            reason = f"{error.message} Do: {error.what_to_do}"
            self.database.execute(
                """
                insert into app.sync_hold
                    (tenant_id, connection_id, resource, error_class, reason, failure_count, resume_at,
                    needs_attention, updated_at)
                values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
                on conflict (tenant_id, connection_id, resource) do update set error_class = excluded.error_class,
                    reason = excluded.reason, failure_count = excluded.failure_count,
                    resume_at = excluded.resume_at, needs_attention = excluded.needs_attention,
                    updated_at = excluded.updated_at
                """,
                [self.tenant_id, self.connection_id, resource, error.error_class, reason, count, resume_at,
                 needs_attention, now],
            )  # fmt: skip
            if needs_attention and resource == WHOLE:
                self.database.execute(
                    "update app.connection set is_paused = true, paused_reason = %s"
                    " where tenant_id = %s and connection_id = %s and not is_paused",
                    [f"{PAUSED}refused {count} times in a row. {reason}", self.tenant_id, self.connection_id],
                )

    def succeeded(self, resources: Iterable[str]) -> None:
        """These were read and committed: nothing holds them any more."""
        release(self.database, self.tenant_id, self.connection_id, resources)


def resumes_at(error: SyncError, count: int, now: datetime) -> datetime | None:
    """When to try again after the `count`-th failure in a row; None: at the next sync, or as somebody helped."""
    if error.error_class in REFUSALS:
        return None
    if error.error_class == "rate_limited" and error.retry_after is not None:
        return now + min(timedelta(seconds=error.retry_after), LONGEST_LIMIT)
    if count == 1:
        return now + LIMIT_WAIT if error.error_class == "rate_limited" else None
    wait = min(FIRST_WAIT * 2 ** min(count - 2, 10), LONGEST_WAIT)
    return now + wait * random.uniform(1 - JITTER, 1 + JITTER)


def _sort(error_class: str) -> str:
    return "refused" if error_class in REFUSALS else "limited" if error_class == "rate_limited" else "failed"


def release(database: Connection, tenant_id: UUID, connection_id: UUID, resources: Iterable[str] | None = None) -> int:
    """Forget the failures of these resources (None: of all), and end the pause that they brought; return how many."""
    names = None if resources is None else list(resources)
    released = database.execute(
        "delete from app.sync_hold where tenant_id = %s and connection_id = %s"
        " and (%s::text[] is null or resource = any(%s)) returning resource, needs_attention",
        [tenant_id, connection_id, names, names],
    ).fetchall()
    if (WHOLE, True) in released:
        database.execute(
            "update app.connection set is_paused = false, paused_reason = null"
            " where tenant_id = %s and connection_id = %s and starts_with(paused_reason, %s)",
            [tenant_id, connection_id, PAUSED],
        )
    return len(released)
