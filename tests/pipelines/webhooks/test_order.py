"""Late, twice, out of order or lost: what was told leads to the state of the source."""

import random
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from pipelines.raw_tables import RAW
from pipelines.simulator.server import Running
from pipelines.warehouse.connection import Warehouse
from tests.pipelines.syncs import NOW, connect, packages, sync
from tests.pipelines.webhooks.told import apply_all, comparable, only, query, store, told


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


@pytest.mark.slow
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
