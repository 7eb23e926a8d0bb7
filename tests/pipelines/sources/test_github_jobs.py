"""Jobs of workflow runs: all attempts, asked for once each."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from pipelines.simulator.company import Charter
from pipelines.simulator.server import Running, running
from pipelines.warehouse.connection import Warehouse
from tests.pipelines.syncs import NOW, connect, sync


@pytest.fixture
def world() -> Iterator[Running]:
    with running([Charter("acme", days=6)]) as made:
        yield made


def kept(warehouse: Warehouse) -> set[tuple[int, int, str | None]]:
    with warehouse.connect("loader") as database:
        rows = database.execute("select run_id, run_attempt, conclusion from raw_github.workflow_jobs").fetchall()
    return set(rows)


def truth(world: Running) -> set[tuple[int, int, str | None]]:
    company = world.world.company("acme")
    assert company is not None
    runs = [run for one in company.repositories.values() for run in one.workflow_runs]
    return {(run.run_id, each.attempt, each.conclusion) for run in runs for each in (*run.earlier, run)}


def test_every_attempt_of_every_run_is_loaded_and_not_asked_for_again(warehouse, world):
    tenant = connect(warehouse, world.url, "github")
    (outcome,) = sync(warehouse, "github", tenant)
    assert outcome.error is None
    assert kept(warehouse) == truth(world)
    assert {attempt for _, attempt, _ in kept(warehouse)} == {1, 2}

    assert None not in {conclusion for *_, conclusion in kept(warehouse)}  # all ended
    world.fault("*/jobs", "401")
    (outcome,) = sync(warehouse, "github", tenant)
    assert outcome.error is None  # nobody asked
    world.clear_faults()

    world.advance(days=1)
    (outcome,) = sync(warehouse, "github", tenant, now=NOW + timedelta(days=1))
    assert outcome.error is None
    assert kept(warehouse) == truth(world)


def test_old_runs_keep_their_jobs_to_themselves(warehouse, world):
    tenant = connect(warehouse, world.url, "github")
    (outcome,) = sync(warehouse, "github", tenant, now=NOW + timedelta(days=60))
    assert outcome.error is None
    assert outcome.rows["workflow_runs"] > 0
    assert kept(warehouse) == set()
