"""The row of app.build that a transform run opens, fills and closes. One build is open at a time."""

from dataclasses import dataclass, field

import psycopg

from pipelines.warehouse.connection import Warehouse

LOCK = 0x636C6561  # "clea": held by the session of the open build, so a killed one frees it
WAIT = "10min"  # a forecast waits for a running transform, and the other way round
NEW_PACKAGES = "select count(*) from app.load_package where build_id is null"
CLAIM = """
    update app.load_package set build_id = %(build)s
    where build_id is null
       or build_id in (select build_id from app.build where status <> 'succeeded' and build_id <> %(build)s)
"""


class BuildBusy(Exception):
    """Another build holds the warehouse."""


@dataclass
class Build:
    """What a run knows of its build. Opened by its first step, closed by publish or abandoned at the end."""

    warehouse: Warehouse
    build_id: int | None = None
    is_full: bool = False
    failures: dict[str, set[str] | None] = field(default_factory=dict)  # test → its tenants, None: cannot say whose
    built: set[int] = field(default_factory=set)  # the steps that built all their models
    audited: set[int] = field(default_factory=set)  # the steps whose tests ran
    _session: psycopg.Connection | None = None

    def open(self, is_full: bool = False) -> int:
        """The id of this run's build; the row is written at the first call.

        Raises BuildBusy where another build stays open for ten minutes.
        """
        if self.build_id is not None:
            return self.build_id
        session = self.warehouse.connect("transformer", autocommit=True)
        try:
            session.execute(f"set lock_timeout = '{WAIT}'")
            session.execute("select pg_advisory_lock(%s)", [LOCK])
        except psycopg.errors.LockNotAvailable:
            session.close()
            raise BuildBusy("another build has been at work for ten minutes. Do: see its run in Dagster.") from None
        # We hold the lock, so an open row belongs to a process that is gone.
        session.execute(
            "update app.build set status = 'failed', finished_at = now(), message = 'its process ended early'"
            " where status = 'running'"
        )
        row = session.execute(
            "insert into app.build (started_at, status, is_full) values (now(), 'running', %s) returning build_id",
            [is_full],
        ).fetchone()
        assert row is not None
        self._session, self.build_id, self.is_full = session, row[0], is_full
        return row[0]

    def claim_packages(self) -> int:
        """Give this build every loaded package that no successful build has seen. Returns how many."""
        build_id = self.open()
        assert self._session is not None
        return self._session.execute(CLAIM, {"build": build_id}).rowcount

    def previous_status(self) -> str | None:
        """How the build before this one ended."""
        self.open()
        assert self._session is not None
        row = self._session.execute(
            "select status from app.build where build_id < %s order by build_id desc limit 1", [self.build_id]
        ).fetchone()
        return row[0] if row else None

    def close(self, status: str, message: str | None = None) -> None:
        """Write the outcome: succeeded, held (an audit failed) or failed."""
        if self._session is None:
            return
        self._session.execute(
            "update app.build set status = %s, finished_at = now(), message = %s where build_id = %s",
            [status, message, self.build_id],
        )
        self._session.close()
        self._session = None

    def abandon(self) -> None:
        """A run that ended before it published: its packages stay new."""
        self.close("failed", "the run ended before it published")
