"""A record that does not fit is set apart and counted; it takes nobody with it, and comes back when it fits."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from pipelines import stored_connections
from pipelines.landing.rows import Broken
from pipelines.outcomes import Outcome
from pipelines.quarantine import Quarantine
from pipelines.simulator.company import Charter
from pipelines.simulator.server import Running, running
from pipelines.sync_error import SyncError
from pipelines.tenants import Tenant
from pipelines.warehouse.connection import Warehouse
from tests.pipelines.syncs import NOW, connect, rows, sync


@pytest.fixture(scope="module")
def simulator() -> Iterator[Running]:
    with running([Charter("acme", days=9)]) as made:
        yield made


@pytest.fixture
def world(simulator: Running) -> Iterator[Running]:
    yield simulator
    simulator.clear_faults()


def quarantined(warehouse: Warehouse) -> list[tuple]:
    with warehouse.connect("loader") as database:
        return database.execute(
            "select table_name, reason, record, seen_count from app.quarantine order by table_name, record_key"
        ).fetchall()


def counted(warehouse: Warehouse, tenant: Tenant, resource: str) -> int | None:
    with warehouse.connect("loader") as database:
        row = database.execute(
            "select quarantined_count from app.sync_run where tenant_id = %s and resource = %s"
            " order by started_at desc limit 1",
            [tenant.tenant_id, resource],
        ).fetchone()
    assert row is not None
    return row[0]


def again(warehouse: Warehouse, tenant: Tenant, **options: Any) -> Outcome:
    (outcome,) = sync(warehouse, "hubspot", tenant, now=NOW + timedelta(hours=1), full=True, **options)
    return outcome


def test_a_broken_record_takes_nothing_with_it_and_leaves_when_it_fits(warehouse: Warehouse, world: Running) -> None:
    tenant = connect(warehouse, world.url, "hubspot")
    clean = connect(warehouse, world.url, "hubspot", slug="clean")
    (there,) = sync(warehouse, "hubspot", clean)
    world.fault("*/owners", "drift", rows=2, rename={"firstName": "archived"})

    (outcome,) = sync(warehouse, "hubspot", tenant)

    world.clear_faults()
    found = quarantined(warehouse)
    assert (outcome.error, outcome.quarantined, len(found)) == (None, 2, 2)
    assert all("is neither true nor false" in reason for _, reason, _, _ in found)
    assert all(record["email"] and record["archived"] for _, _, record, _ in found)
    assert outcome.rows == {**there.rows, "owners": there.rows["owners"] - 2}
    assert counted(warehouse, tenant, "owners") == 2

    mended = again(warehouse, tenant)

    assert (mended.error, mended.quarantined, quarantined(warehouse)) == (None, 0, [])
    assert rows(warehouse, "hubspot", tenant) == rows(warehouse, "hubspot", clean)
    assert counted(warehouse, tenant, "owners") == 0


def stored(warehouse: Warehouse, world: Running) -> tuple[Tenant, Any]:
    tenant = connect(warehouse, world.url, "hubspot", token="canary-secret")
    return tenant, stored_connections.of(warehouse, tenant, "hubspot")[0]


def test_what_is_kept_of_a_record_holds_no_secret_and_fits_whatever_it_is(warehouse: Warehouse, world: Running) -> None:
    tenant, connection = stored(warehouse, world)
    odd = {"id": "7", "created_at": "canary-secret", "properties": {"a\0": [float("inf"), 2**70, "\ud800", None]}}
    with warehouse.connect("loader", autocommit=True) as database:
        made = Quarantine(database, "hubspot", tenant.tenant_id, connection.connection_id, connection.secrets,
                          lambda: NOW)  # fmt: skip
        for _ in range(2):
            made.take("tickets", "tickets", [Broken(odd, "tickets.created_at: 'canary-secret' is no time")], 3)
            made.write()
        ((table, reason, record, count),) = quarantined(warehouse)
        made.release({"tickets": {("7",): ()}})

    assert (table, reason, count) == ("tickets", "tickets.created_at: '***' is no time", 2)
    assert record == {"id": "7", "created_at": "***", "properties": {"a": ["inf", 2**70, "?", None]}}
    assert quarantined(warehouse) == []


def test_a_key_that_most_records_lack_is_another_schema(warehouse: Warehouse, world: Running) -> None:
    tenant, connection = stored(warehouse, world)
    broken = Broken({"name": "x"}, "a row of owners has no id")
    with warehouse.connect("loader", autocommit=True) as database:
        made = Quarantine(database, "hubspot", tenant.tenant_id, connection.connection_id, (), lambda: NOW)
        made.take("owners", "owners", [broken] * 6, 100)  # some of many
        made.take("tickets", "tickets", [broken] * 5, 5)  # a few are no pattern
        assert (made.doubts("tickets"), made.doubts("owners")) == (True, False)  # but are asked for again
        with pytest.raises(SyncError, match="6 of 6 records of tickets do not fit"):
            made.take("tickets", "tickets", [broken], 1)  # … but they go on, page after page
        with pytest.raises(SyncError, match="60 of 100 records of companies do not fit"):
            made.take("companies", "companies", [broken] * 60, 100)


def test_a_full_quarantine_counts_on(warehouse: Warehouse, world: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.quarantine.MOST_KEPT", 3)
    tenant, connection = stored(warehouse, world)
    with warehouse.connect("loader", autocommit=True) as database:
        made = Quarantine(database, "hubspot", tenant.tenant_id, connection.connection_id, (), lambda: NOW)
        for number in range(5):
            made.take("owners", "owners", [Broken({"name": number}, "a row of owners has no id")], 100)
            made.write()

    assert (len(quarantined(warehouse)), made.counts["owners"]) == (3, 5)
