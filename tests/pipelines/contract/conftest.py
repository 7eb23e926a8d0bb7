"""The worlds that the contract's tests read: one that stands still for all of a module, one of each test's own."""

from collections.abc import Callable, Iterator
from functools import cache

import pytest

from pipelines.simulator.company import Charter
from pipelines.simulator.server import Running, running
from pipelines.warehouse.connection import Warehouse
from tests.pipelines.contract.connected import connect, one
from tests.pipelines.syncs import rows


@pytest.fixture(scope="module")
def still() -> Iterator[Running]:
    """Two companies whose world stands still."""
    with running([Charter("acme", days=9), Charter("globex", "monorepo", days=9)]) as made:
        yield made


@pytest.fixture
def faulty(still: Running, hurried: None) -> Iterator[Running]:
    """The same world for one test's faults, and a client that does not wait long."""
    yield still
    still.clear_faults()


@pytest.fixture
def world() -> Iterator[Running]:
    """A world that the test may change."""
    with running([Charter("acme", days=9)]) as made:
        yield made


@pytest.fixture(scope="module")
def whole(shared_warehouse: Warehouse, still: Running) -> Callable[[str], dict[str, set[tuple]]]:
    """What a load of the world that stands still reads where nothing is wrong, by source and table."""

    @cache
    def read(source: str) -> dict[str, set[tuple]]:
        tenant = connect(shared_warehouse, still, source)
        assert one(shared_warehouse, source, tenant).error is None
        return rows(shared_warehouse, source, tenant)

    return read
