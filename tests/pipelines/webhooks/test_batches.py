"""Micro-batches: what waits, what is parked, what is forgotten, and what a kill leaves."""

import json
import signal
import subprocess
import sys

import pytest

from pipelines.landing import locks
from pipelines.simulator.server import Running
from pipelines.warehouse.connection import Warehouse
from pipelines.webhooks import batches
from tests.pipelines.syncs import connect
from tests.pipelines.webhooks.told import Connected, apply_all, insert, only, query, store, told


def test_an_event_that_cannot_be_understood_is_parked_and_can_be_replayed(github: Connected) -> None:
    warehouse, world, stored = github.warehouse, github.world, github.stored
    good = next(one for one in told(world, "github", 0) if one.name == "deployment")
    store(warehouse, stored, [good])
    shop = {"repository": good.body["repository"], "action": "opened"}
    strange = {"id": "x" * 20, "updated_at": "2026-06-01T00:00:00Z"}
    insert(
        warehouse, stored,
        ("d1", 0, "issues", json.dumps(shop)),
        ("d2", 0, "issues", json.dumps({**shop, "issue": strange})),
        ("d3", 0, "issues", json.dumps({**shop, "issue": {"id": 1, "updated_at": "yesterday"}})),
        ("d4", 0, "star", json.dumps(shop)),
        ("d5", 0, "push", json.dumps({"repository": {"full_name": "other/shop"}})),
    )  # fmt: skip

    assert apply_all(warehouse) == {"applied": 1, "ignored": 2, "parked": 3}
    parked = query(warehouse, "select delivery_id, attempts, error from app.webhook_event where status = 'parked'")
    assert {key: attempts for key, attempts, _ in parked} == {"d1": 1, "d2": 1, "d3": 1}
    assert all("unparsable: " in error and " Do: " in error for *_, error in parked)

    assert batches.replay(warehouse, stored.tenant.tenant_id, stored.connection_id, "d2") == 1
    assert batches.replay(warehouse, connect(warehouse, world.url, slug="other").tenant_id) == 0
    query(warehouse, "update app.webhook_event set body = %s where delivery_id = 'd2' returning 1", json.dumps(shop))
    assert apply_all(warehouse) == {"parked": 1}


def test_an_event_waits_while_its_source_is_down_and_others_do_not(github: Connected) -> None:
    warehouse, world, stored = github.warehouse, github.world, github.stored
    world.advance(days=1)
    events = told(world, "github", world.world.clock.now() - 86_400)
    chosen = [next(one for one in events if one.name == name) for name in ("deployment", "pull_request")]
    store(warehouse, stored, chosen)
    world.fault("*/graphql", "401")

    assert apply_all(warehouse) == {"applied": 1, "pending": 1}
    ((attempts, error, waits),) = query(
        warehouse, "select attempts, error, next_try_at > now() from app.webhook_event where status = 'pending'"
    )
    assert (attempts, waits) == (1, True) and error.startswith("credentials: ")

    world.clear_faults()
    query(warehouse, "update app.webhook_event set next_try_at = now() returning 1")
    assert apply_all(warehouse) == {"applied": 1}
    number = chosen[1].body["pull_request"]["id"]
    assert query(warehouse, "select count(*) from raw_github.pull_requests where id = %s", number) == [(1,)]


def test_what_never_succeeds_is_parked_in_the_end() -> None:
    waits = [batches.wait_seconds(n, batches.SyncError("timeout", "m")) for n in range(batches.MOST_ATTEMPTS)]
    assert waits[:3] == [5, 10, 20] and waits[-1] == 1800
    limited = batches.SyncError("rate_limited", "m", retry_after=90)
    assert batches.wait_seconds(0, limited) == 90


