"""After a sweep it is known how much of a source is kept, and after a load how many requests are left."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from pipelines import raw_schema, sweep, tenants
from pipelines.quota import Meter, told
from pipelines.simulator.company import Charter
from pipelines.simulator.server import Running, running
from pipelines.sources import hubspot, hubspot_search
from pipelines.sources.reading import Present
from pipelines.warehouse.connection import Warehouse
from tests.pipelines.syncs import NOW, connect, sync


@pytest.fixture(scope="module")
def simulator() -> Iterator[Running]:
    with running([Charter("acme", days=9)]) as made:
        yield made


def test_a_sweep_measures_what_is_kept_and_reads_what_is_missing(warehouse: Warehouse, simulator: Running) -> None:
    def measured() -> dict[str, tuple[int, int]]:
        with warehouse.connect("loader") as database:
            found = database.execute("select resource, source_count, kept_count from app.completeness").fetchall()
        return {resource: (source, kept) for resource, source, kept in found}

    tenant = connect(warehouse, simulator.url, "hubspot")
    (first,) = sync(warehouse, "hubspot", tenant)
    assert measured() == {}  # nobody has asked

    sync(warehouse, "hubspot", tenant, sweep=True)
    count = first.rows["tickets"]
    assert measured()["tickets"] == (count, count)

    with warehouse.connect("loader") as database:
        database.execute("delete from raw_hubspot.tickets where id = (select min(id) from raw_hubspot.tickets)")
        database.execute("update app.completeness set kept_count = source_count")
    (again,) = sync(warehouse, "hubspot", tenant, now=NOW + timedelta(hours=1), sweep=True)
    assert (measured()["tickets"], again.rows["tickets"]) == ((count, count), 1)  # what was missing was read again

    with warehouse.connect("loader") as database:
        quota = database.execute("select quota_limit, quota_left from app.connection_quota").fetchall()
    assert quota == [(250_000, 249_000)]  # as HubSpot's answers say


def test_who_was_deactivated_is_no_owner_that_is_gone(warehouse: Warehouse, simulator: Running) -> None:
    tenant = connect(warehouse, simulator.url, "hubspot")
    (first,) = sync(warehouse, "hubspot", tenant)
    for hour in (1, 2):
        (swept,) = sync(warehouse, "hubspot", tenant, now=NOW + timedelta(hours=hour), sweep=True)
        assert swept.error is None
    with warehouse.connect("loader") as database:
        query = "select count(*), count(*) filter (where archived), count(_deleted_at) from raw_hubspot.owners"
        assert database.execute(query).fetchall() == [(first.rows["owners"] + 1, 1, 0)]


def test_what_one_record_holds_is_no_measure_of_its_resource(warehouse: Warehouse) -> None:
    raw_schema.ensure_tables(warehouse, ["github"])
    parts = [("pull_requests", Present("pull_request_commits", {"repository": "acme/shop"}, ["one"]))]
    with warehouse.connect("loader", autocommit=True) as database:
        owner = (uuid4(), uuid4())
        assert sweep.settle(database, "github", *owner, parts, NOW) == {"pull_request_commits": 0}
        assert sweep.gaps(database, "github", *owner, parts, NOW) == {}
        assert sweep.known_gaps(database, *owner) == {}


def test_a_record_that_was_read_twice_keeps_what_it_got_in_between() -> None:
    def read(*keys: str, issues: tuple[str, ...] = ("1",)) -> tuple[str, Present]:
        return "issues", Present("worklogs", {"issue_id": list(issues)}, list(keys))

    projects = [("projects", Present("projects", {}, keys)) for keys in (["a", "b"], ["a"])]
    told = [projects[0], read("7", "9", issues=("1", "2")), projects[1], read("7", "8")]

    merged = ("issues", Present("worklogs", {"issue_id": ["1", "2", "1"]}, ["7", "9", "7", "8"]))
    assert sweep.latest(told) == [projects[1], merged]
    assert sweep.latest(told) == sweep.latest(told)  # nothing of it is changed


def test_parts_stay_where_another_record_has_the_same_name(warehouse: Warehouse) -> None:
    raw_schema.ensure_tables(warehouse, ["github"])
    owner = (tenants.create(warehouse, "acme", "Acme").tenant_id, uuid4())
    with warehouse.connect("loader", autocommit=True) as database:
        pulls = [(1, 7, None), (2, 7, NOW), (3, 8, NOW)]  # number 7 is there, and was once somebody else's
        for key, number, deleted_at in pulls:
            values = (*owner, key, "acme/shop", number, deleted_at)
            database.execute(
                "insert into raw_github.pull_requests"
                " (tenant_id, connection_id, id, repository, number, _deleted_at, _dlt_load_id)"
                " values (%s, %s, %s, %s, %s, %s, 'x')", values,
            )  # fmt: skip
            database.execute(
                "insert into raw_github.reviews"
                " (tenant_id, connection_id, id, repository, pull_request_number, _dlt_load_id)"
                " values (%s, %s, %s, %s, %s, 'x')", values[:-1],
            )  # fmt: skip
        assert sweep.settle(database, "github", *owner, [], NOW) == {}
        assert sweep.settle(database, "github", *owner, [], NOW, is_sweep=True)["reviews"] == 1
        marked = database.execute("select id from raw_github.reviews where _deleted_at is not null").fetchall()
    assert marked == [(3,)]


def test_what_cannot_be_had_is_not_read_whole_every_night(
    warehouse: Warehouse, simulator: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = connect(warehouse, simulator.url, "hubspot")
    whole = []
    listed = hubspot_search.listed_from
    for module in (hubspot, hubspot_search):  # the list of everything, and that of the ids
        monkeypatch.setattr(module, "listed_from", lambda *of, **more: whole.append(of) or listed(*of, **more))
    honest = sweep.measure
    monkeypatch.setattr(sweep, "measure", lambda *given: honest(*given) - 1)
    asked = []
    for day in range(1, 8):  # NOW is a Monday
        whole.clear()
        (outcome,) = sync(warehouse, "hubspot", tenant, now=NOW + timedelta(days=day), sweep=True)
        assert outcome.error is None
        asked.append(len(whole))
    assert asked[0] > asked[1] == asked[2] == asked[4] < asked[5]  # the first night, and on Sunday


def test_the_headers_of_a_limit_are_read_and_others_are_nothing() -> None:
    found = told({"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "17", "x-ratelimit-reset": "1780315200"})

    assert found is not None
    assert (found.limit, found.left, found.resets_at) == (5000, 17, datetime(2026, 6, 1, 12, tzinfo=UTC))
    assert told({"x-ratelimit-limit": "a few"}) is None


def test_the_tightest_limit_counts(warehouse: Warehouse) -> None:
    meter = Meter("api.example", "", {"hour": 10, "day": 1000}, lambda: warehouse.connect("loader"), lambda: NOW)
    for _ in range(4):
        meter.take()
    meter.give_back()
    assert meter.tightest()[:2] == (10, 6)  # type: ignore[index]

    meter.hear({"x-ratelimit-limit": "100", "x-ratelimit-remaining": "1"})
    assert meter.tightest()[:2] == (100, 1)  # type: ignore[index]
