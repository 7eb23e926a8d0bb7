"""What is gone at the source is marked, what is missing here is found and read."""

from datetime import timedelta

from pipelines.simulator.played import PLAYED
from pipelines.simulator.server import Running
from pipelines.warehouse.connection import Warehouse
from tests.pipelines.contract.connected import (
    amend,
    ask,
    connect,
    every_source,
    every_source_with_records,
    keys,
    one,
    played,
)  # fmt: skip
from tests.pipelines.syncs import NOW

MINUTE = timedelta(minutes=1)


@every_source_with_records
def test_what_is_deleted_at_the_source_is_marked(warehouse: Warehouse, world: Running, source: str) -> None:
    _, record = played(source)
    assert "deletion" not in PLAYED[source].lacks
    tenant = connect(warehouse, world, source)
    one(warehouse, source, tenant)
    gone, *others = keys(warehouse, source, tenant)
    amend(world, source, "delete", gone)
    world.advance(hours=2 / 60)

    outcome = one(warehouse, source, tenant, now=NOW + 2 * MINUTE, sweep=True)

    assert outcome.error is None
    assert set(others) <= set(keys(warehouse, source, tenant)) and gone not in keys(warehouse, source, tenant)
    marked = ask(
        warehouse,
        f"select {record.key}, _dlt_load_id in (select load_id from app.load_package)"
        f" from raw_{source}.{record.kind} where tenant_id = %s and _deleted_at is not null",
        str(tenant.tenant_id),
    )
    assert marked == [(gone, True)]  # the next build reads of it
    again = one(warehouse, source, tenant, now=NOW + 3 * MINUTE)
    assert again.error is None and gone not in keys(warehouse, source, tenant)  # nor does its lookback revive it


@every_source
def test_a_sweep_measures_what_is_kept_and_repairs_what_is_missing(
    warehouse: Warehouse, still: Running, source: str
) -> None:
    def measured() -> dict[str, tuple[int, int]]:
        query = "select resource, source_count, kept_count from app.completeness where tenant_id = %s"
        return {name: (at_source, kept) for name, at_source, kept in ask(warehouse, query, tenant.tenant_id)}

    entry, tenant = PLAYED[source], connect(warehouse, still, source)
    one(warehouse, source, tenant)
    assert one(warehouse, source, tenant, sweep=True).error is None
    if not entry.record:
        assert {"deletion", "completeness"} <= set(entry.lacks)
        assert measured() == {}
        return
    table = entry.record.kind
    at_source, kept = measured()[table]
    assert at_source == kept == len(keys(warehouse, source, tenant)) > 0

    lost = keys(warehouse, source, tenant)[0]
    ask(
        warehouse,
        f"delete from raw_{source}.{table} where tenant_id = %s and {entry.record.key} = %s returning 1",
        str(tenant.tenant_id), lost,
    )  # fmt: skip
    assert one(warehouse, source, tenant, now=NOW + 10 * MINUTE, sweep=True).error is None
    assert lost in keys(warehouse, source, tenant)
    assert measured()[table] == (at_source, kept)
