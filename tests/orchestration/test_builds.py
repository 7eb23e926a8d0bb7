"""One build at a time; what a build did not publish is seen again by the next."""

from uuid import uuid4

import pytest

from orchestration import builds
from orchestration.builds import Build, BuildBusy
from pipelines import tenants
from pipelines.warehouse.connection import Warehouse


def load(warehouse: Warehouse, load_id: str) -> None:
    tenant = tenants.create(warehouse, "acme", "Acme")
    with warehouse.connect("loader") as connection:
        connection.execute(
            "insert into app.load_package (tenant_id, connection_id, load_id, source) values (%s, %s, %s, 'github')",
            [tenant.tenant_id, uuid4(), load_id],
        )


def statuses(warehouse: Warehouse) -> list[str]:
    with warehouse.connect("transformer") as connection:
        return [row[0] for row in connection.execute("select status from app.build order by build_id").fetchall()]


def test_a_published_build_has_seen_its_packages(warehouse: Warehouse):
    load(warehouse, "one")
    first, second = Build(warehouse), Build(warehouse)
    assert first.claim_packages() == 1
    first.close("succeeded")
    load(warehouse, "two")

    assert second.claim_packages() == 1
    second.abandon()


@pytest.mark.parametrize("outcome", ["failed", "held"])
def test_what_a_build_did_not_publish_is_seen_again(warehouse: Warehouse, outcome: str):
    load(warehouse, "one")
    first, second = Build(warehouse), Build(warehouse)
    first.claim_packages()
    first.close(outcome, "a test failed")

    assert second.claim_packages() == 1
    second.abandon()


def test_a_build_whose_process_was_killed_counts_as_failed(warehouse: Warehouse):
    load(warehouse, "one")
    killed = Build(warehouse)
    killed.claim_packages()
    assert killed._session is not None
    killed._session.close()  # what the end of a process does to its connection

    second = Build(warehouse)
    assert second.claim_packages() == 1
    second.close("succeeded")
    assert statuses(warehouse) == ["failed", "succeeded"]


def test_a_second_build_waits_and_then_says_who_is_at_work(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(builds, "WAIT", "200ms")
    first = Build(warehouse)
    first.open()

    with pytest.raises(BuildBusy, match="Do: see its run in Dagster"):
        Build(warehouse).open()
    first.abandon()


def test_a_run_that_ends_early_leaves_a_failed_build(warehouse: Warehouse):
    build = Build(warehouse)
    build.open()
    build.abandon()

    assert statuses(warehouse) == ["failed"]
