"""Stored events of one connection → its raw tables, by the readers, row builders and packages of a sync."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from importlib import import_module
from typing import Any, NamedTuple

import psycopg

from pipelines import lenient_json, renames
from pipelines.asking import Asking
from pipelines.landing.rows import cells
from pipelines.outcomes import Options, Outcome, unexpected
from pipelines.packages import Packages
from pipelines.raw_tables import RAW
from pipelines.sources.events import Change, Stale
from pipelines.sources.reading import Gone, Present, Reached, Request, Rows, at_once, instant
from pipelines.stored_connections import StoredConnection
from pipelines.sync_error import UNEXPECTED, SyncError
from pipelines.warehouse.connection import Warehouse
from pipelines.webhooks.states import OurRows


class Event(NamedTuple):
    """One row of app.webhook_event that is to be applied."""

    sequence: int
    event: str
    body: str
    attempts: int


@dataclass(frozen=True)
class Verdict:
    """How it went: applied, ignored (nothing of it is kept here), parked (it never will), or pending: try again."""

    status: str
    error: SyncError | None = None


class Applying:
    """One micro-batch. The caller holds the connection's lock on `database`."""

    def __init__(
        self, warehouse: Warehouse, stored: StoredConnection, database: psycopg.Connection,
        clock: Callable[[], datetime],
    ) -> None:  # fmt: skip
        outcome = Outcome(stored.tenant.partition_key, stored.connection_id, stored.source, stored.name)
        options = Options(clock=clock, full=False, sweep=False, run_id=None, is_asked_for=True)
        self._stored, self._database = stored, database
        self._packages = Packages(warehouse, stored, database, options, outcome, names_tables=True)
        self._asking = Asking(warehouse, stored, database, options)
        self._events = import_module(f"pipelines.sources.{stored.source}_events")
        self._present: list[tuple[str, Present]] = []  # with the table, for there is no resource that told

    @property
    def requests(self) -> int:
        """How many requests to the source this took."""
        return self._asking.requests

    def recover(self) -> None:
        """Record what a batch that was killed has committed unseen."""
        self._packages.take_over()

    def apply(self, events: Sequence[Event]) -> dict[int, Verdict]:
        """Commit what these events change; a verdict by sequence. Raises NotCommitted where nothing was committed."""
        changes: dict[int, Change] = {}
        verdicts: dict[int, Verdict] = {}
        for event in events:
            change = self._change(event)
            if isinstance(change, Change):
                changes[event.sequence] = change
                verdicts[event.sequence] = Verdict("applied" if change else "ignored")
            else:
                verdicts[event.sequence] = Verdict("parked", change)
        told = [change for change in changes.values() if change]
        if told:
            failed = self._take(told)
            for sequence, change in changes.items():
                errors = [failed[one] for one in change.stale if one in failed]
                if errors:
                    verdicts[sequence] = Verdict("pending", errors[0])
        return verdicts

    def _change(self, event: Event) -> Change | SyncError:
        """What an event says, or why it cannot be understood. Its rows fit their tables."""
        try:
            change = self._events.change(self._stored.connection, event.event, lenient_json.decode(event.body.encode()))
            for rows in change.rows:
                cells(RAW[self._stored.source][rows.table], rows.rows)
                list(map(instant, (row["updated_at"] for row in rows.rows)))
        except SyncError as error:
            return error
        except UNEXPECTED as error:
            return unexpected(self._stored, f"the event {event.event}", error)
        return change

    def _take(self, changes: list[Change]) -> dict[Stale, SyncError]:
        """Load it all as one package; what could not be read again, and why."""
        packages = self._packages
        packages.finish_pending()
        request = self._asking.request(packages.landing.cursors(), packages.journal.as_of)
        try:
            wanted = dict.fromkeys(stale for change in changes for stale in change.stale)
            ours = OurRows(self._database, self._stored)
            for rows in ours.newer(changes, wanted):
                packages.batch.add(rows.table, list(rows.rows))
            failed = self._reread(request, list(wanted))
            packages.commit()
            packages.settle(self._present)
            packages.mark_gone(gone for change in changes for gone in change.gone)
        finally:
            self._asking.give_back()
        return failed

    def _reread(self, request: Request, wanted: list[Stale]) -> dict[Stale, SyncError]:
        failed: dict[Stale, SyncError] = {}
        read = partial(self._read_one, request)
        answers = map(read, wanted) if self._events.ASKS_AT_ONCE else at_once(read, wanted)
        for stale, found in zip(wanted, answers, strict=True):
            if isinstance(found, SyncError):
                failed[stale] = found
                continue
            try:
                for item in found:
                    self._add(item)
            except SyncError as error:  # hardly anything fits its columns
                failed[stale] = error
        return failed

    def _read_one(self, request: Request, stale: Stale) -> list[Any] | SyncError:
        try:
            return list(self._events.again(request, stale))
        except SyncError as error:
            return error
        except UNEXPECTED as error:
            return unexpected(self._stored, f"an answer about {stale.kind}", error)

    def _add(self, item: Rows | Reached | Present | Gone) -> None:
        if isinstance(item, Rows):
            rows = list(item.rows)
            if item.table == renames.TABLE:
                self._packages.follow(rows)
            self._packages.add(item.table, item.table, rows)
        elif isinstance(item, Reached):
            self._packages.reach(item)
        elif isinstance(item, Present):
            self._present.append((item.table, item))
        else:
            self._packages.lose(item)
