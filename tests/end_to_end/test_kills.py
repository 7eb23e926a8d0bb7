"""kill -9 at any moment loses nothing and doubles nothing."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from tests.end_to_end import conftest, tables
from tests.end_to_end import stack as house

pytestmark = pytest.mark.soak
OPEN = """
select (select count(*) from app.build where finished_at is null),
    (select count(*) from app.sync_run where status = 'running'),
    (select count(*) from pg_locks where locktype = 'advisory'
        and database = (select oid from pg_database where datname = current_database()))
"""


LOAD = """
import sys
from datetime import datetime
from pipelines import load
from pipelines.connections import SOURCES
from pipelines.warehouse.connection import Warehouse
for source in SOURCES:
    list(load.sync(Warehouse.from_environment(), source, sys.argv[2:], now=datetime.fromisoformat(sys.argv[1])))
"""


def kill(stack: house.Stack, command: list[str], after: float) -> bool:
    """Run Python and kill it after so many seconds; whether it still ran."""
    process = subprocess.Popen(
        [sys.executable, *command],
        env={**os.environ, **house.environment(stack.warehouse)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(after)
    ran = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    return ran


def test_a_killed_load_and_transform_are_made_good_by_the_next(copied, filled, postgres, tmp_path):
    chance = random.Random(7)
    copied.simulator.advance(hours=20)
    keys = [tenant.partition_key for tenant in copied.tenants.values()]
    load = ["-c", LOAD, copied.now.isoformat(), *keys]
    kills = [kill(copied, load, chance.uniform(3, 8)) for _ in range(3)]
    assert any(kills)
    copied.sync()
    transform = ["-m", "orchestration.cli", "transform"]
    kills = [kill(copied, transform, chance.uniform(8, 30)) for _ in range(3)]
    assert any(kills)

    copied.sync()
    copied.transform()

    with copied.warehouse.connect_as_administrator() as connection:
        assert connection.execute(OPEN).fetchone() == (0, 0, 0)
    raw, marts = tables.raw(copied.warehouse), tables.marts(copied.warehouse)
    with conftest.copy(filled, postgres, tmp_path / "undisturbed") as undisturbed:
        undisturbed.sync()
        undisturbed.transform()
        assert tables.differences(raw, tables.raw(undisturbed.warehouse)) == {}
        different = tables.differences(marts, tables.marts(undisturbed.warehouse))
        assert different.keys() <= {"sync_health"}, different  # it tells of the tries that were killed


def test_a_killed_api_leaves_nothing_behind(copied):
    with house.served(copied.warehouse) as api:
        before = api.rows("acme", "deployments")
        api.process.send_signal(signal.SIGKILL)
        api.process.wait()
    with copied.warehouse.connect_as_administrator() as connection:
        for _ in range(50):
            left = connection.execute(
                "select count(*) from pg_stat_activity where datname = current_database() and usename like '%_api'"
            ).fetchone()
            if left == (0,):
                break
            time.sleep(0.1)
        assert left == (0,)
    with house.served(copied.warehouse) as api:
        assert api.rows("acme", "deployments") == before
