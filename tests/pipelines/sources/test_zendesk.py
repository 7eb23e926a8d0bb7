"""Zendesk's exports: pages, limits, the last minute, deleted tickets."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from pipelines.http import Client
from pipelines.landing.pipeline import Batch, Landing
from pipelines.outcomes import Outcome
from pipelines.simulator.company import Charter
from pipelines.simulator.server import Running, running
from pipelines.sources import zendesk
from pipelines.sync_error import SyncError
from pipelines.warehouse.connection import Warehouse
from tests.pipelines.syncs import NOW, Killed, connect, packages, rows, sync

LOGIN = ("admin@acme.example/token", "zendesk-acme")


@pytest.fixture
def world() -> Iterator[Running]:
    with running([Charter("acme", days=9)]) as made:
        yield made


def client(world: Running) -> Client:
    return Client(f"{world.url}/zendesk/acme", auth=LOGIN, check=zendesk.check)


def exported(world: Running, path: str, **params: Any) -> requests.Response:
    return requests.get(f"{world.url}/zendesk/acme{path}", params=params, auth=LOGIN, timeout=5)


def test_small_pages_hold_what_one_large_one_holds(world: Running) -> None:
    path, events = zendesk.TICKETS, f"{zendesk.EXPORTS}/ticket_events.json"
    (whole,) = zendesk.by_cursor(client(world), path, "tickets", start_time=0)
    pages = list(zendesk.by_cursor(client(world), path, "tickets", start_time=0, per_page=7))
    assert len(pages) == -(-len(whole) // 7) > 2
    assert [one for page in pages for one in page] == whole

    (happened,) = zendesk.by_time(client(world), events, "ticket_events", 0)
    found: dict[int, dict] = {}
    start, count = 0, 0
    while True:
        page = exported(world, events, start_time=start, per_page=5).json()
        found |= {one["id"]: one for one in page["ticket_events"]}
        count += len(page["ticket_events"])
        if page["end_of_stream"]:
            break
        start = page["end_time"]
    assert list(found) == [one["id"] for one in happened]
    assert count > len(found)  # what changed in a page's last second came twice


@pytest.mark.parametrize(
    ("answer", "read"),
    [
        (
            {"tickets": [], "end_of_stream": False, "after_cursor": "same"},
            lambda asked: zendesk.by_cursor(asked, zendesk.TICKETS, "tickets", start_time=0),
        ),
        (
            {"events": [], "end_of_stream": False, "end_time": 7},
            lambda asked: zendesk.by_time(asked, "/e", "events", 0),
        ),
    ],
)
def test_a_place_that_repeats_ends_the_export(answer: dict, read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Client("http://example")
    monkeypatch.setattr(asked, "json", lambda path, params=None: answer)
    with pytest.raises(SyncError, match="twice"):
        list(read(asked))


def test_the_last_minute_is_left_out_and_comes_with_the_next_sync(warehouse: Warehouse, world: Running) -> None:
    tenant = connect(warehouse, world.url, "zendesk")
    sync(warehouse, "zendesk", tenant)
    with warehouse.connect("loader") as database:
        (key,) = database.execute("select min(id) from raw_zendesk.tickets").fetchone() or (0,)
    body = {"company": "acme", "provider": "zendesk", "kind": "tickets", "id": key, "changes": {"subject": "New"}}
    world.post("/world/records/edit", body)

    def subjects() -> list[tuple]:
        (outcome,) = sync(warehouse, "zendesk", tenant, now=NOW + timedelta(minutes=1))
        assert outcome.error is None
        with warehouse.connect("loader") as database:
            return database.execute("select count(*) from raw_zendesk.tickets where subject = 'New'").fetchall()

    assert subjects() == [(0,)]
    world.advance(hours=61 / 3600)
    assert subjects() == [(1,)]
    too_recent = exported(world, zendesk.TICKETS, start_time=world.world.clock.now() - 59)
    assert too_recent.status_code == 422


def test_an_ordinary_sync_hears_of_a_deleted_ticket(warehouse: Warehouse, world: Running) -> None:
    tenant = connect(warehouse, world.url, "zendesk")
    sync(warehouse, "zendesk", tenant)
    with warehouse.connect("loader") as database:
        (key,) = database.execute("select min(id) from raw_zendesk.tickets").fetchone() or (0,)
    body = {"company": "acme", "provider": "zendesk", "kind": "tickets", "id": key}
    world.post("/world/records/delete", body)
    world.advance(hours=2 / 60)
    before = packages(warehouse)

    (outcome,) = sync(warehouse, "zendesk", tenant, now=NOW + timedelta(minutes=2))

    assert (outcome.error, outcome.rows["tickets"]) == (None, 1)
    assert key not in {int(row[0]) for row in rows(warehouse, "zendesk", tenant)["tickets"]}
    assert packages(warehouse) == before + 1  # a build hears of it
    (again,) = sync(warehouse, "zendesk", tenant, now=NOW + timedelta(minutes=3))
    assert (again.error, sum(again.rows.values()), packages(warehouse)) == (None, 0, before + 1)


def test_a_deletion_is_not_lost_with_the_process_that_heard_of_it(
    warehouse: Warehouse, world: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends when the package, and with it the cursor, is committed, long after what it tells of."""
    tenant = connect(warehouse, world.url, "zendesk")
    sync(warehouse, "zendesk", tenant)
    with warehouse.connect("loader") as database:
        (key,) = database.execute("select min(id) from raw_zendesk.tickets").fetchone() or (0,)
    world.post("/world/records/delete", {"company": "acme", "provider": "zendesk", "kind": "tickets", "id": key})
    world.advance(days=2)
    later, commit = NOW + timedelta(days=2), Landing.load

    def dying(landing: Landing, batch: Batch) -> str:
        commit(landing, batch)
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Landing, "load", dying)
        sync(warehouse, "zendesk", tenant, now=later)
    (outcome,) = sync(warehouse, "zendesk", tenant, now=later + timedelta(minutes=1))

    assert outcome.error is None
    assert key not in {int(row[0]) for row in rows(warehouse, "zendesk", tenant)["tickets"]}


def test_the_minutes_limit_is_told_and_what_came_before_it_is_kept(
    warehouse: Warehouse, world: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = connect(warehouse, world.url, "zendesk")
    world.post("/world/settings", {"zendesk_exports_per_minute": 3})
    monkeypatch.setattr(Client.request, "__kwdefaults__", {"tries": 1})  # the client would wait for it

    (outcome,) = sync(warehouse, "zendesk", tenant)

    assert outcome.error is not None and outcome.error.error_class == "rate_limited"
    assert outcome.error.retry_after is not None and outcome.error.retry_after <= 61
    assert outcome.rows["tickets"] > 0 == outcome.rows["status_changes"]
    world.post("/world/settings", {"zendesk_exports_per_minute": None})
    (later,) = sync(warehouse, "zendesk", tenant, now=NOW + timedelta(minutes=2))
    assert later.error is None and later.rows["status_changes"] > 0


def test_who_may_not_export_is_told_whose_token_it_takes(warehouse: Warehouse, world: Running) -> None:
    tenant = connect(warehouse, world.url, "zendesk")
    world.fault("/zendesk/*", "403_permission")
    (outcome,) = sync(warehouse, "zendesk", tenant)
    assert isinstance(outcome, Outcome) and outcome.error is not None
    assert outcome.error.error_class == "permission" and "administrator" in outcome.error.what_to_do
