"""Events of the simulated world, stored as the API stores them and applied: late, twice, out of order, killed."""

import json
import random
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines import removal, stored_connections, webhooks
from pipelines.connections import GitHub, Secret
from pipelines.landing_rows import cells
from pipelines.raw_tables import RAW
from pipelines.simulator.server import Running, running
from pipelines.simulator.told import Told
from pipelines.simulator.webhooks import EVENTS, messages
from pipelines.sources import github_events
from pipelines.stored_connections import StoredConnection
from pipelines.tenants import Tenant
from pipelines.warehouse.connection import Warehouse
from pipelines.webhook_events import split
from pipelines.webhook_signatures import SIGNATURES, Delivery
from pipelines.webhook_worker import SECONDS_A_REQUEST, Worker
from tests.pipelines.test_load import NOW, connect, packages, rows, sync

URL = "https://clearsignal.example/api/v1/webhooks/x/y"


@pytest.fixture
def world() -> Iterator[Running]:
    with running() as made:
        yield made


@dataclass
class Connected:
    """A company whose GitHub is loaded, for tests that add to it."""

    warehouse: Warehouse
    world: Running
    tenant: Tenant
    stored: StoredConnection


@pytest.fixture(scope="module")
def loaded(shared_warehouse: Warehouse) -> Iterator[Connected]:
    with running() as world:
        tenant = connect(shared_warehouse, world.url, "github")
        sync(shared_warehouse, "github", tenant)
        yield Connected(shared_warehouse, world, tenant, only(shared_warehouse, tenant, "github"))


@pytest.fixture
def github(loaded: Connected) -> Connected:
    query(loaded.warehouse, "delete from app.webhook_event returning 1")
    loaded.world.clear_faults()
    return loaded


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
    while due := webhooks.waiting(warehouse):
        for key in due:
            applied = webhooks.apply(warehouse, *key)
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


