"""Which repositories of an organization a connection reads."""

from collections.abc import Iterator

import pytest

from pipelines import connections
from pipelines.connections import InvalidConnection
from pipelines.simulator.company import Charter
from pipelines.simulator.server import Running, running
from pipelines.sources import github_events
from pipelines.warehouse.connection import Warehouse
from tests.pipelines.syncs import NOW, connect, rows, sync
from tests.pipelines.test_removal import of_repository

BASE = {"source": "github", "token": "canary", "organization": "acme"}


@pytest.fixture
def world() -> Iterator[Running]:
    with running([Charter("acme", days=5)]) as made:
        yield made


@pytest.mark.parametrize(
    ("config", "name", "kind", "taken"),
    [
        ({}, "shop", {}, True),
        ({"archived": False}, "shop", {"is_archived": True}, False),
        ({}, "shop", {"is_archived": True}, True),
        ({"forks": False}, "shop", {"is_fork": True}, False),
        ({}, "shop", {"is_fork": True}, True),
        ({"include": ["api-*", "web"]}, "API-orders", {}, True),
        ({"include": ["api-*", "web"]}, "shop", {}, False),
        ({"include": ["api-*"], "exclude": ["*-sandbox"]}, "api-sandbox", {}, False),
        ({"include": ["api-*"]}, "web", {"is_fork": True}, False),
    ],
)
def test_filters(config, name, kind, taken):
    connection = connections.parse({**BASE, **config})
    assert connection.takes(name, **{"is_archived": False, "is_fork": False, **kind}) is taken


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({"include": ["acme/api-*"]}, r"include"),
        ({"exclude": [""]}, r"exclude"),
        ({"archived": "yes"}, r"archived"),
        ({"organization": None, "repositories": ["a/b"], "include": ["x"]}, r"organization"),
    ],
)
def test_what_is_no_filter_is_refused(config, named):
    with pytest.raises(InvalidConnection, match=named):
        connections.parse({**BASE, **config})


def test_a_repository_that_a_filter_leaves_out_goes_and_comes_back_whole(warehouse: Warehouse, world: Running):
    tenant = connect(warehouse, world.url, "github")
    sync(warehouse, "github", tenant)
    before = rows(warehouse, "github", tenant)
    connect(warehouse, world.url, "github", exclude=["Check*"])

    (outcome,) = sync(warehouse, "github", tenant, now=NOW)

    assert outcome.error is None
    assert not any(of_repository(warehouse, "acme/checkout").values())
    assert of_repository(warehouse, "acme/storefront")["commits"] > 0

    connect(warehouse, world.url, "github")
    sync(warehouse, "github", tenant, now=NOW)
    assert rows(warehouse, "github", tenant) == before


def test_events_of_what_is_left_out_are_left_out_too():
    connection = connections.parse({**BASE, "exclude": ["check*"], "forks": False})
    about = {"full_name": "acme/checkout", "archived": False, "fork": False}
    assert not github_events.change(connection, "push", {"repository": about})
    assert github_events.change(connection, "push", {"repository": {**about, "full_name": "acme/shop"}})
    assert not github_events.change(connection, "push", {"repository": {**about, "full_name": "acme/s", "fork": True}})
