"""Check runs of the commits that pull requests end in, and what they say of coverage."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from pipelines.simulator import github_checks
from pipelines.simulator.company import Charter
from pipelines.simulator.server import Running, running
from pipelines.warehouse.connection import Warehouse
from tests.pipelines.syncs import NOW, connect, sync


@pytest.fixture
def world() -> Iterator[Running]:
    with running([Charter("acme", days=6)]) as made:
        yield made


def kept(warehouse: Warehouse) -> set[tuple]:
    with warehouse.connect("loader") as database:
        return set(database.execute("select id, head_sha, status, output_title from raw_github.check_runs").fetchall())


def truth(world: Running) -> set[tuple]:
    company = world.world.company("acme")
    assert company is not None
    return {
        (check["id"], check["head_sha"], check["status"], check["output"]["title"])
        for one in company.repositories.values()
        for sha in {*(pull.head_sha for pull in one.pull_requests), one.head}
        for check in github_checks.of_commit(one, sha)
    }


def test_the_checks_of_every_recent_head_are_loaded_and_not_asked_for_again(warehouse, world):
    tenant = connect(warehouse, world.url, "github")
    (outcome,) = sync(warehouse, "github", tenant)
    assert outcome.error is None
    assert kept(warehouse) == truth(world)
    told = {title is not None for *_, title in kept(warehouse)}
    assert told == {True, False}  # some tell their coverage

    heads = {sha for _, sha, *_ in kept(warehouse)}
    for sha in heads:
        world.fault(f"*/commits/{sha}/check-runs", "401")
    (outcome,) = sync(warehouse, "github", tenant)
    assert outcome.error is None  # nobody asked
    world.clear_faults()

    world.advance(days=1)
    (outcome,) = sync(warehouse, "github", tenant, now=NOW + timedelta(days=1))
    assert outcome.error is None
    assert truth(world) <= kept(warehouse)


def test_a_commit_that_went_with_its_fork_keeps_none_from_the_others(warehouse, world):
    company = world.world.company("acme")
    assert company is not None
    pull = company.pull_requests[-1]
    pull.head_sha = "0" * 40
    tenant = connect(warehouse, world.url, "github")
    (outcome,) = sync(warehouse, "github", tenant)
    assert outcome.error is None
    assert len(kept(warehouse)) > 0


def test_without_the_right_to_checks_the_rest_is_read(warehouse, world):
    world.fault("*/check-runs", "403_permission")
    tenant = connect(warehouse, world.url, "github")
    (outcome,) = sync(warehouse, "github", tenant)
    assert (outcome.error.error_class, outcome.failed) == ("permission", ("check_runs",))
    assert outcome.rows["commits"] > 0
