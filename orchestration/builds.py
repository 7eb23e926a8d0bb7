"""The row of app.build that a transform run opens, fills and closes. One build is open at a time."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

import psycopg

from pipelines.warehouse.connection import Warehouse

LOCK = 0x636C6561  # "clea": held by the session of the open build, so a killed one frees it
WAIT = "10min"  # a forecast waits for a running transform, and the other way round
NEW_PACKAGES = "select count(*) from app.load_package where build_id is null"
# What webhooks told has a minute to be built in part; what was is settled by a whole build within a quarter of an hour.
DUE_PACKAGES = """
    select count(*)
    from app.load_package as package
    left join app.build using (build_id)
    where (package.build_id is null and (package.tables is null or package.loaded_at < now() - interval '1 minute'))
        or (package.tables is not null and build.status in ('partial', 'held')
            and coalesce(build.finished_at, build.started_at) < now() - interval '15 minutes')
"""
CLAIM = """
    update app.load_package set build_id = %(build)s
    where build_id is null
       or build_id in (select build_id from app.build where status <> 'succeeded' and build_id <> %(build)s)
"""
# What failed a test is built again with the next news, which may mend it. Of tenants that no whole build has seen,
# nothing is there that could be brought up to date.
CLAIM_TOLD = """
    update app.load_package as package set build_id = %(build)s
    from app.tenant
    where tenant.tenant_id = package.tenant_id and package.tables is not null
        and (package.build_id is null or package.build_id in (
            select build_id from app.build where status = 'partial' and held_tenants is not null
        ))
        and package.tenant_id in (select tenant_id from intermediate.int_tenants__seen)
    returning tenant.partition_key, package.source, package.tables
"""
# A row that is open while nobody holds the lock belongs to a process that is gone.
CLOSE_KILLED = """
    with killed as (
        update app.build set status = 'failed', finished_at = now(), message = 'its process ended early'
        where finished_at is null
        returning build_id
    )

    update app.load_package set build_id = null
    where tables is not null and build_id in (select build_id from killed)
"""
FORGET_PARTIAL = """
    delete from app.build
    where status = 'partial' and finished_at < now() - interval '7 days'
        and not exists (select from app.load_package as package where package.build_id = build.build_id)
"""


class Told(NamedTuple):
    """A package whose changed tables are known."""

    tenant: str  # partition key
    source: str
    tables: list[str]


class BuildBusy(Exception):
    """Another build holds the warehouse."""


@dataclass
class Build:
    """What a run knows of its build. Opened by its first step, closed by publish or abandoned at the end."""

    warehouse: Warehouse
    build_id: int | None = None
    is_full: bool = False
    is_known_code: bool = False  # all tables and views were made by the code of this run
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
        session.execute(FORGET_PARTIAL)  # webhooks make many of them
        return self._begin(session, "running", is_full)

    def open_partial(self) -> bool:
        """Begin a build of some models; False where another build is at work, which is not waited for.

        It settles nothing: for the next whole build what it read is as new as before, so models that it leaves out,
        and whatever it breaks, lose nothing.
        """
        session = self.warehouse.connect("transformer", autocommit=True)
        row = session.execute("select pg_try_advisory_lock(%s)", [LOCK]).fetchone()
        if row != (True,):
            session.close()
            return False
        self._begin(session, "partial", is_full=False)
        return True

    def _begin(self, session: psycopg.Connection, status: str, is_full: bool) -> int:
        session.execute(CLOSE_KILLED)
        row = session.execute(
            "insert into app.build (started_at, status, is_full) values (now(), %s, %s) returning build_id",
            [status, is_full],
        ).fetchone()
        assert row is not None
        self._session, self.build_id, self.is_full = session, row[0], is_full
        return row[0]

    def claim_packages(self) -> int:
        """Give this build every loaded package that no successful build has seen. Returns how many."""
        build_id = self.open()
        assert self._session is not None
        return self._session.execute(CLAIM, {"build": build_id}).rowcount

    def claim_told(self) -> list[Told]:
        """Give this build the new packages whose tables are known."""
        assert self._session is not None
        return [Told(*row) for row in self._session.execute(CLAIM_TOLD, {"build": self.build_id}).fetchall()]

    def release(self) -> None:
        """Make the packages of this build new again, while it is open."""
        if self._session is not None:
            self._session.execute("update app.load_package set build_id = null where build_id = %s", [self.build_id])

    def is_all_audited(self) -> bool:
        """Whether every build since the last whole one that succeeded passed its own tests."""
        self.open()
        assert self._session is not None
        row = self._session.execute(
            "select status from app.build where build_id < %s and (status <> 'partial' or held_tenants is not null)"
            " order by build_id desc limit 1",
            [self.build_id],
        ).fetchone()
        return row == ("succeeded",)

    def held_by_whole(self) -> set[UUID] | None:
        """The tenants that the last whole build held; None where it failed, or could not say whose a failure was."""
        assert self._session is not None
        row = self._session.execute(
            "select status, held_tenants from app.build where build_id < %s and status <> 'partial'"
            " order by build_id desc limit 1",
            [self.build_id],
        ).fetchone()
        if row is None or row[0] not in ("succeeded", "held") or (row[0] == "held" and not row[1]):
            return None
        return set(row[1] or ())

    def close(self, status: str, message: str | None = None, held: Collection[UUID] = ()) -> None:
        """Write the outcome: succeeded, partial, held (an audit failed) or failed."""
        if self._session is None:
            return
        self._session.execute(
            "update app.build set status = %s, finished_at = now(), message = %s, held_tenants = %s"
            " where build_id = %s",
            [status, message, list(held) or None, self.build_id],
        )
        self._session.execute("select pg_advisory_unlock(%s)", [LOCK])  # the server notices later that we hung up
        self._session.close()
        self._session = None

    def abandon(self) -> None:
        """A run that ended before it published: its packages stay new."""
        self.close("failed", "the run ended before it published")
