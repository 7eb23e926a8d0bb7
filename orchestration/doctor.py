"""`clearsignal doctor`: everything checked by its effect, each finding with its cure."""

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from orchestration import home_lock, ports, staleness
from pipelines.warehouse import home
from pipelines.warehouse.connection import Warehouse

WELL, WARNING, BAD = "✓", "!", "✗"
NEEDED_BYTES = 700 * 2**20
NEEDED_MEMORY = 2 * 2**30
CLOCK_SECONDS = 60.0
HEARTBEAT_SECONDS = 120.0
UNWALLED = """
select count(*) from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
where n.nspname = 'marts' and c.relkind in ('r', 'p') and not (c.relrowsecurity and c.relforcerowsecurity)
"""


@dataclass
class Finding:
    """One check's result: ✓, ! (works, but) or ✗, and what to do."""

    name: str
    mark: str
    text: str
    cure: str = ""
    seconds: float = 0.0


def examine() -> list[Finding]:
    """All checks. Those that need the database are left out where there is none."""
    findings = [_timed(check) for check in (_python, _lock, _folder, _memory, _ports)]
    warehouse: Warehouse | None = None

    def database() -> Finding:
        nonlocal warehouse
        warehouse = Warehouse.from_environment()
        return _database(warehouse)

    findings.append(_timed(database))
    if warehouse is not None and findings[-1].mark != BAD:
        here = warehouse
        for check in (_migrations, _walls, _contracts, _clock, _daemon):
            findings.append(_timed(lambda check=check: check(here), check.__name__.strip("_")))  # type: ignore[misc]
        findings += [_timed(lambda source=source: _fresh(here, source), source) for source in _sources(here)]  # type: ignore[misc]
    return findings


def _timed(check: Callable[[], Finding], name: str = "") -> Finding:
    began = time.monotonic()
    try:
        found = check()
    except Exception as error:  # a check that cannot be made is a finding, and the others still count
        said = " ".join(str(error).split())
        text, _, cure = said.partition(" Do: ")
        found = Finding(name or check.__name__.strip("_"), BAD, text or type(error).__name__, cure or "make up")
    found.seconds = time.monotonic() - began
    return found


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    fits = (3, 11) <= sys.version_info[:2] <= (3, 13)
    return Finding("python", WELL if fits else BAD, version, "" if fits else "use Python 3.11, 3.12 or 3.13")


def _lock() -> Finding:
    holder = home_lock.holder(home.home())
    return Finding("stack", WELL, f"runs (pid {holder})" if holder else "does not run")


def _folder() -> Finding:
    folder = home.home()
    probe = folder / ".probe"
    try:
        probe.write_bytes(b"0" * 65536)
    finally:
        probe.unlink(missing_ok=True)
    free = shutil.disk_usage(folder).free
    text = f"{free / 2**30:.1f} GB free below {folder}"
    return Finding("disk", WELL, text) if free > NEEDED_BYTES else Finding("disk", BAD, text, "make room: 700 MB")


def _memory() -> Finding:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return Finding("memory", WELL, "not told by this system")
    free = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    text = f"{free / 2**30:.1f} GB available"
    running = home_lock.holder(home.home())
    return Finding("memory", WELL, text) if running or free > NEEDED_MEMORY else Finding(
        "memory", WARNING, text, "2 GB let a start go without swapping"
    )  # fmt: skip


def _ports() -> Finding:
    chosen = ports.remembered(home.home())
    text = ", ".join(f"{name.lower()} {port}" for name, port in chosen.items())
    if home_lock.holder(home.home()):
        return Finding("ports", WELL, text)
    taken = [(name, port) for name, port in chosen.items() if not ports.is_free(port)]
    if not taken:
        return Finding("ports", WELL, text)
    name, port = taken[0]
    return Finding(
        "ports",
        WARNING,
        f"{port} is held by {ports.holder(port)}",
        f"set CLEARSIGNAL_{name}_PORT, or let the next start choose",
    )


