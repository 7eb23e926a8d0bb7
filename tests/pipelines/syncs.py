"""Syncs of the simulator's companies, and what they leave in raw."""

from datetime import UTC, datetime
from typing import Any

from pipelines import load, stored_connections, tenants
from pipelines.outcomes import Outcome
from pipelines.raw_tables import RAW
from pipelines.simulator.played import PLAYED
from pipelines.tenants import Place, Tenant
from pipelines.warehouse.connection import Warehouse

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
BERLIN = Place("Berlin", "DE", 52.52437, 13.41053)


class Killed(BaseException):
    """What a process that is killed does not catch."""


def config(source: str, url: str, **values: Any) -> dict[str, Any]:
    return {**PLAYED[source].config(url, "acme"), "source": source, **values}


def connect(warehouse: Warehouse, url: str, *sources: str, slug: str = "acme", **values: Any) -> Tenant:
    tenant = tenants.create(warehouse, slug, slug.title(), "Europe/Berlin", [BERLIN])
    for source in sources:
        stored_connections.add(warehouse, tenant, "main", config(source, url, **values), allow_private=True)
    return tenant


def sync(warehouse: Warehouse, source: str, *who: Tenant, now: datetime = NOW, **options: Any) -> list[Outcome]:
    return list(load.sync(warehouse, source, [tenant.partition_key for tenant in who], now=now, **options))


def rows(warehouse: Warehouse, source: str, tenant: Tenant) -> dict[str, set[tuple]]:
    """What stands in raw and is not marked deleted, without owner and package."""
    found = {}
    with warehouse.connect("loader") as database:
        for name, table in RAW[source].items():
            columns = ", ".join(f'"{column}"::text' for column in table.columns if column != "place_id")
            query = f"select {columns} from raw_{source}.{name} where tenant_id = %s and _deleted_at is null"
            found[name] = set(database.execute(query, [str(tenant.tenant_id)]).fetchall())  # type: ignore[arg-type]
    return found


def packages(warehouse: Warehouse) -> int:
    with warehouse.connect("loader") as database:
        return (database.execute("select count(*) from app.load_package").fetchone() or (0,))[0]
