"""kill -9 of a load at random points: after the next healthy one, raw equals the simulator's own books.

`make test ARGS='-m soak tests/pipelines/test_kills.py -s'` kills at 100 points of a 50,000-row sync; `KILL_POINTS` is
how many, `KILL_SEED` draws others. CI takes ten points of the same kind in a younger company.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.raw_schema import ensure_tables
from pipelines.raw_tables import RAW
from pipelines.simulator.company import Charter
from pipelines.simulator.server import Running, running
from pipelines.tenants import Tenant
from pipelines.warehouse.connection import Warehouse
from tests.pipelines.books import books, checksums, raw
from tests.pipelines.syncs import NOW, connect, sync

POINTS, SEED = int(os.environ.get("KILL_POINTS", "100")), int(os.environ.get("KILL_SEED", "1"))
SHARES = {"github": 0.5, "jira": 0.3, "hubspot": 0.2}  # of the points
KILLS_A_TENANT = 5  # one after the other, before it may end well
LEAST_SECONDS = 0.3  # of a load in which a point is drawn
LOAD = """
import sys
from datetime import datetime
from pathlib import Path
from pipelines import load, packages
from pipelines.warehouse.connection import Warehouse
packages.PACKAGE_ROWS = int(sys.argv[6])
warehouse = Warehouse(sys.argv[1], bytes.fromhex(sys.argv[2]), Path(sys.argv[3]))
print("ready", flush=True)
for outcome in load.sync(warehouse, sys.argv[4], [sys.argv[5]], now=datetime.fromisoformat(sys.argv[7])):
    assert outcome.error is None, outcome.error
"""


@pytest.fixture(scope="module")
def young() -> Iterator[Running]:
    with running([Charter("acme", days=14)]) as made:
        yield made


@pytest.fixture(scope="module")
def grown() -> Iterator[Running]:
    """A company of some 50,000 rows, nearly nine tenths of them GitHub's."""
    with running([Charter("acme", days=200, pull_requests_per_day=9.5)]) as made:
        made.world.settings |= {"github_rate_limit": 10**9, "github_points_limit": 10**9}  # many first syncs in an hour
        yield made


@pytest.mark.slow
@pytest.mark.parametrize("source", SHARES)
def test_ten_kills(warehouse: Warehouse, young: Running, source: str) -> None:
    _kill_and_compare(warehouse, young, source, round(10 * SHARES[source]), package_rows=200)


@pytest.mark.soak
@pytest.mark.parametrize("source", SHARES)
def test_a_hundred_kills_of_a_large_sync(warehouse: Warehouse, grown: Running, source: str) -> None:
    assert sum(len(rows) for one in SHARES for rows in books(grown, one).values()) >= 50_000
    _kill_and_compare(warehouse, grown, source, round(POINTS * SHARES[source]), package_rows=5_000)


@pytest.mark.parametrize("is_first", [True, False], ids=["by dlt", "by a small package"])
def test_what_the_server_goes_on_to_commit_for_a_killed_load_is_recorded(
    warehouse: Warehouse, young: Running, is_first: bool
) -> None:
    """The load after it is killed too, as soon as it has looked."""
    ensure_tables(warehouse, ["jira"])
    if not is_first:
        sync(warehouse, "jira", connect(warehouse, young.url, "jira", slug="before"))
    tenant = connect(warehouse, young.url, "jira")
    with warehouse.connect("loader") as blocking:
        blocking.execute("lock table raw_jira.issues in share row exclusive mode")
        for waits_for in ("locktype = 'relation'", "classid = hashtext('landing')::oid"):
            process = _load(warehouse, "jira", tenant, package_rows=50_000)
            _await_one_who_waits(warehouse, waits_for)
            assert _killed(process, 0)

    (outcome,) = sync(warehouse, "jira", tenant)

    assert outcome.error is None
    assert _unseen(warehouse, "jira") == {}


def _await_one_who_waits(warehouse: Warehouse, waits_for: str) -> None:
    deadline = time.monotonic() + 30
    with warehouse.connect("loader", autocommit=True) as database:
        while time.monotonic() < deadline:
            query = f"select from pg_locks where not granted and {waits_for}"
            if database.execute(query).fetchone() is not None:  # type: ignore[arg-type]
                return
            time.sleep(0.01)
    pytest.fail(f"nobody waits for a lock: {waits_for}")


def _kill_and_compare(warehouse: Warehouse, simulator: Running, source: str, points: int, package_rows: int) -> None:
    chance, expected = random.Random(f"{SEED} {source}"), books(simulator, source)
    whole = connect(warehouse, simulator.url, source, slug="whole")
    seconds = _seconds_of(_load(warehouse, source, whole, package_rows))
    _check(warehouse, source, whole, expected)
    left, number = points, 0
    while left:
        number += 1
        tenant = connect(warehouse, simulator.url, source, slug=f"killed-{number}")
        for _ in range(min(left, KILLS_A_TENANT)):
            after = chance.uniform(0, seconds)
            if not _killed(_load(warehouse, source, tenant, package_rows), after):
                break  # it had less to do than a first sync: nothing was left to kill
            left -= 1
            print(f"{source}: killed after {after:.2f} of {seconds:.2f} s; {left} to go", flush=True)
        (outcome,) = sync(warehouse, source, tenant, now=NOW)
        assert outcome.error is None
        _check(warehouse, source, tenant, expected)


def _check(warehouse: Warehouse, source: str, tenant: Tenant, expected: dict) -> None:
    found = raw(warehouse, source, tenant)
    assert {name: found[name] ^ rows for name, rows in expected.items() if found[name] != rows} == {}
    assert checksums(found) == checksums(expected)
    with warehouse.connect("loader") as database:
        assert database.execute("select count(*) from app.sync_run where status = 'running'").fetchone() == (0,)
    assert _unseen(warehouse, source) == {}


def _unseen(warehouse: Warehouse, source: str) -> dict[str, int]:
    """How many rows of each table are in no package that a build would read."""
    found = {}
    with warehouse.connect("loader") as database:
        for name in RAW[source]:
            query = f"select from raw_{source}.{name} where _dlt_load_id not in (select load_id from app.load_package)"
            found[name] = database.execute(query).rowcount  # type: ignore[arg-type]
    return {name: count for name, count in found.items() if count}


def _load(warehouse: Warehouse, source: str, tenant: Tenant, package_rows: int) -> subprocess.Popen[bytes]:
    """A load in a process of its own, about to ask its first question."""
    given = [warehouse.admin_url, warehouse.secret_key.hex(), str(warehouse.home), source, tenant.partition_key]
    process = subprocess.Popen(
        [sys.executable, "-c", LOAD, *given, str(package_rows), NOW.isoformat()], stdout=subprocess.PIPE, cwd=Path.cwd()
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def _seconds_of(process: subprocess.Popen[bytes]) -> float:
    begun = time.monotonic()
    assert process.wait() == 0
    return max(LEAST_SECONDS, time.monotonic() - begun)


def _killed(process: subprocess.Popen[bytes], after: float) -> bool:
    """Whether it was still at work then."""
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL
