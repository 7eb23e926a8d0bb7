"""What the contract's tests share: a tenant with one connection, what raw holds of it, and records that change."""

from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from pipelines import stored_connections, tenants
from pipelines.outcomes import Outcome
from pipelines.simulator.played import PLAYED, Played, Record
from pipelines.simulator.server import Running
from pipelines.sources import module_of
from pipelines.sources.reading import Reached, Reading, Request, Rows
from pipelines.tenants import Tenant
from pipelines.warehouse.connection import Warehouse
from tests.pipelines.syncs import BERLIN, sync

WITH_RECORDS = [source for source, entry in PLAYED.items() if entry.record]
WITHOUT_RECORDS = [source for source, entry in PLAYED.items() if not entry.record]
every_source = pytest.mark.parametrize("source", PLAYED)
every_source_with_records = pytest.mark.parametrize("source", WITH_RECORDS)
_numbers = count()


def connect(warehouse: Warehouse, world: Running, source: str, company: str = "acme", **values: Any) -> Tenant:
    """A tenant of its own with one connection. Answers that tenants share are forgotten: each test asks the source."""
    tenant = tenants.create(warehouse, f"tenant-{next(_numbers)}", "A tenant", "Europe/Berlin", [BERLIN])
    config = {**PLAYED[source].config(world.url, company), "source": source, **values}
    stored_connections.add(warehouse, tenant, "main", config, allow_private=True)
    with warehouse.connect("loader") as database:
        database.execute("delete from app.response_cache")
    return tenant


def one(warehouse: Warehouse, source: str, tenant: Tenant, **options: Any) -> Outcome:
    (outcome,) = sync(warehouse, source, tenant, **options)
    return outcome


def ask(warehouse: Warehouse, query: str, *values: Any) -> list[tuple]:
    with warehouse.connect("loader") as database:
        return database.execute(query, list(values)).fetchall()  # type: ignore[arg-type]


def played(source: str) -> tuple[Played, Record]:
    entry = PLAYED[source]
    assert entry.record is not None
    return entry, entry.record


def keys(warehouse: Warehouse, source: str, tenant: Tenant) -> list[Any]:
    """The keys of the source's records that count as there, the one that changed last at the end."""
    _, record = played(source)
    query = (
        f"select {record.key} from raw_{source}.{record.kind} where tenant_id = %s and _deleted_at is null"
        f" order by {record.changed_at}, 1"
    )
    return [key for (key,) in ask(warehouse, query, str(tenant.tenant_id))]


def shown(warehouse: Warehouse, source: str, tenant: Tenant, key: Any) -> str:
    _, record = played(source)
    query = f"select {record.column} from raw_{source}.{record.kind} where tenant_id = %s and {record.key} = %s"
    ((text,),) = ask(warehouse, query, str(tenant.tenant_id), key)
    return text


def amend(world: Running, source: str, action: str, key: Any, **changes: Any) -> None:
    _, record = played(source)
    body = {"company": "acme", "provider": source, "kind": record.kind, "id": key, "changes": changes}
    world.post(f"/world/records/{action}", body)


def counted(monkeypatch: pytest.MonkeyPatch, source: str) -> tuple[Counter[str], set[str]]:
    """From now on: how many rows each resource reads, and which resources keep a cursor."""
    read, with_cursor = Counter[str](), set[str]()

    def counting(name: str, reader: Callable[[Request], Reading]) -> Callable[[Request], Reading]:
        def reading(request: Request) -> Reading:
            for item in reader(request):
                if isinstance(item, Rows):
                    read[name] += len(item.rows)
                elif isinstance(item, Reached):
                    with_cursor.add(name)
                yield item

        return reading

    module = module_of(source)
    monkeypatch.setattr(module, "RESOURCES", {n: counting(n, reader) for n, reader in module.RESOURCES.items()})
    return read, with_cursor
