"""States that were told against the rows that are here: what is gone, what is news, what a flood costs."""

import json
from collections import Counter
from pathlib import Path

import pytest

from pipelines.connections import GitHub
from pipelines.credentials import Token
from pipelines.landing.rows import cells
from pipelines.raw_tables import RAW
from pipelines.simulator.server import Running
from pipelines.simulator.told import Told
from pipelines.sources import github_events
from pipelines.webhooks import batches
from pipelines.webhooks.events import split
from pipelines.webhooks.signatures import Delivery
from pipelines.webhooks.worker import BURST_REQUESTS, SECONDS_A_REQUEST, Worker
from tests.pipelines.syncs import NOW, sync
from tests.pipelines.webhooks.told import Connected, apply_all, insert, query, store, told


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


def test_a_flood_is_read_once_and_beyond_the_burst_makes_the_next_batch_wait(github: Connected) -> None:
    since = github.world.world.clock.now()
    github.world.advance(days=2)
    events = told(github.world, "github", since)
    pulls = [one for one in events if one.name == "pull_request"]
    key = (github.stored.tenant.tenant_id, github.stored.connection_id)
    worker = Worker(github.warehouse)

    store(github.warehouse, github.stored, pulls)
    within_burst = worker._pace(key, BURST_REQUESTS)
    wait = worker._apply(key)
    store(github.warehouse, github.stored, [one for one in events if one.name == "deployment"])
    wait_without_requests = worker._apply(key)

    newer = "select count(*) from raw_github.pull_requests where updated_at > to_timestamp(%s)"
    changed = query(github.warehouse, newer, NOW.timestamp() - 300)[0][0]  # since the sync, the only one
    repositories = len({one.body["repository"]["full_name"] for one in pulls})
    assert len(pulls) > repositories
    assert 0 < wait <= SECONDS_A_REQUEST * (2 * repositories + 3 * changed)
    assert within_burst == 0
    assert 0 <= wait_without_requests <= wait  # 0 where the second batch took longer than what was owed
    assert worker._apply(key) > 0  # nothing is due


def test_what_a_sync_has_read_already_is_not_asked_for_again(github: Connected) -> None:
    since = github.world.world.clock.now()
    github.world.advance(days=1)
    sync(github.warehouse, "github", github.tenant)
    kinds = ("deployment", "deployment_status", "workflow_run")
    events = [one for one in told(github.world, "github", since) if one.name in kinds]
    store(github.warehouse, github.stored, events)
    key = (github.stored.tenant.tenant_id, github.stored.connection_id)

    applied = batches.apply(github.warehouse, *key)

    assert applied is not None and (applied.counts, applied.requests) == ({"applied": len(events)}, 0)
    run = next(one for one in reversed(events) if one.body.get("action") == "completed").body
    insert(github.warehouse, github.stored, (
        "d9", 0, "workflow_run", json.dumps({**run, "workflow_run": {**run["workflow_run"], "conclusion": "neutral"}}),
    ))  # fmt: skip
    applied = batches.apply(github.warehouse, *key)
    assert applied is not None and applied.requests > 0  # of the same second, and different
    said = "select conclusion from raw_github.workflow_runs where id = %s"
    assert query(github.warehouse, said, run["workflow_run"]["id"]) == [(run["workflow_run"]["conclusion"],)]


def test_recorded_webhooks_are_understood(recorded: Path) -> None:
    counts: Counter[str] = Counter()
    for path in sorted((recorded / "github_webhooks").rglob("*.json")):
        headers = {"x-github-event": path.parent.name, "x-github-delivery": path.name}
        ((_, _, event, text),) = split("github", Delivery("POST", (), headers, path.read_bytes()))
        body = json.loads(text)
        owner = (body.get("repository") or {"full_name": "none/none"})["full_name"].partition("/")[0]
        change = github_events.change(GitHub(token=Token("t"), organization=owner), event, body)
        for found in change.rows:
            assert len(cells(RAW["github"][found.table], found.rows)) == 1
        counts[path.parent.name] += 1
        assert bool(change) == (event not in ("ping", "check_run")), path.name
        elsewhere = github_events.change(GitHub(token=Token("t"), repositories=("a/b",)), event, body)
        assert not elsewhere
    assert counts.total() == 98
