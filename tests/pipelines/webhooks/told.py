"""Events of the simulated world, stored as the API stores them."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from pipelines import stored_connections
from pipelines.simulator.server import Running
from pipelines.simulator.told import Told
from pipelines.simulator.webhooks import EVENTS, messages
from pipelines.stored_connections import StoredConnection
from pipelines.tenants import Tenant
from pipelines.warehouse.connection import Warehouse
from pipelines.webhooks import batches
from pipelines.webhooks.events import split
from pipelines.webhooks.signatures import SIGNATURES, Delivery
from tests.pipelines.syncs import rows

URL = "https://clearsignal.example/api/v1/webhooks/x/y"


@dataclass
class Connected:
    """A company whose GitHub is loaded, for tests that add to it."""

    warehouse: Warehouse
    world: Running
    tenant: Tenant
    stored: StoredConnection


def told(world: Running, source: str, since: int) -> list[Told]:
    return EVENTS[source](world.world, "acme", since)


def store(warehouse: Warehouse, stored: StoredConnection, events: list[Told]) -> None:
    """Sign, check, split and keep, as the API does."""
    kept = []
    for body, headers in messages(stored.source, URL, "s", events):
        delivery = Delivery("POST", (URL,), {name.lower(): value for name, value in headers.items()}, body)
        assert SIGNATURES[stored.source]("s", delivery)
        kept += split(stored.source, delivery)
    insert(warehouse, stored, *kept)


def insert(warehouse: Warehouse, stored: StoredConnection, *kept: tuple) -> None:
    with warehouse.connect("loader") as database, database.cursor() as cursor:
        cursor.executemany(
            "insert into app.webhook_event (tenant_id, connection_id, source, delivery_id, position, event, body)"
            " values (%s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
            [(stored.tenant.tenant_id, stored.connection_id, stored.source, *one) for one in kept],
        )


def apply_all(warehouse: Warehouse) -> Counter[str]:
    counts: Counter[str] = Counter()
    while due := batches.waiting(warehouse):
        for key in due:
            applied = batches.apply(warehouse, *key)
            assert applied is not None
            counts += applied.counts
    return counts


def query(warehouse: Warehouse, text: str, *values: Any) -> list[tuple]:
    with warehouse.connect("loader") as database:
        return database.execute(text, values).fetchall()  # type: ignore[arg-type]


def only(warehouse: Warehouse, tenant: Tenant, source: str) -> StoredConnection:
    (stored,) = stored_connections.of(warehouse, tenant, source)
    return stored


def comparable(warehouse: Warehouse, source: str, tenant: Tenant) -> dict[str, set[tuple]]:
    """Without what only lists say of an account, and without the address of the connection."""
    plain = lambda cell: cell and re.sub(r'"user_view_type": "public",? ?', "", cell)  # noqa: E731
    return {name: {tuple(map(plain, row)) for row in found} for name, found in rows(warehouse, source, tenant).items()}
