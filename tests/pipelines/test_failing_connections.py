"""Who fails waits alone: limits until their time, failures longer each time, refusals until somebody helps."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from pipelines import connection_changes, holds, stored_connections
from pipelines.connection_changes import Author
from pipelines.outcomes import Outcome
from pipelines.simulator.company import Charter
from pipelines.simulator.server import Running, running
from pipelines.sync_error import SyncError
from pipelines.tenants import Tenant
from pipelines.warehouse.connection import Warehouse
from tests.pipelines.syncs import NOW, config, connect, sync

MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def simulator() -> Iterator[Running]:
    with running([Charter("acme", days=9)]) as made:
        yield made


@pytest.fixture
def world(simulator: Running) -> Iterator[Running]:
    """The module's world; its faults end with the test."""
    yield simulator
    simulator.clear_faults()


def one(warehouse: Warehouse, source: str, tenant: Tenant, now: datetime = NOW, **options: Any) -> Outcome:
    (outcome,) = sync(warehouse, source, tenant, now=now, **options)
    return outcome


def paused(warehouse: Warehouse, tenant: Tenant) -> tuple[bool, str | None]:
    with warehouse.connect("loader") as database:
        row = database.execute("select is_paused, paused_reason from app.connection where tenant_id = %s",
                               [tenant.tenant_id]).fetchone()  # fmt: skip
    assert row is not None
    return row


def test_a_limit_pauses_its_connection_until_the_time_it_named_and_nobody_else(
    warehouse: Warehouse, world: Running
) -> None:
    limited = connect(warehouse, world.url, "hubspot")
    world.fault("*/tickets", "429", retry_after=600)
    assert one(warehouse, "hubspot", limited).error.error_class == "rate_limited"
    world.clear_faults()
    other = connect(warehouse, world.url, "hubspot", slug="other")

    early = {o.tenant: o for o in sync(warehouse, "hubspot", limited, other, now=NOW + 9 * MINUTE)}
    late = one(warehouse, "hubspot", limited, now=NOW + 11 * MINUTE)

    assert "not asked until 2026-06-01 12:10 UTC" in early[limited.partition_key].held
    assert early[limited.partition_key].error is None
    assert early[limited.partition_key].rows == {}
    assert (early[other.partition_key].held, early[other.partition_key].error) == ("", None)
    assert (late.held, late.error) == ("", None)
    assert late.rows["tickets"] > 0


def test_three_refusals_in_a_row_need_attention_and_ask_no_more(warehouse: Warehouse, world: Running) -> None:
    tenant = connect(warehouse, world.url, "hubspot", token="canary-wrong-token")
    for number in range(3):
        assert one(warehouse, "hubspot", tenant, now=NOW + number * MINUTE).error.error_class == "credentials"
        assert paused(warehouse, tenant)[0] is (number == 2)

    held = one(warehouse, "hubspot", tenant, now=NOW + timedelta(days=40))

    assert (held.error, "it needs attention" in held.held) == (None, True)
    assert "Do: enter a valid token" in held.held
    is_paused, reason = paused(warehouse, tenant)
    assert (is_paused, str(reason).startswith("needs attention: refused 3 times in a row")) == (True, True)
    assert "canary" not in f"{held.held}{reason}"


def test_who_asks_by_hand_may_try_at_once_and_a_success_ends_the_pause(warehouse: Warehouse, world: Running) -> None:
    tenant = connect(warehouse, world.url, "hubspot")
    (stored,) = stored_connections.of(warehouse, tenant, "hubspot")
    world.fault("/hubspot/*", "401")
    for _ in range(3):
        one(warehouse, "hubspot", tenant)
    assert one(warehouse, "hubspot", tenant, connection_id=stored.connection_id).error.error_class == "credentials"
    world.clear_faults()

    tried = one(warehouse, "hubspot", tenant, connection_id=stored.connection_id)

    assert (tried.error, tried.held) == (None, "")
    assert paused(warehouse, tenant) == (False, None)
    assert one(warehouse, "hubspot", tenant).held == ""


@pytest.mark.parametrize("how", ["changed", "resumed"])
def test_a_changed_connection_or_a_resumed_one_is_tried_again(warehouse: Warehouse, world: Running, how: str) -> None:
    tenant = connect(warehouse, world.url, "hubspot", token="canary-wrong-token")
    (stored,) = stored_connections.of(warehouse, tenant, "hubspot")
    for _ in range(3):
        one(warehouse, "hubspot", tenant)

    if how == "changed":
        stored_connections.add(warehouse, tenant, "main", config("hubspot", world.url), allow_private=True)
    else:
        with warehouse.connect("loader") as database:
            connection_changes.resume(database, Author(tenant.tenant_id), stored.connection_id)

    assert paused(warehouse, tenant) == (False, None)
    outcome = one(warehouse, "hubspot", tenant)
    assert (outcome.held, outcome.error is None) == ("", how == "changed")