@pytest.mark.slow
def test_a_row_that_only_the_database_refuses_holds_up_no_other(github: Connected) -> None:
    warehouse, world, stored = github.warehouse, github.world, github.stored
    events = [one for one in told(world, "github", 0) if one.name == "deployment"][-2:]
    for number, one in enumerate(events):
        one.body["deployment"] |= {"id": 2**40 + number, "updated_at": "2026-06-02T00:00:00Z"}
    events[1].body["deployment"]["created_at"] = "2026-06-01T00:00:00+23:59"  # a zone that Postgres has not
    store(warehouse, stored, events)

    assert apply_all(warehouse) == {"applied": 1, "pending": 1}

    ((error,),) = query(warehouse, "select error from app.webhook_event where status = 'pending'")
    assert "+23:59" in error
    found = query(warehouse, "select id - 2 ^ 40 from raw_github.deployments where id >= 2 ^ 40 order by 1")
    assert found == [(0,)]


def test_a_connection_that_is_being_loaded_is_left_for_later(warehouse: Warehouse, world: Running) -> None:
    tenant = connect(warehouse, world.url, "github")
    stored = only(warehouse, tenant, "github")
    insert(warehouse, stored, ("d", 0, "ping", "{}"))
    with warehouse.connect("loader", autocommit=True) as database:
        database.execute("select pg_advisory_lock(%s)", [locks.lock_of(stored.connection_id)])
        assert batches.apply(warehouse, tenant.tenant_id, stored.connection_id) is None
    query(warehouse, "update app.connection set is_paused = true returning 1")
    assert batches.waiting(warehouse) == []
    query(warehouse, "update app.connection set is_paused = false returning 1")
    assert apply_all(warehouse) == {"ignored": 1}


KILL = """
import os, signal, sys
from uuid import UUID
from pathlib import Path
from pipelines import sync_runs
from pipelines.webhooks import batches
from pipelines.warehouse.connection import Warehouse

def die(*arguments):
    os.kill(os.getpid(), signal.SIGKILL)

owner, name = {"load": (sync_runs.Journal, "changed"), "mark": (batches.Batch, "_close")}[sys.argv[1]]
setattr(owner, name, die)
warehouse = Warehouse(sys.argv[2], bytes.fromhex(sys.argv[3]), Path(sys.argv[4]))
batches.apply(warehouse, UUID(sys.argv[5]), UUID(sys.argv[6]))
"""


@pytest.mark.parametrize("moment", ["load", pytest.param("mark", marks=pytest.mark.slow)])
def test_a_kill_between_load_and_mark_loses_nothing(github: Connected, moment: str) -> None:
    warehouse, world, stored = github.warehouse, github.world, github.stored
    since = world.world.clock.now()
    world.advance(days=1)
    events = [one for one in told(world, "github", since) if one.name in ("deployment", "deployment_status")]
    store(warehouse, stored, events)
    arguments = [warehouse.admin_url, warehouse.secret_key.hex(), str(warehouse.home), str(stored.tenant.tenant_id)]

    killed = subprocess.run([sys.executable, "-c", KILL, moment, *arguments, str(stored.connection_id)], check=False)

    assert killed.returncode == -signal.SIGKILL
    assert query(warehouse, "select distinct status from app.webhook_event") == [("applying",)]
    assert apply_all(warehouse)["applied"] == len(events)
    ids = [one.body["deployment"]["id"] for one in events if one.name == "deployment"]
    loaded = query(warehouse, "select id, _dlt_load_id from raw_github.deployments where id = any(%s)", ids)
    assert {key for key, _ in loaded} == set(ids)
    recorded = {load_id for (load_id,) in query(warehouse, "select load_id from app.load_package")}
    assert {load_id for _, load_id in loaded} <= recorded


def test_what_was_applied_long_ago_is_forgotten(warehouse: Warehouse, world: Running) -> None:
    tenant = connect(warehouse, world.url, "github")
    stored = only(warehouse, tenant, "github")
    insert(warehouse, stored, ("old", 0, "ping", "{}"), ("parked", 0, "issues", "[]"), ("new", 0, "ping", "{}"))
    apply_all(warehouse)
    query(warehouse, "update app.webhook_event set received_at = now() - interval '31 days'"
                     " where delivery_id <> 'new' returning 1")  # fmt: skip

    assert batches.forget(warehouse) == 1
    assert query(warehouse, "select delivery_id from app.webhook_event order by 1") == [("new",), ("parked",)]
