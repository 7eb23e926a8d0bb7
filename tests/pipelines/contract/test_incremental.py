"""A sync reads what is new and nothing else, also what the source shows late."""

from datetime import timedelta

import pytest

from pipelines.landing.pipeline import Landing
from pipelines.raw_tables import RAW
from pipelines.simulator.played import PLAYED
from pipelines.simulator.server import Running
from pipelines.warehouse.connection import Warehouse
from tests.pipelines.contract.connected import (
    WITHOUT_RECORDS,
    amend,
    ask,
    connect,
    counted,
    every_source,
    every_source_with_records,
    keys,
    one,
    played,
    shown,
)  # fmt: skip
from tests.pipelines.syncs import NOW, rows

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@every_source
def test_a_second_sync_adds_nothing_and_reads_little(
    warehouse: Warehouse, still: Running, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = connect(warehouse, still, source)
    read, with_cursor = counted(monkeypatch, source)
    first = one(warehouse, source, tenant)
    assert first.error is None and sum(first.rows.values()) > 0
    before = rows(warehouse, source, tenant)
    at_first, loaded = sum(read[name] for name in with_cursor), []
    read.clear()
    commit = Landing.load
    monkeypatch.setattr(Landing, "load", lambda landing, batch: loaded.append(batch) or commit(landing, batch))

    second = one(warehouse, source, tenant)

    assert (second.error, sum(second.rows.values()), loaded) == (None, 0, [])
    assert rows(warehouse, source, tenant) == before
    assert (with_cursor == set()) == ("cursor" in PLAYED[source].lacks)
    assert 2 * sum(read[name] for name in with_cursor) <= at_first


@every_source
def test_what_is_read_day_by_day_is_what_is_read_at_once(warehouse: Warehouse, world: Running, source: str) -> None:
    tenant = connect(warehouse, world, source)
    one(warehouse, source, tenant)
    for day in (1, 2):
        world.advance(days=1)
        outcome = one(warehouse, source, tenant, now=NOW + day * DAY, sweep=day == 2)
        assert outcome.error is None
    fresh = connect(warehouse, world, source)
    assert one(warehouse, source, fresh, now=NOW + 2 * DAY).error is None

    ours, full = rows(warehouse, source, tenant), rows(warehouse, source, fresh)
    for name in RAW[source]:
        if name not in PLAYED[source].settles:
            assert full[name] - ours[name] == set(), name
        if name not in PLAYED[source].settles and PLAYED[source].record:  # a series began a few days earlier
            assert ours[name] - full[name] == set(), name


@every_source_with_records
def test_a_change_that_the_source_shows_late_is_read(warehouse: Warehouse, world: Running, source: str) -> None:
    """Its time lies before the cursor by then."""
    _, record = played(source)
    tenant = connect(warehouse, world, source)
    one(warehouse, source, tenant)
    late, prompt = keys(warehouse, source, tenant)[:2]
    amend(world, source, "edit", late, **{record.name: "Shown late"})
    world.advance(hours=2 / 60)
    amend(world, source, "edit", prompt, **{record.name: "Shown at once"})
    world.advance(hours=2 / 60)
    world.fault(f"/{source}/*", "hide", field=record.key, values=[late])
    assert one(warehouse, source, tenant, now=NOW + 4 * MINUTE).error is None
    assert shown(warehouse, source, tenant, prompt) == "Shown at once"  # so the cursor is beyond the other
    assert shown(warehouse, source, tenant, late) != "Shown late"

    world.clear_faults()
    assert one(warehouse, source, tenant, now=NOW + 5 * MINUTE).error is None

    assert shown(warehouse, source, tenant, late) == "Shown late"


@pytest.mark.parametrize("source", WITHOUT_RECORDS)
def test_what_a_series_gets_late_is_read(warehouse: Warehouse, still: Running, source: str) -> None:
    entry = PLAYED[source]
    assert entry.newest is not None
    table, column = entry.newest
    tenant = connect(warehouse, still, source)
    one(warehouse, source, tenant)
    before = rows(warehouse, source, tenant)
    hidden = ask(
        warehouse,
        f"delete from raw_{source}.{table} where tenant_id = %s"
        f" and {column} = (select max({column}) from raw_{source}.{table} where tenant_id = %s) returning 1",
        str(tenant.tenant_id), str(tenant.tenant_id),
    )  # fmt: skip
    assert hidden  # as if these had not been there when the cursor went beyond them

    assert one(warehouse, source, tenant, now=NOW + MINUTE).error is None

    assert rows(warehouse, source, tenant) == before
