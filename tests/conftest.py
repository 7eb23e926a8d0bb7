"""The real components that tests run against: one embedded Postgres a session, one fresh database a test."""

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest

from pipelines.warehouse import embedded, home, migrate, roles
from pipelines.warehouse.connection import Warehouse

RECORDED = Path(__file__).parents[2] / "shared" / "data"
CONTRACTS = Path(__file__).parents[2] / "shared" / "contracts"
MEMORY = Path("/dev/shm")
ROOM = 4 << 30  # bytes: what the suite's databases never fill
_numbers = count()

# What a developer's shell may hold must not decide a test.
for name in [name for name in os.environ if name.startswith("CLEARSIGNAL_") or name == "DATABASE_URL"]:
    del os.environ[name]
os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ["DO_NOT_TRACK"] = "1"


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """The embedded server with a migrated database that the others are cloned from."""
    with quick_folder(tmp_path_factory) as folder:
        url = embedded.start(folder, free_port())
        template = Warehouse(url, home.secret_key(folder), folder)
        with template.connect_as_administrator(autocommit=True) as connection:
            connection.execute("alter system set fsync = off")  # a test's data need not survive the machine
            connection.execute("select pg_reload_conf()")
        migrate.migrate(template)
        yield template
        embedded.stop(folder)


@contextmanager
def quick_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in memory, where there is room: the 500 files of a new database take a disk ten times as long."""
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        with tempfile.TemporaryDirectory(prefix="clearsignal-tests-", dir=MEMORY) as folder:
            yield Path(folder)
    else:
        yield tmp_path_factory.mktemp("postgres")


def unmade(postgres: Warehouse, folder: Path) -> Warehouse:
    """A name that no other database has, and as long as every other: see tests/parsed.py. Nothing is created."""
    name = f"test_{os.getpid()}_{next(_numbers):05}"
    return Warehouse(f"{postgres.admin_url.rsplit('/', 1)[0]}/{name}", postgres.secret_key, folder)


def clone(postgres: Warehouse, folder: Path, template: str = "clearsignal") -> Warehouse:
    """A migrated database of its own, in a few hundredths of a second."""
    cloned = unmade(postgres, folder)
    name = cloned.parts("owner")["dbname"]
    with psycopg.connect(f"{postgres.admin_url.rsplit('/', 1)[0]}/postgres", autocommit=True) as connection:
        connection.execute(f"create database {name} template {template} strategy wal_log")
    roles.ensure(cloned)  # grants on a database are not copied with it
    return cloned


def drop(postgres: Warehouse, cloned: Warehouse) -> None:
    """Remove the database and Dagster's beside it, whoever is still connected."""
    name = cloned.parts("owner")["dbname"]
    with psycopg.connect(f"{postgres.admin_url.rsplit('/', 1)[0]}/postgres", autocommit=True) as connection:
        for database in (name, f"{name}_dagster"):
            connection.execute(f"drop database if exists {database} with (force)")


@pytest.fixture
def warehouse(postgres: Warehouse, tmp_path: Path) -> Iterator[Warehouse]:
    """An empty, migrated warehouse for one test."""
    cloned = clone(postgres, tmp_path)
    yield cloned
    drop(postgres, cloned)


@pytest.fixture(scope="module")
def shared_warehouse(postgres: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """A warehouse that the tests of one module fill once and then read."""
    cloned = clone(postgres, tmp_path_factory.mktemp("home"))
    yield cloned
    drop(postgres, cloned)


@pytest.fixture(scope="session")
def recorded() -> Path:
    """The folder of recorded API answers, which lies beside the checkout where there is one."""
    if not RECORDED.is_dir():
        pytest.skip("recorded API answers (../shared/data) are not on this machine")
    return RECORDED


@pytest.fixture(scope="session")
def contracts() -> Path:
    """The folder of the providers' own API descriptions."""
    if not CONTRACTS.is_dir():
        pytest.skip("the providers' API descriptions (../shared/contracts) are not on this machine")
    return CONTRACTS


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
