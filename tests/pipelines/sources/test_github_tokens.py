"""Several tokens of one connection: the fullest is taken, one that is used up rests, and only all of them hold."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from pipelines import connection_probes, connections, load, stored_connections, tenants
from pipelines.http import Client
from pipelines.simulator.company import Charter
from pipelines.simulator.server import Running, running
from pipelines.sources import github
from pipelines.sources.github_tokens import GRAPHQL, REST
from pipelines.sync_error import SyncError
from pipelines.warehouse.connection import Warehouse

TOKENS = ["github-acme", "github-acme+2", "github-acme+3"]
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def simulator():
    with running([Charter("acme", days=5)]) as made:
        yield made


def config(simulator: Running, tokens: list[str]) -> dict[str, Any]:
    first, *others = tokens
    base = {"source": "github", "organization": "acme", "base_url": f"{simulator.url}/github", "api": "graphql"}
    return {**base, "token": first, "tokens": others}


def client(simulator: Running, tokens: list[str]) -> Client:
    connection = connections.parse(config(simulator, tokens))
    return Client(connection.base_url, **github.client(connection), sleep=lambda seconds: None)


def used(simulator: Running) -> list[int]:
    world = simulator.world
    return [world.github_limits.peek(token, world.settings)["used"] for token in TOKENS]


def test_requests_are_spread_evenly(simulator):
    asked = client(simulator, TOKENS)
    for _ in range(12):
        asked.get("/repos/acme/checkout")
    assert used(simulator) == [4, 4, 4]


def test_only_when_all_are_used_up_it_holds_and_until_the_first_begins_anew(simulator):
    simulator.post("/world/settings", {"github_rate_limit": 4})
    asked = client(simulator, TOKENS)
    for _ in range(12):
        assert asked.get("/repos/acme/checkout").status == 200
    before = time.time()
    with pytest.raises(SyncError) as caught:
        asked.get("/repos/acme/checkout")
    ends = min(end for end, _ in simulator.world.github_limits._used.values())
    assert caught.value.error_class == "rate_limited"
    assert caught.value.retry_after == pytest.approx(ends - before, abs=2)
    assert asked.auth.left(REST) == 0
    assert asked.auth.left(GRAPHQL) > 0  # counted apart


def test_one_that_was_used_up_by_others_is_left_at_once(simulator):
    other = client(simulator, TOKENS[:1])
    simulator.post("/world/settings", {"github_rate_limit": 3})
    for _ in range(3):
        other.get("/repos/acme/checkout")
    asked = client(simulator, TOKENS[:2])
    for _ in range(3):
        assert asked.get("/repos/acme/checkout").status == 200


def test_a_refused_one_is_told_by_its_number(simulator):
    asked = client(simulator, [TOKENS[0], "canary-wrong"])
    asked.get("/repos/acme/checkout")
    with pytest.raises(SyncError, match=r"token 2 of 2") as caught:
        asked.get("/repos/acme/checkout")
    assert caught.value.error_class == "credentials"
    assert "canary" not in str(caught.value) and "canary" not in repr(asked)


def test_the_test_of_a_connection_tries_each(simulator):
    connection = connections.parse(config(simulator, [TOKENS[0], TOKENS[1], "canary-wrong"]))
    found = connection_probes.probe(connection, public_only=False, now=NOW)
    told = {one.resource: one.error_class for one in found}
    assert told["repositories"] is None
    assert told["repositories by token 2"] is None
    assert told["repositories by token 3"] == "credentials"
    assert "canary" not in repr(found)


def test_a_sync_goes_on_with_the_next_where_one_would_have_to_wait(warehouse: Warehouse, simulator):
    tenant = tenants.create(warehouse, "acme", "Acme", "UTC")
    simulator.post("/world/settings", {"github_rate_limit": 90})
    stored_connections.add(warehouse, tenant, "main", config(simulator, TOKENS[:1]), allow_private=True)
    (outcome,) = load.sync(warehouse, "github", [tenant.partition_key], now=NOW)
    assert outcome.error is not None and outcome.error.error_class == "rate_limited"
    stored_connections.add(warehouse, tenant, "main", config(simulator, TOKENS), allow_private=True)
    (outcome,) = load.sync(warehouse, "github", [tenant.partition_key], now=NOW)
    assert outcome.error is None
    assert used(simulator)[1] > 0


def test_they_are_stored_sealed_and_kept_unless_given_again(warehouse: Warehouse, simulator):
    tenant = tenants.create(warehouse, "acme", "Acme", "UTC")
    stored = stored_connections.add(
        warehouse, tenant, "main", config(simulator, ["canary-1", "canary-2"]), allow_private=True
    )
    assert stored.secrets == ("canary-1", "canary-2")
    with warehouse.connect("loader") as database:
        row = database.execute("select c::text, tokens, secret_fields from app.connection as c").fetchone()
    assert row is not None
    assert "canary" not in row[0] and b"canary" not in bytes(row[1]) and row[2] == ["token", "tokens"]
    one = {name: value for name, value in config(simulator, ["canary-3"]).items() if name != "tokens"}
    assert stored_connections.add(warehouse, tenant, "main", one, allow_private=True).secrets == ("canary-3",)