def _database(warehouse: Warehouse) -> Finding:
    try:
        with warehouse.connect_as_administrator(connect_timeout=5) as connection:
            version = connection.info.server_version
            vector = connection.execute("select extversion from pg_extension where extname = 'vector'").fetchone()
    except psycopg.Error as error:
        return Finding("database", BAD, str(error).strip().splitlines()[0], "start it, or correct DATABASE_URL")
    text = f"PostgreSQL {version // 10000}.{version % 10000}, pgvector {vector[0] if vector else 'absent'}"
    if version < 160000:
        return Finding("database", BAD, text, "use PostgreSQL 16 or newer")
    if not vector:
        return Finding("database", BAD, text, "install pgvector, then make up")
    for role in ("owner", "loader", "transformer", "api"):
        try:
            warehouse.connect(role, connect_timeout=5).close()
        except psycopg.OperationalError:
            return Finding(
                "database", BAD, f"role clearsignal_{role} cannot sign in", "make up; check CLEARSIGNAL_SECRET_KEY"
            )
    return Finding("database", WELL, text)


def _migrations(warehouse: Warehouse) -> Finding:
    from pipelines.warehouse import migrate

    at, newest = migrate.current(warehouse), migrate.newest()
    if at == newest:
        return Finding("migrations", WELL, f"revision {at}")
    return Finding("migrations", BAD, f"revision {at} of {newest}", "make up")


def _walls(warehouse: Warehouse) -> Finding:
    with warehouse.connect_as_administrator() as connection:
        row = connection.execute(UNWALLED).fetchone()
    open_tables = row[0] if row else 0
    if open_tables:
        return Finding("row security", BAD, f"{open_tables} marts have none", "clearsignal transform --full")
    return Finding("row security", WELL, "on every mart")


def _contracts(warehouse: Warehouse) -> Finding:
    import dbt_project
    from pipelines import contracts

    marts = contracts.read(dbt_project.manifest_path(warehouse.home))
    with warehouse.connect("transformer") as connection:
        rows = connection.execute("select mart, contract_checksum from app.mart_publication").fetchall()
    published: dict[str, str] = dict(rows)
    if not published:
        return Finding("contracts", WARNING, "nothing is published yet", "make up, or clearsignal transform")
    other = sorted(name for name, mart in marts.items() if published.get(name) != mart.checksum)
    if other:
        return Finding("contracts", WARNING, f"not as published: {', '.join(other)}", "clearsignal transform --full")
    return Finding("contracts", WELL, f"{len(marts)} marts as published")


def _clock(warehouse: Warehouse) -> Finding:
    with warehouse.connect("api") as connection:
        row = connection.execute("select clock_timestamp()").fetchone()
    assert row is not None
    off = abs((row[0] - datetime.now(UTC)).total_seconds())
    if off > CLOCK_SECONDS:
        return Finding("clock", WARNING, f"{off:.0f} s from the database's", "set both by NTP")
    return Finding("clock", WELL, f"{off:.1f} s from the database's")


def _daemon(warehouse: Warehouse) -> Finding:
    with psycopg.connect(warehouse.dagster_url, connect_timeout=5) as connection:
        try:
            row = connection.execute("select max(timestamp) from daemon_heartbeats").fetchone()
        except psycopg.errors.UndefinedTable:
            row = None
    if not row or row[0] is None:
        return Finding("daemon", WARNING, "has never run", "make up")
    age = (datetime.now(UTC) - row[0].replace(tzinfo=UTC)).total_seconds()
    if age > HEARTBEAT_SECONDS:
        return Finding("daemon", WARNING, f"last heartbeat {age:.0f} s ago", "make up: schedules stand still")
    return Finding("daemon", WELL, f"heartbeat {age:.0f} s ago")


def _sources(warehouse: Warehouse) -> Iterator[str]:
    with warehouse.connect("loader") as connection:
        rows = connection.execute("select distinct source from app.connection order by source").fetchall()
    return (row[0] for row in rows)


def _fresh(warehouse: Warehouse, source: str) -> Finding:
    stale = staleness.stale_tenants(warehouse, source)
    if not stale:
        return Finding(source, WELL, "every tenant is fresh")
    first = stale[0]
    more = f" and {len(stale) - 1} more" if len(stale) > 1 else ""
    return Finding(source, WARNING, f"{first.tenant}{more}: {first.error[:100]}", first.cure)
