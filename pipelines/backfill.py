"""How far the past of a connection's resources is read: `app.backfill`, written as packages are committed.

A first sync reads the last months of every resource, so that the marts are of use, and then the past of each.
"""

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from psycopg import Connection, sql
from psycopg.rows import dict_row

from pipelines.backfill_progress import UNFINISHED, ahead
from pipelines.raw_tables import RAW
from pipelines.sources.reading import Expected, Reached, Rows, instant, unread_pasts
from pipelines.stored_connections import StoredConnection

log = logging.getLogger("clearsignal.progress.backfill")  # Dagster shows it in the run's log
RECENT = timedelta(days=90)


def is_left(cursors: Mapping[str, str]) -> bool:
    """Whether there is a past to read: nothing has been read yet, or not all."""
    return not cursors or bool(unread_pasts(cursors))


class Taken(NamedTuple):
    """What a package holds of each resource's past."""

    rows: Mapping[str, int]
    seconds: Mapping[str, float]  # that reading it took
    oldest: Mapping[str, datetime | None]


class Backfill:
    """The progress of one sync. `database` commits each statement by itself."""

    def __init__(self, database: Connection, stored: StoredConnection, clock: Callable[[], datetime]) -> None:
        self._database, self._source, self._clock = database, stored.source, clock
        self._owner = (stored.tenant.tenant_id, stored.connection_id)
        self._name = f"{stored.tenant.slug} {stored.source} {stored.name}"
        self._known: set[str] = set()  # resources with a row
        self._current, self._marked = "", time.monotonic()
        self._rows: dict[str, int] = defaultdict(int)  # since the last package
        self._seconds: dict[str, float] = defaultdict(float)
        self._oldest: dict[str, dict[str, datetime]] = defaultdict(dict)  # resource → scope → its past so far

    def expect(self, expected: Iterable[Expected]) -> None:
        """The source has told how much there is."""
        for resource, count in expected:
            self._begin(resource, count)

    def waited(self) -> None:
        """The time since the last item went to nobody's work."""
        self._marked = time.monotonic()

    def took(self, resource: str, item: Rows | Reached) -> None:
        """Something of this resource was read, and is committed with the next package.

        Of resources that are read at once each is given the time until its own items, so that all together need the
        sum of what each is said to need.
        """
        self._spend(resource)
        if isinstance(item, Rows):
            if item.table == resource:
                self._rows[item.table] += len(item.rows)
        elif item.past:
            self._begin(item.resource, None)
            if item.oldest:
                self._oldest[item.resource][item.scope] = instant(item.oldest)
        else:
            self._oldest[item.resource].pop(item.scope, None)

    def taken(self) -> "Taken":
        """What was read since the last package, for `committed`."""
        self._spend(self._current)
        oldest = {resource: max(self._oldest[resource].values(), default=None) for resource in self._known}
        taken = Taken(dict(self._rows), dict(self._seconds), oldest)
        self._rows.clear()
        self._seconds.clear()
        return taken

    def committed(self, taken: "Taken") -> None:
        """It is kept."""
        for resource, oldest in taken.oldest.items():
            self._database.execute(
                """
                update app.backfill set kept_count = kept_count + %s, seconds = seconds + %s, updated_at = %s,
                    reaches_back_to = coalesce(%s, reaches_back_to)
                where tenant_id = %s and connection_id = %s and resource = %s
                """,
                [taken.rows.get(resource, 0), taken.seconds.get(resource, 0.0), self._clock(), oldest, *self._owner,
                 resource],
            )  # fmt: skip
        self._say()

    def finish(self, resources: Iterable[str]) -> None:
        """These were read to the end of their past, whichever sync began with it."""
        self._database.execute(
            "update app.backfill set finished_at = %s, reaches_back_to = null"
            " where tenant_id = %s and connection_id = %s and resource = any(%s) and finished_at is null",
            [self._clock(), *self._owner, list(resources)],
        )

    def _spend(self, resource: str) -> None:
        now = time.monotonic()
        self._seconds[resource] += now - self._marked
        self._current, self._marked = resource, now

    def _say(self) -> None:
        """Tell whoever shows progress how far it is, where that is not done at once."""
        if not self._known:
            return
        with self._database.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(
                f"{UNFINISHED} and tenant_id = %s and connection_id = %s and updated_at > started_at", self._owner
            ).fetchall()
        if left := ahead(rows):
            words = f"{self._name}: {left.words}"
            log.info("%s", words, extra={"progress": {"step": "backfill", "at": words}})

    def _begin(self, resource: str, expected: int | None) -> None:
        if resource in self._known:
            return
        self._known.add(resource)
        counting = sql.SQL(
            "select count(*) from {} where tenant_id = %s and connection_id = %s and _deleted_at is null"
        ).format(sql.Identifier(RAW[self._source][resource].schema, resource))
        row = self._database.execute(counting, [str(each) for each in self._owner]).fetchone()
        kept, now = row[0] if row else 0, self._clock()
        self._database.execute(
            """
            insert into app.backfill
                (tenant_id, connection_id, resource, kept_count, begun_with, expected_count, started_at, updated_at)
            values (%s, %s, %s, %s, %s, %s, %s, %s)
            on conflict (tenant_id, connection_id, resource) do update set kept_count = excluded.kept_count,
                begun_with = excluded.begun_with, expected_count = excluded.expected_count, seconds = 0,
                started_at = case when app.backfill.finished_at is null then app.backfill.started_at
                    else excluded.started_at end,
                updated_at = excluded.updated_at, finished_at = null
            """,
            [*self._owner, resource, kept, kept, expected, now, now],
        )
