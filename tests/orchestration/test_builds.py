"""One build at a time; what a build did not publish is seen again by the next."""

from uuid import UUID, uuid4

import pytest

from orchestration import builds
from orchestration.builds import Build, BuildBusy
from pipelines import tenants
from pipelines.warehouse.connection import Warehouse


def load(warehouse: Warehouse, load_id: str, tables: list[str] | None = None) -> UUID:
    """A committed package; of webhooks where its `tables` are known. Returns its tenant."""
    tenant = tenants.create(warehouse, f"acme-{load_id}", "Acme")
    with warehouse.connect("loader") as connection:
        connection.execute(
            "insert into app.load_package (tenant_id, connection_id, load_id, source, tables)"
            " values (%s, %s, %s, 'github', %s)",
            [tenant.tenant_id, uuid4(), load_id, tables],
        )
    return tenant.tenant_id


def seen(warehouse: Warehouse) -> None:
    """A whole build has seen all tenants."""
    with warehouse.connect("transformer") as connection:
        connection.execute("create schema intermediate")
        connection.execute("create table intermediate.int_tenants__seen as select tenant_id from app.tenant")


def kill(warehouse: Warehouse, build: Build) -> None:
    """What the end of a process does to its connection; the server may notice late, so it is told and waited for."""
    assert build._session is not None
    with warehouse.connect("transformer") as connection:
        process = build._session.info.backend_pid
        gone = connection.execute("select pg_terminate_backend(%s, 30000)", [process]).fetchone()
    assert gone == (True,)
    build._session.close()


def count(warehouse: Warehouse, statement: str) -> int:
    with warehouse.connect("transformer") as connection:
        return connection.execute(statement).fetchone()[0]  # type: ignore[index]


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
    kill(warehouse, killed)

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


def test_a_build_of_a_part_takes_what_webhooks_told_and_settles_nothing(warehouse: Warehouse):
    load(warehouse, "sync")
    load(warehouse, "told", ["issues"])
    seen(warehouse)
    load(warehouse, "unseen", ["issues"])
    part, whole = Build(warehouse), Build(warehouse)
    assert part.open_partial()
    assert [(one.source, one.tables) for one in part.claim_told()] == [("github", ["issues"])]
    part.close("partial")

    assert whole.claim_packages() == 3
    assert whole.is_all_audited() is False  # nothing was ever built whole
    whole.close("succeeded")
    assert count(warehouse, builds.NEW_PACKAGES) == 0


def test_a_build_of_a_part_gives_way(warehouse: Warehouse):
    whole = Build(warehouse)
    whole.open()
    assert not Build(warehouse).open_partial()
    whole.abandon()


@pytest.mark.parametrize("is_killed", [True, False], ids=["killed", "failed"])
def test_what_a_broken_build_of_a_part_took_is_new_again_and_left_to_a_whole_one(warehouse: Warehouse, is_killed: bool):
    load(warehouse, "told", ["issues"])
    seen(warehouse)
    broken, following = Build(warehouse), Build(warehouse)
    broken.open_partial()
    assert broken.claim_told()
    if is_killed:
        kill(warehouse, broken)
    else:
        broken.release()
        broken.abandon()

    assert following.open_partial()
    assert following.held_by_whole() is None
    following.close("partial")
    assert count(warehouse, builds.NEW_PACKAGES) == 1
    assert count(warehouse, builds.DUE_PACKAGES) == 0  # the webhooks' worker has a minute
    with warehouse.connect("loader") as connection:
        connection.execute("update app.load_package set loaded_at = now() - interval '2 minutes'")
    assert count(warehouse, builds.DUE_PACKAGES) == 1


def test_what_failed_its_tests_is_built_again_with_the_next_news(warehouse: Warehouse):
    whole, first, second, forecast = (Build(warehouse) for _ in range(4))
    whole.open()
    whole.close("succeeded")
    tenant = load(warehouse, "told", ["issues"])
    seen(warehouse)
    first.open_partial()
    assert first.held_by_whole() == set()
    first.claim_told()
    first.close("partial", "a test failed", [tenant])

    assert not forecast.is_all_audited()
    forecast.close("held", "a test failed", [tenant])
    second.open_partial()
    assert second.held_by_whole() == {tenant}
    assert len(second.claim_told()) == 1
    second.close("partial")


def test_what_was_built_in_part_is_settled_by_a_whole_build_in_the_end(warehouse: Warehouse):
    load(warehouse, "told", ["issues"])
    seen(warehouse)
    part = Build(warehouse)
    part.open_partial()
    part.claim_told()
    part.close("partial")
    assert count(warehouse, builds.DUE_PACKAGES) == 0
    with warehouse.connect("transformer") as connection:
        connection.execute("update app.build set finished_at = now() - interval '16 minutes'")
    assert count(warehouse, builds.DUE_PACKAGES) == 1
