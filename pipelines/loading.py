"""The sync of one connection: its rounds of reading, what a sweep finds, and how it ended."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial

import psycopg

from pipelines import backfill, removal, sweep
from pipelines.asking import Asking
from pipelines.fair_turns import Places, Turn
from pipelines.holds import WHOLE
from pipelines.outcomes import Options, Outcome, scrub
from pipelines.packages import NotCommitted, Packages
from pipelines.rounds import Rounds
from pipelines.sources import module_of
from pipelines.sources.readers import Ended, Readers
from pipelines.sources.reading import Expected, Request, unread_pasts
from pipelines.stored_connections import StoredConnection
from pipelines.sync_error import UNEXPECTED, SyncError
from pipelines.warehouse.connection import Warehouse

REPAIR_DAY = 6  # Sundays


class Loading:
    """One run. The caller holds the connection's lock on `database`."""

    def __init__(
        self, warehouse: Warehouse, stored: StoredConnection, database: psycopg.Connection,
        options: Options, outcome: Outcome, turn: Turn | None = None,
    ) -> None:  # fmt: skip
        self._stored, self._database, self._options, self._outcome = stored, database, options, outcome
        self._module = module_of(stored.source)
        self._packages = Packages(warehouse, stored, database, options, outcome)
        self._turn = turn or Turn(Places(1))
        self._rounds = Rounds(stored, self._packages, outcome, self._turn)
        self._asking = Asking(warehouse, stored, database, options)

    def run(self) -> None:
        """Read every resource; an error that is not the whole connection's leaves the others to go on."""
        packages, journal, holds = self._packages, self._packages.journal, self._packages.holds
        if journal.was_killed():
            packages.take_over()
        packages.finish_pending()
        if removal.leave_scope(self._database, self._stored):
            packages.landing.forget()
        request = self._asking.request(packages.cursors(), journal.as_of)
        try:
            self._read_all(request)
            packages.settle(self._rounds.present, is_sweep=self._options.sweep)
            if self._options.sweep and not self._rounds.is_stopped:
                self._complete(request)
            packages.fields.write()
            if not self._rounds.is_stopped:
                holds.succeeded([WHOLE])
        except NotCommitted as error:
            holds.failed(WHOLE, error.args[0])
            raise error.args[0] from None
        except Exception as error:
            if not isinstance(error, psycopg.OperationalError):  # then nobody can be told; the next sync closes it
                with suppress(NotCommitted):
                    packages.finish()
                failure = SyncError("internal", scrub(self._stored, f"{type(error).__name__}: {error}"))
                journal.fail_all(failure)
                holds.failed(WHOLE, failure)
            raise
        finally:
            packages.loaded()()  # nobody else may load before
            self._asking.give_back()
            self._asking.record_left()
            self._outcome.quarantined = sum(packages.quarantine.counts.values())

    def _read_all(self, request: Request) -> None:
        """Read and commit all resources, where a past is left in two rounds: the last months of each come first."""
        held = {} if self._options.is_asked_for else self._packages.holds.held()
        self._outcome.waiting = {resource: str(hold) for resource, hold in held.items()}
        resources = [resource for resource in self._module.RESOURCES if resource not in held]
        progress = self._packages.backfill
        if not request.full and backfill.is_left(request.cursors):
            progress.expect(self._expected(request))
            recent = self._rounds.read(replace(request, horizon=request.now - backfill.RECENT), resources, goes_on=True)
            cursors = self._packages.cursors()
            resources = [resource for resource in recent if resource in unread_pasts(cursors)]
            progress.finish(set(recent) - set(resources))
            kept = request.kept and replace(request.kept, settled=self._packages.loaded())
            request = replace(request, cursors=cursors, past_only=True, kept=kept)
        progress.finish(self._rounds.read(request, resources))

    def _expected(self, request: Request) -> list[Expected]:
        """What the source tells of its size; nothing where it does not, as no sync should fail for an estimate."""
        told = getattr(self._module, "expected", lambda request: ())
        found: list[Expected] = []
        with ThreadPoolExecutor(1) as pool, Readers(pool, self._turn.awaiting) as readers:
            readers.start("expected", lambda: iter(told(request)))
            for _, item in readers:
                if not isinstance(item, Ended):
                    found.append(item)
                elif item.error is not None and not isinstance(item.error, (SyncError, *UNEXPECTED)):
                    raise item.error
        return found

    def _complete(self, request: Request) -> None:
        """Measure what is kept of what the source has, and read again what is missing."""
        owner, now = (self._stored.tenant.tenant_id, self._stored.connection_id), self._options.clock()
        gaps = partial(sweep.gaps, self._database, self._stored.source, *owner, self._rounds.present, now)
        before, missing = sweep.known_gaps(self._database, *owner), gaps()
        again = replace(request, cursors=self._packages.cursors(), sweep=False)
        if missing and self._read_again(missing, again):  # what is new since is no gap
            missing = gaps()
        # What reading everything did not bring the last time is asked for once a week.
        missing = {name: n for name, n in missing.items() if n != before.get(name) or now.weekday() == REPAIR_DAY}
        if missing and self._read_again(missing, replace(again, cursors={}, full=True, kept=None)):
            gaps()

    def _read_again(self, resources: Iterable[str], request: Request) -> bool:
        """Read and commit these resources once more; whether that worked."""
        wanted = list(resources)
        return self._rounds.read(request, wanted) == wanted
