"""States of objects that webhooks told, against the rows that we have: which of them are news."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from pipelines.landing.rows import cells
from pipelines.raw_tables import RAW, TYPES
from pipelines.sources.events import Change, Stale
from pipelines.sources.reading import Rows, instant
from pipelines.stored_connections import StoredConnection


@dataclass(frozen=True)
class OurRows:
    """The raw rows of one connection."""

    database: psycopg.Connection
    stored: StoredConnection

    def newer(self, changes: Iterable[Change], wanted: dict[Stale, None]) -> Iterable[Rows]:
        """Of each object the newest state that was told, where it is newer than ours. What is gone stays gone.

        Two different states of one second cannot be put in order: then `wanted` gets the list that has the object.
        """
        told: dict[str, dict[Any, list[dict]]] = {}
        for rows in (rows for change in changes for rows in change.rows):
            for row in rows.rows:
                told.setdefault(rows.table, {}).setdefault(row["id"], []).append(row)
        for table, objects in told.items():
            ours = self._ours(table, list(objects))
            newest, same_time = [], []
            for key, states in objects.items():
                last = max(instant(state["updated_at"]) for state in states)
                best = [state for state in states if instant(state["updated_at"]) == last]
                kept, is_gone = ours.get(key, (None, False))
                if is_gone or (kept is not None and kept > last):
                    continue
                if kept == last:
                    same_time += best
                    continue
                if any(state != best[0] for state in best):
                    wanted[Stale(table, best[0]["repository"])] = None
                newest.append(best[0])
            for row in self._differing(table, same_time):
                wanted[Stale(table, row["repository"])] = None
            yield Rows(table, newest)

    def _ours(self, table: str, keys: list[Any]) -> dict[Any, tuple[datetime | None, bool]]:
        """Of the rows that we have: when they last changed, and whether they are gone."""
        statement = sql.SQL(
            "select id, updated_at, _deleted_at is not null from {}"
            " where tenant_id = %s and connection_id = %s and id = any(%s)"
        ).format(sql.Identifier(f"raw_{self.stored.source}", table))
        owner = [str(self.stored.tenant.tenant_id), str(self.stored.connection_id)]
        return {key: (at, is_gone) for key, at, is_gone in self.database.execute(statement, [*owner, keys]).fetchall()}

    def _differing(self, table: str, rows: list[dict]) -> list[dict]:
        """Those of the rows that say something else than ours, apart from what is nested or was not told."""
        raw = RAW[self.stored.source][table]
        plain = [name for name, kind in raw.columns.items() if kind != "json"]
        same = sql.SQL(" and ").join(
            sql.SQL("(%s::{kind} is null or {name} is not distinct from %s::{kind})").format(
                kind=sql.SQL(TYPES[raw.columns[name]]), name=sql.Identifier(name)
            )
            for name in plain
        )
        statement = sql.SQL("select from {} where tenant_id = %s and connection_id = %s and {}").format(
            sql.Identifier(raw.schema, raw.name), same
        )
        owner, position = [str(self.stored.tenant.tenant_id), str(self.stored.connection_id)], list(raw.columns)
        differing = []
        for row in rows:
            (told,) = cells(raw, [row]).values()
            cut = [told[position.index(name)] for name in plain]
            values = [None if value == "" else value for value in cut for _ in range(2)]  # as COPY reads it
            if self.database.execute(statement, [*owner, *values]).rowcount == 0:
                differing.append(row)
        return differing
