"""A world, and a company in it that was loaded once."""

from collections.abc import Iterator

import pytest

from pipelines.simulator.company import Charter
from pipelines.simulator.server import Running, running
from pipelines.warehouse.connection import Warehouse
from tests.pipelines.syncs import connect, sync
from tests.pipelines.webhooks.told import Connected, only, query


@pytest.fixture
def world() -> Iterator[Running]:
    with running([Charter("acme", days=12)]) as made:
        yield made


@pytest.fixture(scope="module")
def loaded(shared_warehouse: Warehouse) -> Iterator[Connected]:
    with running([Charter("acme", days=12)]) as world:
        tenant = connect(shared_warehouse, world.url, "github")
        sync(shared_warehouse, "github", tenant)
        yield Connected(shared_warehouse, world, tenant, only(shared_warehouse, tenant, "github"))


@pytest.fixture
def github(loaded: Connected) -> Connected:
    query(loaded.warehouse, "delete from app.webhook_event returning 1")
    loaded.world.clear_faults()
    return loaded
