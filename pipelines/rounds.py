"""Rounds of a sync: its resources are read, at once those that do not need each other, and committed as they come."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import takewhile

from pipelines import renames
from pipelines.fair_turns import Turn
from pipelines.holds import WHOLE
from pipelines.http import Stopped
from pipelines.outcomes import Outcome, unexpected
from pipelines.packages import Packages
from pipelines.sources import module_of
from pipelines.sources.readers import Ended, Readers
from pipelines.sources.reading import THREADS, Gone, Present, Reached, Request, Rows
from pipelines.stored_connections import StoredConnection
from pipelines.sync_error import UNEXPECTED, SyncError

Item = Rows | Reached | Present | Gone


class Rounds:
    """Those of one sync. What failed in one is not read in the next; `present` is what all have told."""

    def __init__(self, stored: StoredConnection, packages: Packages, outcome: Outcome, turn: Turn) -> None:
        self._stored, self._packages, self._outcome, self._turn = stored, packages, outcome, turn
        self._module = module_of(stored.source)
        self._waiting: list[str] = []  # resources of this round that are not read yet
        self._reading: dict[str, list[Present]] = {}  # those that are being read, with what they told so far
        self.present: list[tuple[str, Present]] = []  # with the resource that told
        self.is_stopped = False  # by an error that is the whole connection's

    def read(self, request: Request, resources: list[str], *, goes_on: bool = False) -> list[str]:
        """Read and commit these, at once what does not need another; those that did not fail.

        Where one stops the connection, the others come to their end with what has been read of them. With `goes_on` the
        last package is still being loaded: another round follows.
        """
        self._waiting, self._reading = list(resources), {}
        done: list[str] = []
        most = max(1, len(resources))
        with (
            ThreadPoolExecutor(most) as pool,
            ThreadPoolExecutor(THREADS) as request.threads,
            Readers(pool, self._turn.awaiting) as readers,
        ):
            try:
                self._begin(readers, request)
                for resource, item in readers:
                    if isinstance(item, Ended):
                        done += self._ended(resource, item.error)
                        self._begin(readers, request)
                    elif not self._take_in(resource, item, request):
                        readers.drop(resource)
                    if self.is_stopped:
                        request.client.stop()
            except BaseException:
                request.client.stop()  # nobody takes what they read
                raise
        if self.is_stopped and self._outcome.error is not None:
            self._packages.journal.skip(self._waiting, self._outcome.error)
        self._packages.hand_over()
        if not goes_on:
            self._packages.finish()
        return [resource for resource in resources if resource in done]

    def _begin(self, readers: Readers, request: Request) -> None:
        """Start what waits for nothing any more."""
        if self.is_stopped:
            return
        ready = [resource for resource in self._waiting if self._is_ready(resource)]
        self._waiting = [resource for resource in self._waiting if resource not in ready]
        self._packages.journal.begin(ready)
        for resource in ready:
            self._reading[resource] = []
            readers.start(resource, partial(self._module.RESOURCES[resource], request))

    def _is_ready(self, resource: str) -> bool:
        """Whether all have ended that this one needs: the first one, for what stops it stops them all, and those that
        its source names. A source that names none has its resources read one after another."""
        before = list(takewhile(lambda one: one != resource, self._module.RESOURCES))
        needs: Mapping[str, tuple[str, ...]] | None = getattr(self._module, "NEEDS", None)
        if needs is not None:
            before = [*before[:1], *needs.get(resource, ())]
        return not any(one in self._reading or one in self._waiting for one in before)

    def _take_in(self, resource: str, item: Item, request: Request) -> bool:
        """Take what was read into the package, and commit that where it is due; whether the resource is read on."""
        if resource in self._outcome.failed:
            return False
        try:
            self._keep(resource, item, request)
        except SyncError as error:
            self._failed(resource, error)
        except UNEXPECTED as error:
            self._failed(resource, self._unexpected(resource, error))
        if self._packages.is_loaded:
            self._packages.finish()
        if self._packages.is_due or self._turn.is_over:
            self._packages.hand_over(but=self._reading)
            if self._turn.is_over:
                self._packages.finish()  # what waits for its next turn keeps but the pages under way
                self._turn.give_way()
            self._packages.backfill.waited()
        return resource not in self._outcome.failed

    def _keep(self, resource: str, item: Item, request: Request) -> None:
        if isinstance(item, Present):
            self._reading[resource].append(item)
            return
        if isinstance(item, Rows):
            item = Rows(item.table, list(item.rows))
            if item.table == renames.TABLE and (moved := self._packages.follow(item.rows)):
                request.cursors = {} if request.full else {**request.cursors, **moved}
        self._packages.keep(resource, item)

    def _ended(self, resource: str, error: BaseException | None) -> list[str]:
        """A resource that was read is done, and what it told is present counts: it, or nothing where it failed."""
        present = self._reading.pop(resource)
        if resource in self._outcome.failed:
            return []
        if error is None:
            self.present += [(resource, one) for one in present]
            return [resource]
        if self.is_stopped and isinstance(error, (Stopped, SyncError)) and self._outcome.error is not None:
            self._packages.journal.skip([resource], self._outcome.error)
        elif isinstance(error, SyncError):
            self._failed(resource, error)
        elif isinstance(error, UNEXPECTED):
            self._failed(resource, self._unexpected(resource, error))
        else:
            raise error
        return []

    def _unexpected(self, resource: str, error: BaseException) -> SyncError:
        return unexpected(self._stored, f"an answer about {resource}", error)

    def _failed(self, resource: str, error: SyncError) -> None:
        error = error.scrubbed(self._stored.secrets)
        self._packages.journal.fail([resource], error)
        is_the_connections = error.stops_the_connection or resource == getattr(self._module, "ROOT", "")
        self.is_stopped = self.is_stopped or is_the_connections
        self._packages.holds.failed(WHOLE if is_the_connections else resource, error)
        self._outcome.error = self._outcome.error or error
        self._outcome.failed += (resource,)
