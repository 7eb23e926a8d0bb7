"""Records that do not fit their table: kept as the source sent them, counted, and out again as soon as they fit."""

import hashlib
import json
import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.types.json import Jsonb

from pipelines.landing.rows import Broken, Cells, key_of
from pipelines.raw_tables import RAW
from pipelines.scrubbing import scrub
from pipelines.sync_error import SyncError

FEW = 5  # so many broken records are never called a changed schema
MOST_KEPT = 1_000  # of a connection and table; the others are counted
LONGEST_RECORD = 65_536  # characters
KEYLESS_DAYS = timedelta(days=30)  # what has no key cannot be recognised when it fits: it leaves after that


@dataclass
class Quarantine:
    """The broken records of one connection. `database` commits each statement by itself."""

    database: Connection
    source: str
    tenant_id: UUID
    connection_id: UUID
    secrets: Sequence[str]
    clock: Callable[[], datetime]
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # resource → broken in this sync
    _waiting: list[tuple[str, str, Broken]] = field(default_factory=list)
    _seen: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    _bad: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))

    def take(self, resource: str, table: str, broken: Sequence[Broken], count: int) -> None:
        """Set the broken ones of `count` records apart.

        Raises SyncError(unparsable) where most of a page, or of all pages so far, are: then the schema has changed.
        """
        self._seen[resource, table] += count
        if not broken:
            return
        self._bad[resource, table] += len(broken)
        for bad, seen in ((len(broken), count), (self._bad[resource, table], self._seen[resource, table])):
            if bad > FEW and 2 * bad > seen:
                reason = f"{bad} of {seen} records of {table} do not fit: {broken[0].reason}"
                raise SyncError("unparsable", self._scrubbed(reason))
        self.counts[resource] += len(broken)
        self._waiting += [(resource, table, one) for one in broken]

    def doubts(self, resource: str) -> bool:
        """Whether most of its records so far are broken, if only a few: then its cursor stays, and it is read again."""
        return any(2 * bad > self._seen[key] for key, bad in self._bad.items() if key[0] == resource)

    def write(self) -> None:
        """Store what was set apart. Before the rows beside it are committed, for then the cursors move on."""
        waiting, self._waiting = self._waiting, []
        now = self.clock()
        full = self._full_tables() if waiting else set()
        for resource, table, broken in waiting:
            columns = (self.tenant_id, self.connection_id, table, self._record_key(table, broken.row))
            if table in full:
                continue
            self.database.execute(
                """
                insert into app.quarantine as q (tenant_id, connection_id, table_name, record_key, source, resource,
                    reason, record, first_seen_at, last_seen_at)
                values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
                on conflict (tenant_id, connection_id, table_name, record_key) do update
                set reason = excluded.reason, record = excluded.record, last_seen_at = excluded.last_seen_at,
                    seen_count = q.seen_count + 1
                """,
                [*columns, self.source, resource, self._scrubbed(broken.reason), self._record(broken.row), now, now],
            )

    def release(self, committed: Mapping[str, Mapping[Cells, Cells]]) -> None:
        """Let go the records that have fitted by now: `committed` holds rows by table and key."""
        self.database.execute(
            "delete from app.quarantine where tenant_id = %s and connection_id = %s and starts_with(record_key, '#')"
            " and last_seen_at < %s",
            [self.tenant_id, self.connection_id, self.clock() - KEYLESS_DAYS],
        )
        held: dict[str, set[str]] = defaultdict(set)
        for table, key in self.database.execute(
            "select table_name, record_key from app.quarantine where tenant_id = %s and connection_id = %s",
            [self.tenant_id, self.connection_id],
        ):
            held[table].add(key)
        for table in held.keys() & committed.keys():
            fitting = held[table] & {_text(key) for key in committed[table]}
            self.database.execute(
                "delete from app.quarantine where tenant_id = %s and connection_id = %s and table_name = %s"
                " and record_key = any(%s)",
                [self.tenant_id, self.connection_id, table, list(fitting)],
            )

    def _full_tables(self) -> set[str]:
        rows = self.database.execute(
            "select table_name from app.quarantine where tenant_id = %s and connection_id = %s"
            " group by table_name having count(*) >= %s",
            [self.tenant_id, self.connection_id, MOST_KEPT],
        ).fetchall()
        return {table for (table,) in rows}

    def _record_key(self, table: str, row: Mapping[str, Any]) -> str:
        """The table's own key, or `#` and a digest of a record that has none."""
        key = key_of(RAW[self.source][table], row)
        if key is not None:
            return _text(key)
        return "#" + hashlib.sha256(json.dumps(self._shown(row), sort_keys=True).encode()).hexdigest()[:32]

    def _record(self, row: Mapping[str, Any]) -> Jsonb:
        shown = self._shown(row)
        text = json.dumps(shown)
        return Jsonb(shown if len(text) <= LONGEST_RECORD else {"beginning": text[:LONGEST_RECORD]})

    def _shown(self, value: Any) -> Any:
        """A value that fits jsonb, without the connection's secrets."""
        if isinstance(value, Mapping):
            return {self._scrubbed(str(name)): self._shown(one) for name, one in value.items()}
        if isinstance(value, list | tuple):
            return [self._shown(one) for one in value]
        is_plain = value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value))
        return value if is_plain else self._scrubbed(str(value), None)

    def _scrubbed(self, text: str, longest: int | None = 500) -> str:
        return scrub(text, self.secrets).replace("\0", "").encode("utf-8", "replace").decode()[:longest]


def _text(key: Cells) -> str:
    """At most 1,000 characters, for it is part of an index."""
    text = json.dumps([str(value) for value in key])
    return text if len(text) <= 1_000 else "long:" + hashlib.sha256(text.encode()).hexdigest()
