"""What a webhook says is gone is gone at once, with what belongs to it."""

from datetime import timedelta

import pytest

from pipelines.simulator.server import Running
from pipelines.warehouse.connection import Warehouse
from tests.pipelines.syncs import NOW, connect, sync
from tests.pipelines.webhooks.told import apply_all, only, query, store, told


@pytest.mark.parametrize(
    ("kind", "event"), [("sprints", "sprint_deleted"), ("worklogs", "worklog_deleted"), ("boards", "board_deleted")]
)
def test_what_jira_tells_is_deleted_is_marked_and_stays_so(
    warehouse: Warehouse, world: Running, kind: str, event: str
) -> None:
    tenant = connect(warehouse, world.url, "jira")
    sync(warehouse, "jira", tenant)
    ((gone, count),) = query(warehouse, f"select max(id), count(*) from raw_jira.{kind}")
    since = world.world.clock.now()
    world.post("/world/records/delete", {"company": "acme", "provider": "jira", "kind": kind, "id": gone})
    world.advance(hours=1 / 60)
    (end,) = [one for one in told(world, "jira", since - 1) if one.name == event]
    stored = only(warehouse, tenant, "jira")

    store(warehouse, stored, [end])
    assert apply_all(warehouse) == {"applied": 1}

    marked = f"select id from raw_jira.{kind} where _deleted_at is not null"
    assert query(warehouse, marked) == [(gone,)]
    assert query(
        warehouse, "select tables from app.load_package where load_id like 'sweep-%%' and %s = any(tables)", kind
    )
    (again,) = sync(warehouse, "jira", tenant, now=NOW + timedelta(minutes=2))
    assert again.error is None and query(warehouse, marked) == [(gone,)]
    assert query(warehouse, f"select count(*) from raw_jira.{kind}") == [(count,)]


def test_a_sprint_that_lags_at_jira_is_gone_all_the_same(warehouse: Warehouse, world: Running) -> None:
    tenant = connect(warehouse, world.url, "jira")
    sync(warehouse, "jira", tenant)
    ((gone,),) = query(warehouse, "select max(id) from raw_jira.sprints")
    body = f'{{"webhookEvent": "sprint_deleted", "sprint": {{"id": {gone}}}}}'
    with warehouse.connect("loader") as database:
        stored = only(warehouse, tenant, "jira")
        database.execute(
            "insert into app.webhook_event (tenant_id, connection_id, source, delivery_id, position, event, body)"
            " values (%s, %s, 'jira', 'd', 0, 'sprint_deleted', %s)",
            [tenant.tenant_id, stored.connection_id, body],
        )

    assert apply_all(warehouse) == {"applied": 1}

    assert query(warehouse, "select id from raw_jira.sprints where _deleted_at is not null") == [(gone,)]


def test_with_an_issue_go_its_parts(warehouse: Warehouse, world: Running) -> None:
    tenant = connect(warehouse, world.url, "jira")
    sync(warehouse, "jira", tenant)
    ((gone, logs),) = query(
        warehouse, "select issue_id, count(*) from raw_jira.worklogs group by 1 order by 2 desc, 1 limit 1"
    )
    since = world.world.clock.now()
    world.post("/world/records/delete", {"company": "acme", "provider": "jira", "kind": "issues", "id": gone})
    (end,) = [one for one in told(world, "jira", since - 1) if one.name == "jira:issue_deleted"]
    store(warehouse, only(warehouse, tenant, "jira"), [end])

    assert apply_all(warehouse) == {"applied": 1}

    left = "select count(*) from raw_jira.{} where issue_id = %s and _deleted_at is null"
    assert [query(warehouse, left.format(name), gone) for name in ("worklogs", "changelogs", "remotelinks")] == [
        [(0,)]
    ] * 3
    assert query(warehouse, "select distinct issue_id from raw_jira.worklogs where _deleted_at is not null") == [
        (gone,)
    ]
    assert logs > 0
