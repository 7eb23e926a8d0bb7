"""Tenants do not meet in raw, and one that is taken away leaves the others as they were."""

from pipelines import removal, stored_connections
from pipelines.raw_tables import RAW
from pipelines.simulator.server import Running
from pipelines.warehouse.connection import Warehouse
from tests.pipelines.contract.connected import ask, connect, every_source, one
from tests.pipelines.syncs import rows, sync


@every_source
def test_tenants_do_not_meet(warehouse: Warehouse, still: Running, source: str) -> None:
    ours, theirs = connect(warehouse, still, source), connect(warehouse, still, source, "globex")
    outcomes = sync(warehouse, source, ours, theirs)
    assert [outcome.error for outcome in outcomes] == [None, None]
    alone = connect(warehouse, still, source)
    one(warehouse, source, alone)
    before = rows(warehouse, source, ours)
    assert before == rows(warehouse, source, alone)  # whoever else is read
    (stored,) = stored_connections.of(warehouse, theirs, source)

    removed = removal.remove_connection(warehouse, stored.connection_id)

    assert removed
    assert {name: len(kept) for name, kept in rows(warehouse, source, theirs).items()} == dict.fromkeys(RAW[source], 0)
    assert rows(warehouse, source, ours) == before
    for name in RAW[source]:
        owners = ask(warehouse, f"select distinct tenant_id from raw_{source}.{name}")
        assert {owner for (owner,) in owners} <= {ours.tenant_id, alone.tenant_id}
