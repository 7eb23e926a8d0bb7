"""One small world that was read and transformed once; each test takes a copy of its warehouse."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines.warehouse.connection import Warehouse
from tests import conftest, parsed
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
    original = filled.warehouse.parts("owner")["dbname"]
    with postgres.connect_as_administrator(autocommit=True) as connection:
        connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [original])
    warehouse = conftest.clone(postgres, home, template=original)
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in house.environment(warehouse).items():
            patch.setenv(variable, value)
        parsed.parse(warehouse)
        yield house.Stack(warehouse, filled.simulator)
    conftest.drop(postgres, warehouse)