def test_what_one_resource_may_not_read_leaves_the_others_alone(warehouse: Warehouse, world: Running) -> None:
    tenant = connect(warehouse, world.url, "github")
    error = SyncError("permission", "GitHub: Resource not accessible by personal access token")
    (stored,) = stored_connections.of(warehouse, tenant, "github")
    with warehouse.connect("loader", autocommit=True) as database:
        held = holds.Holds(database, tenant.tenant_id, stored.connection_id, lambda: NOW)
        for _ in range(3):
            held.failed("issue_events", error)

    outcome = one(warehouse, "github", tenant)

    assert outcome.error is None  # the resource that is refused was not asked
    assert "needs attention" in outcome.waiting["issue_events"]
    assert outcome.rows["issues"] > 0
    assert paused(warehouse, tenant) == (False, None)


def test_failures_wait_longer_each_time_but_never_for_long() -> None:
    error = SyncError("timeout", "the source did not answer in time")
    times = [holds.resumes_at(error, count, NOW) for count in range(1, 30)]

    assert times[0] is None  # the next scheduled sync tries again
    for count, time in enumerate(times[1:]):
        wait = time - NOW
        expected = min(15 * MINUTE * 2**count, timedelta(hours=6))
        assert 0.75 * expected <= wait <= 1.25 * expected


def test_another_sort_of_failure_begins_to_count_anew(warehouse: Warehouse, world: Running) -> None:
    tenant = connect(warehouse, world.url, "hubspot")
    (stored,) = stored_connections.of(warehouse, tenant, "hubspot")
    with warehouse.connect("loader", autocommit=True) as database:
        held = holds.Holds(database, tenant.tenant_id, stored.connection_id, lambda: NOW)
        for error_class in ("credentials", "credentials", "unavailable", "credentials", "credentials"):
            held.failed(holds.WHOLE, SyncError(error_class, "no"))
        (hold,) = holds.of(database, tenant.tenant_id)

    assert (hold.failure_count, hold.resume_at) == (2, None)
    assert paused(warehouse, tenant)[0] is False


def test_the_quick_ones_come_first(warehouse: Warehouse, world: Running) -> None:
    tenants = [connect(warehouse, world.url, "geonames", slug=slug) for slug in ("big", "new", "small")]
    with warehouse.connect("loader") as database:
        for tenant, seconds in zip(tenants, (900, None, 2), strict=True):
            database.execute("update app.connection set last_load_seconds = %s where tenant_id = %s",
                             [seconds, tenant.tenant_id])  # fmt: skip

    outcomes = sync(warehouse, "geonames", *tenants, concurrency=1)

    assert [outcome.tenant.partition("--")[0] for outcome in outcomes] == ["small", "big", "new"]
    assert {outcome.error for outcome in outcomes} == {None}


@pytest.mark.slow
def test_a_small_tenant_is_done_before_the_large_ones_are_half_way(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines import fair_turns

    monkeypatch.setattr(fair_turns, "SLICE_SECONDS", 0.0)  # each page is a slice
    with running([Charter("acme", days=9)]) as world:
        large = [connect(warehouse, world.url, "github", slug=slug) for slug in ("one", "two")]
        small = connect(warehouse, world.url, "github", slug="small", organization=None, repositories=["acme/checkout"])
        outcomes = sync(warehouse, "github", *large, small, concurrency=1)

    assert {outcome.error for outcome in outcomes} == {None}
    with warehouse.connect("loader") as database:
        order = [row[0] for row in database.execute("select tenant_id from app.load_package order by loaded_at")]
    place = max(number for number, tenant_id in enumerate(order) if tenant_id == small.tenant_id)
    for tenant in large:
        packages = [number for number, tenant_id in enumerate(order) if tenant_id == tenant.tenant_id]
        assert len(packages) > 8 and sum(number < place for number in packages) <= len(packages) / 2
    whole = sync(warehouse, "github", *large, small)  # nothing was left out between two turns
    assert [sum(outcome.rows.values()) for outcome in whole] == [0, 0, 0]


def test_a_hung_source_holds_up_no_other_tenant(
    warehouse: Warehouse, world: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines import http

    monkeypatch.setattr(http, "READ_SECONDS", 3.0)
    monkeypatch.setattr(http, "LONGEST_WAIT_SECONDS", 0.0)  # no second try
    tenants = [
        connect(warehouse, world.url, "hubspot", slug=slug, token="wrong") for slug in ("hung", "quick", "other")
    ]
    (hung, *quick) = tenants
    slow = config("hubspot", world.url, base_url=f"{world.url}/hubspot/hung")
    stored_connections.add(warehouse, hung, "main", slow, allow_private=True)
    world.fault("/hubspot/hung/*", "hang", seconds=30)

    outcomes = sync(warehouse, "hubspot", *tenants, concurrency=2)

    assert {outcome.tenant for outcome in outcomes[:2]} == {tenant.partition_key for tenant in quick}
    assert [outcome.error.error_class for outcome in outcomes if outcome.error] == ["credentials"] * 2 + ["timeout"]
