"""Which fields a source's records have, and which came or went since its first load. Names only, never values."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

SAMPLE = 10  # records from either end of a page
ENOUGH = 20  # records: with fewer nobody knows what is always there
MOST_FIELDS, LONGEST_NAME = 300, 100  # of a table


@dataclass
class Seen:
    """The fields of a table's records in this sync."""

    count: int = 0
    names: set[str] = field(default_factory=set)
    filled: set[str] = field(default_factory=set)  # with a value in at least one record
    steady: set[str] | None = None  # with a value in each


@dataclass
class Fields:
    """What one sync of one connection sees. `database` commits each statement by itself."""

    database: Connection
    tenant_id: UUID
    connection_id: UUID
    clock: Callable[[], datetime]
    _seen: dict[str, Seen] = field(default_factory=dict)

    def saw(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Look at some records of a page."""
        seen = self._seen.setdefault(table, Seen())
        for row in rows if len(rows) <= 2 * SAMPLE else [*rows[:SAMPLE], *rows[-SAMPLE:]]:
            filled = {name for name, value in row.items() if value is not None}
            seen.count += 1
            seen.names.update(row)
            seen.filled |= filled
            seen.steady = filled if seen.steady is None else seen.steady & filled

    def write(self) -> None:
        """Compare with the syncs before, and record what was added and what is gone."""
        known = {
            table: (set(names), set(steady))
            for table, names, steady in self.database.execute(
                "select table_name, known, steady from app.source_field where tenant_id = %s and connection_id = %s",
                [self.tenant_id, self.connection_id],
            )
        }
        for table, seen in self._seen.items():
            if seen.count:
                self._compare(table, seen, *known.get(table, (None, set())))
        self._seen.clear()

    def _compare(self, table: str, seen: Seen, known: set[str] | None, steady: set[str]) -> None:
        names = {name[:LONGEST_NAME].replace("\0", "") for name in seen.names}
        is_enough = seen.count >= ENOUGH
        always = (seen.steady or set()) if is_enough else set()
        gone = steady - seen.filled if is_enough else set()
        kept = (known or set()) | set(sorted(names - (known or set()))[: max(0, MOST_FIELDS - len(known or ()))])
        left = (steady & always if steady and always else steady | always) - gone
        self._came_back(table, seen.filled)
        if known is not None and (kept, left) == (known, steady):
            return
        added = kept - known if known is not None else set()
        for change, fields in (("added", added), ("gone", gone)):
            self._record(table, change, fields)
        self.database.execute(
            """
            insert into app.source_field (tenant_id, connection_id, table_name, known, steady, updated_at)
            values (%s, %s, %s, %s, %s, %s)
            on conflict (tenant_id, connection_id, table_name) do update
            set known = excluded.known, steady = excluded.steady, updated_at = excluded.updated_at
            """,
            [self.tenant_id, self.connection_id, table, sorted(kept), sorted(left), self.clock()],
        )

    def _record(self, table: str, change: str, fields: set[str]) -> None:
        for name in sorted(fields):
            self.database.execute(
                """
                insert into app.schema_drift (tenant_id, connection_id, table_name, field, change, first_seen_at)
                values (%s, %s, %s, %s, %s, %s)
                on conflict (tenant_id, connection_id, table_name, field) do update
                set change = excluded.change, first_seen_at = excluded.first_seen_at
                """,
                [self.tenant_id, self.connection_id, table, name, change, self.clock()],
            )

    def _came_back(self, table: str, filled: set[str]) -> None:
        self.database.execute(
            "delete from app.schema_drift where tenant_id = %s and connection_id = %s and table_name = %s"
            " and change = 'gone' and field = any(%s)",
            [self.tenant_id, self.connection_id, table, list(filled)],
        )
