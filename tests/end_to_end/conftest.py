"""One small world that was read and transformed once; each test takes a copy of its warehouse."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from orchestration import dbt
from pipelines.warehouse import roles
from pipelines.warehouse.connection import Warehouse
from tests import conftest
from tests.end_to_end import replays
from tests.end_to_end import stack as house

SLUGS = ("acme", "initech")


@pytest.fixture(scope="session")
def filled(postgres: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[house.Stack]:
    """Two companies, twelve days old, published. Not to be changed: other tests copy it."""
    warehouse = conftest.clone(postgres, tmp_path_factory.mktemp("filled"))
    with pytest.MonkeyPatch.context() as patch, house.companies(6, days=12, slugs=SLUGS) as simulator:
        for name, value in house.environment(warehouse).items():
            patch.setenv(name, value)
        stack = house.Stack(warehouse, simulator)
        stack.sync()
        stack.transform()
        yield stack
    conftest.drop(postgres, warehouse)


@pytest.fixture(scope="session")
def replayed(postgres: Warehouse, recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """The recorded answers as tenant `ants`, in a warehouse where nothing else was ever read."""
    warehouse = conftest.clone(postgres, tmp_path_factory.mktemp("home"))
    rule = tmp_path_factory.mktemp("rule") / "replay.toml"
    rule.write_text(replays.RULE)
    done = replays.replay(warehouse, recorded, "--tenant", "ants", "--config", str(rule))
    assert done.returncode == 0, done.stderr
    assert "milestones.jsonl: unknown, not replayed" in done.stderr
    yield warehouse
    conftest.drop(postgres, warehouse)


@pytest.fixture
def copied(filled: house.Stack, postgres: Warehouse, tmp_path: Path) -> Iterator[house.Stack]:
    """A filled warehouse of one's own over the same world."""
    with copy(filled, postgres, tmp_path) as stack:
        yield stack


@contextmanager
def copy(filled: house.Stack, postgres: Warehouse, home: Path) -> Iterator[house.Stack]:
    """A copy of the filled warehouse; for as long as the block lasts, this process works on it."""
    server, number = postgres.admin_url.rsplit("/", 1)[0], next(conftest._numbers)
    name, original = f"copy_{number}", filled.warehouse.parts("owner")["dbname"]
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [original])
        connection.execute(f"create database {name} template {original} strategy wal_log")
    warehouse = Warehouse(f"{server}/{name}", postgres.secret_key, home)
    roles.ensure(warehouse)
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in house.environment(warehouse).items():
            patch.setenv(variable, value)
        dbt.Dbt(warehouse).parse()
        yield house.Stack(warehouse, filled.simulator)
    conftest.drop(postgres, warehouse)
