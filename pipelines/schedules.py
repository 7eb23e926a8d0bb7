"""When sources are loaded: by default for all tenants at once, or as a tenant wants it, in the tenant's own zone."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from croniter import CroniterBadDateError, croniter  # type: ignore[import-untyped]
from psycopg import Connection

from pipelines.connection_changes import Author, audit

# In UTC. Exchange rates: after the European Central Bank's rates of the day.
DEFAULTS = {
    **dict.fromkeys(("github", "git", "jira", "hubspot", "zendesk"), "*/15 * * * *"),
    "gdelt": "5 * * * *",
    "open_meteo": "10 */6 * * *",
    "exchange_rates": "20 16 * * *",
    "geonames": "40 1 * * *",
}
SHORTEST = timedelta(minutes=10)  # between two loads
LOOKED_AT = 300  # occurrences, for the shortest time between two
SWEEP_HOUR = 3  # in the tenant's zone: the first load from then on also looks for what is gone at the source
CRON = re.compile(r"(?=.{9,100}$)((^| )([0-9*/,\-]|[A-Za-z]{3})+){5}")  # without extensions that draw lots


class InvalidSchedule(Exception):
    """The cron expression cannot be followed. The message says what to write."""


@dataclass(frozen=True)
class Schedule:
    """A tenant's own time for a source."""

    tenant_id: UUID
    partition_key: str
    source: str
    cron: str
    zone: str
    changed_at: datetime

    @property
    def key(self) -> str:
        return f"{self.partition_key} {self.source}"

    def last_due(self, now: datetime) -> datetime:
        """The newest instant up to `now` at which a load was due."""
        return last_due(self.cron, self.zone, now)


def check(cron: str) -> str:
    """The expression with single blanks. Raises InvalidSchedule."""
    plain = " ".join(cron.split())
    if not CRON.fullmatch(plain) or not croniter.is_valid(plain):
        raise InvalidSchedule(f"{cron[:50]!r} is no cron expression of five fields. Do: write, say, 0 6 * * 1-5.")
    try:
        times = croniter(plain, datetime(2026, 1, 1))
        found = [times.get_next(datetime) for _ in range(LOOKED_AT)]
    except CroniterBadDateError:
        raise InvalidSchedule(f"{cron[:50]!r} names a day that never comes.") from None
    if min(later - earlier for earlier, later in pairwise(found)) < SHORTEST:
        raise InvalidSchedule(f"{cron[:50]!r} loads more often than every {SHORTEST.seconds // 60} minutes.")
    return plain


def last_due(cron: str, zone: str, now: datetime) -> datetime:
    """The newest occurrence up to `now`. An hour that the clock shows twice counts once, unless every hour does."""
    times = croniter(cron, now.astimezone(ZoneInfo(zone)) + timedelta(microseconds=1))
    found = times.get_prev(datetime)
    if found.fold and cron.split()[1] != "*":
        found = found.replace(fold=0)
    return found.astimezone(UTC)


def next_due(cron: str, zone: str, now: datetime) -> datetime:
    """The first occurrence after `now`."""
    times = croniter(cron, now.astimezone(ZoneInfo(zone)))
    found = times.get_next(datetime)
    if found.fold and cron.split()[1] != "*":
        found = times.get_next(datetime)
    return found.astimezone(UTC)


def is_sweep(previous: datetime, due: datetime, zone: str) -> bool:
    """Whether the load at `due` is the tenant's first since three in the morning, the one before being `previous`."""
    local = due.astimezone(ZoneInfo(zone))
    night = local.replace(hour=SWEEP_HOUR, minute=0, second=0, microsecond=0)
    if night > local:
        night -= timedelta(days=1)
    return previous < night.astimezone(UTC) <= due


def own(database: Connection, tenant_id: UUID | None = None) -> list[Schedule]:
    """The schedules that tenants made for themselves, of one tenant or of all."""
    rows = database.execute(
        """
        select s.tenant_id, t.slug || '--' || left(replace(t.tenant_id::text, '-', ''), 8), s.source, s.cron,
            t.time_zone, s.changed_at
        from app.sync_schedule as s
        join app.tenant as t using (tenant_id)
        where %s::uuid is null or s.tenant_id = %s
        order by t.slug, s.source
        """,
        [tenant_id, tenant_id],
    ).fetchall()
    return [Schedule(*row) for row in rows]


def put(database: Connection, tenant_id: UUID, source: str, cron: str) -> None:
    """Load a source of a tenant at these times instead of the default ones. Raises InvalidSchedule."""
    if source not in DEFAULTS:
        raise InvalidSchedule(f"there is no source {source!r}. Do: use one of {', '.join(DEFAULTS)}.")
    database.execute(
        "insert into app.sync_schedule (tenant_id, source, cron) values (%s, %s, %s)"
        " on conflict (tenant_id, source) do update set cron = excluded.cron, changed_at = now()",
        [tenant_id, source, check(cron)],
    )


def reset(database: Connection, tenant_id: UUID, source: str) -> bool:
    """Back to the default; whether there was one of its own."""
    statement = "delete from app.sync_schedule where tenant_id = %s and source = %s"
    return database.execute(statement, [tenant_id, source]).rowcount > 0


def change(database: Connection, author: Author, source: str, cron: str | None) -> bool:
    """What `put` does, or `reset` for None, with an entry in the audit; whether anything changed. InvalidSchedule."""
    before = next((each.cron for each in own(database, author.tenant_id) if each.source == source), None)
    if cron is not None or source not in DEFAULTS:
        put(database, author.tenant_id, source, cron or "")
    else:
        reset(database, author.tenant_id, source)
    after = check(cron) if cron is not None else None
    if before != after:
        subject = uuid5(author.tenant_id, f"schedule {source}")
        audit(database, author, "set", subject, None, {source: [before, after]}, subject="schedule")
    return before != after
