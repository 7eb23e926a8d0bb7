"""What webhooks told is published at once, by a build of a part; whatever ends that build, nothing is lost."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import dagster as dg
import pytest
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

import dbt_project
from orchestration import audit, downstream, environment
from orchestration.assets.transform import checks
from orchestration.builds import LOCK
from orchestration.dbt import Dbt
from orchestration.live import Live
from orchestration.models import ATTRIBUTED, FIRST, Manifest
from pipelines import stored_connections
from pipelines.warehouse.connection import Warehouse
from tests import conftest
from tests.end_to_end import stack as house
from tests.end_to_end import tables
from tests.pipelines.webhooks.told import apply_all, store, told

pytestmark = pytest.mark.slow
SUCCEEDED = AssetCheckExecutionRecordStatus.SUCCEEDED
LAST = "select status, message, held_tenants from app.build order by build_id desc limit 1"
KILL = """
import os, signal
from orchestration import live
from pipelines.warehouse.connection import Warehouse

live.audit.held = lambda *given: os.kill(os.getpid(), signal.SIGKILL)  # built and tested, not published
live.Live(Warehouse.from_environment()).refresh()
"""


@pytest.fixture
def acme(postgres: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[house.Stack]:
    """One company, read and transformed."""
    warehouse = conftest.clone(postgres, tmp_path_factory.mktemp("live"))
    with pytest.MonkeyPatch.context() as patch, house.companies(6, days=12, slugs=("acme",)) as simulator:
        for name, value in house.environment(warehouse).items():
            patch.setenv(name, value)
        stack = house.Stack(warehouse, simulator)
        stack.sync()
        stack.transform()
        environment.enter(warehouse)
        yield stack
    conftest.drop(postgres, warehouse)


def tell(stack: house.Stack, days: int) -> None:
    """GitHub tells what happened in these days, and it is applied."""
    since = stack.simulator.world.clock.now()
    stack.simulator.advance(days=days)
    (stored,) = stored_connections.of(stack.warehouse, stack.tenants["acme"], "github")
    store(stack.warehouse, stored, told(stack.simulator, "github", since))
    assert set(apply_all(stack.warehouse)) <= {"applied", "ignored"}


def ask(stack: house.Stack, statement: str) -> list[tuple]:
    with stack.warehouse.connect("transformer") as connection:
        return connection.execute(statement).fetchall()  # type: ignore[call-overload]


def settle(live: Live) -> None:
    """Until there is nothing left to build and to tell Dagster."""
    for _ in range(20):
        if live.refresh():
            return
    pytest.fail("the live build never ends")


def behind(instance: dg.DagsterInstance, manifest: Manifest) -> set[str]:
    """The checks that Dagster shows as failed, or as none of their table's newest rows."""
    specs = [*checks(manifest, FIRST).values(), *checks(manifest, ATTRIBUTED).values()]
    made = {key: instance.get_latest_materialization_event(key) for key in {spec.asset_key for spec in specs}}
    found = instance.event_log_storage.get_latest_asset_check_execution_by_key([spec.key for spec in specs])
    assert len(found) == len(specs)
    return {
        spec.key.to_user_string()
        for spec in specs
        if (event := made[spec.asset_key]) is not None
        and (found[spec.key].status != SUCCEEDED or found[spec.key].event.timestamp < event.timestamp)
    }


def test_what_was_told_is_published_at_once_and_a_kill_loses_nothing(acme: house.Stack) -> None:
    key = dg.AssetKey(["marts", "deployments"])
    (before,) = ask(acme, "select count(*), (select count(*) from marts.pull_requests) from marts.deployments")
    with dg.DagsterInstance.get() as instance:
        live = Live(acme.warehouse)
        first = instance.get_latest_materialization_event(key)
        tell(acme, days=2)
        with acme.warehouse.connect("transformer") as another_build:
            another_build.execute("select pg_advisory_lock(%s)", [LOCK])
            assert live.refresh() is False
        settle(live)
        last = instance.get_latest_materialization_event(key)

        assert first is not None and last is not None and last.timestamp > first.timestamp
        assert behind(instance, Manifest.read(dbt_project.manifest_path(acme.warehouse.home))) == set()
        assert ask(acme, LAST) == [("partial", None, None)]
        (after,) = ask(acme, "select count(*), (select count(*) from marts.pull_requests) from marts.deployments")
        assert after[0] > before[0] and after[1] > before[1]

        tell(acme, days=1)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Dbt, "run", lambda *_, **__: pytest.fail("dbt knows these models"))
            settle(live)
        assert ask(acme, LAST) == [("partial", None, None)]
        published = tables.marts(acme.warehouse)
        acme.transform()
        manifest = Manifest.read(dbt_project.manifest_path(acme.warehouse.home))
        part = downstream.part(manifest, manifest.raw_tables({"raw_github"}))
        assert len(part.marts) > 30
        differing = tables.differences(published, tables.marts(acme.warehouse)).keys()
        assert part.marts.keys() & differing <= downstream.BY_WHOLE_BUILDS

        published = tables.marts(acme.warehouse)
        tell(acme, days=1)
        killed = subprocess.run([sys.executable, "-c", KILL], env=dict(os.environ), check=False)
        assert killed.returncode == -signal.SIGKILL
        assert live.refresh() is True  # its packages are new again, and left to a whole build
        assert ask(acme, LAST) == [("partial", "left to a whole build", None)]
        assert ask(acme, "select count(*) > 0 from app.load_package where build_id is null") == [(True,)]
        assert tables.differences(published, tables.marts(acme.warehouse)) == {}
        acme.transform()
        published = tables.marts(acme.warehouse)
        tell(acme, days=1)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(audit, "held", lambda *_: (None, "a planted failure"))
            assert live.refresh() is True  # there is nothing to try again: a whole build must do it
        assert ask(acme, LAST) == [("held", "a planted failure", None)]
        assert tables.differences(published, tables.marts(acme.warehouse)) == {}
        assert behind(instance, manifest) == set()  # the tables are new, and their checks are told all the same
    acme.transform()
    published = tables.marts(acme.warehouse)
    acme.transform(full=True)
    assert tables.differences(published, tables.marts(acme.warehouse)) == {}