@pytest.mark.parametrize(
    ("source", "tables"),
    [
        ("github", ("issues", "deployments", "deployment_statuses", "workflow_runs", "pull_requests", "reviews",
                    "pull_request_commits", "issue_events", "branches", "tags", "releases")),
        ("jira", ("issues", "changelogs", "worklogs", "remotelinks")),
        ("hubspot", ("tickets",)),
    ],
)  # fmt: skip
def test_events_in_any_order_lead_to_the_sources_state(
    warehouse: Warehouse, world: Running, source: str, tables: tuple[str, ...]
) -> None:
    tenant, fresh = connect(warehouse, world.url, source), connect(warehouse, world.url, source, slug="fresh")
    sync(warehouse, source, tenant)
    since = world.world.clock.now()
    world.advance(days=2)
    if source != "github":
        world.post("/world/records/delete", _deletion(warehouse, source))
    before, events = packages(warehouse), told(world, source, since) * 2
    random.Random(5).shuffle(events)
    stored = only(warehouse, tenant, source)

    for start in range(0, len(events), len(events) // 2 + 1):  # in two batches, the later one with older news
        store(warehouse, stored, events[start : start + len(events) // 2 + 1])
        counts = apply_all(warehouse)
        assert set(counts) <= {"applied", "ignored"}, counts

    assert packages(warehouse) > before  # a build will see it
    sync(warehouse, source, fresh, now=NOW + timedelta(days=2))
    ours, full = comparable(warehouse, source, tenant), comparable(warehouse, source, fresh)
    for name in tables:
        if name == "deployment_statuses":  # `inactive` of an older deployment has no webhook in this world
            assert {row for row in full[name] - ours[name] if "inactive" not in row} == set()
        elif name == "deployments":  # events of statuses leave a deployment's time of change to the next sync
            assert _timeless(ours[name]) == _timeless(full[name])
        else:
            assert full[name] - ours[name] == set(), name
            assert ours[name] - full[name] == set(), name
    if source == "github":
        assert ours["commits"] >= full["commits"]


def _timeless(deployments: set[tuple]) -> set[tuple]:
    position = list(RAW["github"]["deployments"].columns).index("updated_at")
    return {row[:position] + row[position + 1 :] for row in deployments}


def test_statuses_whose_events_were_lost_come_with_the_next_sync(warehouse: Warehouse, world: Running) -> None:
    tenant, since = connect(warehouse, world.url, "github"), world.world.clock.now()
    sync(warehouse, "github", tenant)
    world.advance(days=1)
    events = [one for one in told(world, "github", since) if one.name in ("deployment", "deployment_status")]
    last = {one.body["deployment"]["id"]: one for one in events}
    assert max(Counter(one.body["deployment"]["id"] for one in events).values()) > 2
    store(warehouse, only(warehouse, tenant, "github"), [one for one in events if one.name == "deployment"])
    store(warehouse, only(warehouse, tenant, "github"), [one for one in last.values() if one.name != "deployment"])
    apply_all(warehouse)

    sync(warehouse, "github", tenant, now=NOW + timedelta(days=1))
    fresh = connect(warehouse, world.url, "github", slug="fresh")
    sync(warehouse, "github", fresh, now=NOW + timedelta(days=1))
    ours, full = comparable(warehouse, "github", tenant), comparable(warehouse, "github", fresh)
    for table in ("deployments", "deployment_statuses"):
        assert ours[table] == full[table]


def _deletion(warehouse: Warehouse, source: str) -> dict[str, Any]:
    kind = {"jira": "issues", "hubspot": "tickets"}[source]
    ((key,),) = query(warehouse, f"select max(id::bigint) from raw_{source}.{kind}")
    return {"company": "acme", "provider": source, "kind": kind, "id": str(key)}


def _issue_events(world: Running, issue_id: int) -> dict[str, Told]:
    """The events of one issue by action, its deletion among them."""
    world.post("/world/records/delete", {"company": "acme", "kind": "issues", "id": issue_id})
    found = {one.body["action"]: one for one in told(world, "github", 0) if one.name == "issues"
             and one.body["issue"]["id"] == issue_id}  # fmt: skip
    assert {"opened", "deleted"} <= set(found)
    return found


@pytest.mark.parametrize("is_known", [True, False], ids=["known", "unknown"])
def test_what_was_deleted_stays_gone_when_older_news_arrive(github: Connected, is_known: bool) -> None:
    warehouse, world, stored = github.warehouse, github.world, github.stored
    ((issue_id,),) = query(warehouse, "select max(id) from raw_github.issues")
    events = _issue_events(world, issue_id)
    if not is_known:
        query(warehouse, "delete from raw_github.issues where id = %s returning 1", issue_id)

    store(warehouse, stored, [events["deleted"]])
    apply_all(warehouse)
    store(warehouse, stored, [events["opened"]])
    assert apply_all(warehouse) == {"applied": 1}

    assert query(warehouse, "select _deleted_at is not null from raw_github.issues where id = %s", issue_id) == [
        (True,)
    ]
    assert query(
        warehouse, "select count(*) from raw_github.issues where id = %s and _dlt_load_id not in"
        " (select load_id from app.load_package)", issue_id,
    ) == [(0,)]  # fmt: skip


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

    assert webhooks.replay(warehouse, stored.tenant.tenant_id, stored.connection_id, "d2") == 1
    assert webhooks.replay(warehouse, connect(warehouse, world.url, slug="other").tenant_id) == 0
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
    waits = [webhooks.wait_seconds(n, webhooks.SyncError("timeout", "m")) for n in range(webhooks.MOST_ATTEMPTS)]
    assert waits[:3] == [5, 10, 20] and waits[-1] == 1800
    limited = webhooks.SyncError("rate_limited", "m", retry_after=90)
    assert webhooks.wait_seconds(0, limited) == 90


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
        database.execute("select pg_advisory_lock(%s)", [removal.lock_of(stored.connection_id)])
        assert webhooks.apply(warehouse, tenant.tenant_id, stored.connection_id) is None
    query(warehouse, "update app.connection set is_paused = true returning 1")
    assert webhooks.waiting(warehouse) == []
    query(warehouse, "update app.connection set is_paused = false returning 1")
    assert apply_all(warehouse) == {"ignored": 1}


KILL = """
import os, signal, sys
from uuid import UUID
from pathlib import Path
from pipelines import sync_runs, webhooks
from pipelines.warehouse.connection import Warehouse

def die(*arguments):
    os.kill(os.getpid(), signal.SIGKILL)

owner, name = {"load": (sync_runs.Journal, "changed"), "mark": (webhooks.Batch, "_close")}[sys.argv[1]]
setattr(owner, name, die)
warehouse = Warehouse(sys.argv[2], bytes.fromhex(sys.argv[3]), Path(sys.argv[4]))
webhooks.apply(warehouse, UUID(sys.argv[5]), UUID(sys.argv[6]))
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

    assert webhooks.forget(warehouse) == 1
    assert query(warehouse, "select delivery_id from app.webhook_event order by 1") == [("new",), ("parked",)]


def test_recorded_webhooks_are_understood(recorded: Path) -> None:
    counts: Counter[str] = Counter()
    for path in sorted((recorded / "github_webhooks").rglob("*.json")):
        headers = {"x-github-event": path.parent.name, "x-github-delivery": path.name}
        ((_, _, event, text),) = split("github", Delivery("POST", (), headers, path.read_bytes()))
        body = json.loads(text)
        owner = (body.get("repository") or {"full_name": "none/none"})["full_name"].partition("/")[0]
        change = github_events.change(GitHub(token=Secret("t"), organization=owner), event, body)
        for found in change.rows:
            assert len(cells(RAW["github"][found.table], found.rows)) == 1
        counts[path.parent.name] += 1
        assert bool(change) == (event not in ("ping", "check_run")), path.name
        elsewhere = github_events.change(GitHub(token=Secret("t"), repositories=("a/b",)), event, body)
        assert not elsewhere
    assert counts.total() == 98


def test_a_flood_is_read_once_and_makes_the_next_batch_wait(github: Connected) -> None:
    since = github.world.world.clock.now()
    github.world.advance(days=2)
    events = told(github.world, "github", since)
    pulls = [one for one in events if one.name == "pull_request"]
    key = (github.stored.tenant.tenant_id, github.stored.connection_id)
    worker = Worker(github.warehouse)

    store(github.warehouse, github.stored, pulls)
    wait = worker._apply(key)
    store(github.warehouse, github.stored, [one for one in events if one.name == "deployment"])
    wait_without_requests = worker._apply(key)

    newer = "select count(*) from raw_github.pull_requests where updated_at > to_timestamp(%s)"
    changed = query(github.warehouse, newer, NOW.timestamp() - 300)[0][0]  # since the sync, the only one
    repositories = len({one.body["repository"]["full_name"] for one in pulls})
    assert len(pulls) > repositories
    assert 0 < wait <= SECONDS_A_REQUEST * (2 * repositories + 3 * changed)
    assert wait_without_requests == 0
    assert worker._apply(key) > 0  # nothing is due


def test_what_a_sync_has_read_already_is_not_asked_for_again(github: Connected) -> None:
    since = github.world.world.clock.now()
    github.world.advance(days=1)
    sync(github.warehouse, "github", github.tenant)
    kinds = ("deployment", "deployment_status", "workflow_run")
    events = [one for one in told(github.world, "github", since) if one.name in kinds]
    store(github.warehouse, github.stored, events)
    key = (github.stored.tenant.tenant_id, github.stored.connection_id)

    applied = webhooks.apply(github.warehouse, *key)

    assert applied is not None and (applied.counts, applied.requests) == ({"applied": len(events)}, 0)
    run = next(one for one in reversed(events) if one.body.get("action") == "completed").body
    insert(github.warehouse, github.stored, (
        "d9", 0, "workflow_run", json.dumps({**run, "workflow_run": {**run["workflow_run"], "conclusion": "neutral"}}),
    ))  # fmt: skip
    applied = webhooks.apply(github.warehouse, *key)
    assert applied is not None and applied.requests > 0  # of the same second, and different
    said = "select conclusion from raw_github.workflow_runs where id = %s"
    assert query(github.warehouse, said, run["workflow_run"]["id"]) == [(run["workflow_run"]["conclusion"],)]
