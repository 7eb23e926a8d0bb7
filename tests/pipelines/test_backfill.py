"""A first sync goes back in windows: the last months of everything, then the past, from where a broken one stopped."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from pipelines import backfill, packages
from pipelines.answers import Answer
from pipelines.backfill_progress import ahead, unfinished
from pipelines.http import Client
from pipelines.landing.pipeline import Batch, Landing
from pipelines.simulator.company import Charter
from pipelines.simulator.server import Running, running
from pipelines.sources import (
    github_checks,
    github_graphql,
    github_jobs,
    github_paging,
    hubspot,
    hubspot_batches,
    jira_search,
)
from pipelines.sources.reading import unread_pasts
from pipelines.tenants import Tenant
from pipelines.warehouse.connection import Warehouse
from tests.pipelines.syncs import NOW, Killed, connect, rows, sync

KINDS = {"graphql": "github", "rest": "github", "jira": "jira", "hubspot": "hubspot"}
SOME_ARE_SLOW = ["jira", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("graphql", "rest", "hubspot"))]
LISTS = {
    "github": ("pull_requests", "issues", "issue_events", "comments", "deployments", "workflow_runs", "commits"),
    "jira": ("issues",),
    "hubspot": ("tickets", "companies", "contacts"),
}
PROGRESS = """
select resource, kept_count, expected_count, share, remaining_seconds, reaches_back_to, finished_at is not null
from app.backfill where tenant_id = %s order by resource
"""


@pytest.fixture(scope="module")
def simulator() -> Iterator[Running]:
    with running([Charter("acme", days=20)]) as made:
        yield made


@pytest.fixture(autouse=True)
def short_months(monkeypatch: pytest.MonkeyPatch) -> None:
    """A month is long enough to have a past, and no list is short."""
    monkeypatch.setattr(backfill, "RECENT", timedelta(days=5))
    for part in (github_jobs, github_checks):  # jobs and checks are of less than the first round's days
        monkeypatch.setattr(part, "RECENT", timedelta(days=4))
    sizes = ((github_graphql, "FIRST_PAGE", 5), (github_paging, "PER_PAGE", 12), (jira_search, "SEARCH_PAGE", 10),
             (hubspot_batches, "HISTORY_BATCH", 5), (hubspot, "LIST_PAGE", 5), (hubspot, "SHORT_LIST", 0))  # fmt: skip
    for module, name, size in sizes:
        monkeypatch.setattr(module, name, size)


@pytest.fixture
def small_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "PACKAGE_ROWS", 20)


def connected(warehouse: Warehouse, simulator: Running, kind: str, slug: str = "acme") -> Tenant:
    options = {"api": kind} if KINDS[kind] == "github" else {}
    return connect(warehouse, simulator.url, KINDS[kind], slug=slug, **options)


def dies_at(monkeypatch: pytest.MonkeyPatch, package: int) -> None:
    """The load ends when it is about to commit this package of those to come."""
    commit: Callable[[Landing, Batch], str] = Landing.load
    left = iter(range(package, -1, -1))

    def until(landing: Landing, batch: Batch) -> str:
        if next(left) <= 1:
            monkeypatch.setattr(Landing, "load", commit)
            raise Killed
        return commit(landing, batch)

    monkeypatch.setattr(Landing, "load", until)


def asked_by(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every request from now on, as method, address and body."""
    found: list[str] = []
    honest: Callable[..., Answer] = Client.request

    def counted(client: Client, method: str, path: str, **options: Any) -> Answer:
        found.append(f"{method} {path} {options.get('params')} {options.get('json')}")
        return honest(client, method, path, **options)

    monkeypatch.setattr(Client, "request", counted)
    return found


def cursors(warehouse: Warehouse, source: str, tenant: Tenant) -> dict[str, str]:
    with warehouse.connect("loader") as database:
        query = "select connection_id from app.connection where tenant_id = %s"
        ((connection_id,),) = database.execute(query, [tenant.tenant_id]).fetchall()
    return Landing(warehouse, source, tenant.tenant_id, connection_id).cursors()


def progress(warehouse: Warehouse, tenant: Tenant) -> dict[str, tuple]:
    with warehouse.connect("loader") as database:
        return {row[0]: row[1:] for row in database.execute(PROGRESS, [tenant.tenant_id]).fetchall()}


@pytest.mark.parametrize("kind", SOME_ARE_SLOW)
def test_a_first_sync_that_breaks_off_again_and_again_ends_with_everything(
    warehouse: Warehouse, simulator: Running, kind: str, monkeypatch: pytest.MonkeyPatch, small_packages: None
) -> None:
    tenant, source = connected(warehouse, simulator, kind), KINDS[kind]
    for package in (1, 2, 3, 4):
        dies_at(monkeypatch, package)
        with pytest.raises(Killed):
            sync(warehouse, source, tenant)
    assert unread_pasts(cursors(warehouse, source, tenant))
    monkeypatch.setattr(packages, "PACKAGE_ROWS", 50_000)
    (outcome,) = sync(warehouse, source, tenant)
    assert outcome.error is None
    assert not unread_pasts(cursors(warehouse, source, tenant))

    clean = connected(warehouse, simulator, kind, "clean")
    (outcome,) = sync(warehouse, source, clean, full=True)
    assert outcome.error is None
    assert rows(warehouse, source, tenant) == rows(warehouse, source, clean)
    assert all(share == 1 and is_over for _, _, share, _, _, is_over in progress(warehouse, tenant).values())


@pytest.mark.parametrize("kind", SOME_ARE_SLOW)
def test_the_last_months_of_everything_come_before_the_past_of_anything(
    warehouse: Warehouse, simulator: Running, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant, source = connected(warehouse, simulator, kind), KINDS[kind]
    dies_at(monkeypatch, 2)  # the first package is the first round's
    with pytest.raises(Killed):
        sync(warehouse, source, tenant)
    half = rows(warehouse, source, tenant)
    (outcome,) = sync(warehouse, source, tenant)
    assert outcome.error is None
    whole = rows(warehouse, source, tenant)
    changed_last = [name for name in LISTS[source] if name not in ("companies", "contacts")]  # these are older
    assert [name for name in changed_last if not half[name]] == []
    assert [name for name in changed_last if len(half[name]) < len(whole[name])] != []


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["graphql", "jira"])
def test_what_was_committed_is_not_asked_for_again(
    warehouse: Warehouse, simulator: Running, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sync that breaks off late costs the one after it what is left, and a look at the front of each list."""
    monkeypatch.setattr(packages, "PACKAGE_ROWS", 100)
    clean, source = connected(warehouse, simulator, kind, "clean"), KINDS[kind]
    asked = asked_by(monkeypatch)
    sync(warehouse, source, clean)
    whole = len(asked)
    with warehouse.connect("loader") as database:
        row = database.execute(f"select count(*) from raw_{source}._dlt_loads").fetchone()  # type: ignore[arg-type]
    asked.clear()
    tenant = connected(warehouse, simulator, kind)
    dies_at(monkeypatch, row[0] - 3 if row else 0)  # how packages are cut depends on how long each takes
    with pytest.raises(Killed):
        sync(warehouse, source, tenant)
    assert len(asked) > whole * 0.6
    (outcome,) = sync(warehouse, source, tenant)
    assert outcome.error is None
    assert len(asked) < whole * 1.7  # what was read again from the front of all, and the last package
    assert rows(warehouse, source, tenant) == rows(warehouse, source, clean)


@pytest.mark.slow
def test_progress_is_told_by_the_sources_own_count(
    warehouse: Warehouse, simulator: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "PACKAGE_ROWS", 100)
    tenant = connected(warehouse, simulator, "graphql")
    seen: list[dict[str, tuple]] = []
    commit: Callable[[Landing, Batch], str] = Landing.load

    def watched(landing: Landing, batch: Batch) -> str:
        seen.append(progress(warehouse, tenant))
        return commit(landing, batch)

    monkeypatch.setattr(Landing, "load", watched)
    (outcome,) = sync(warehouse, "github", tenant)
    assert outcome.error is None
    whole = rows(warehouse, "github", tenant)
    for name in ("pull_requests", "issues", "deployments"):
        shares = [found[name][2] for found in seen]
        assert shares == sorted(shares) and shares[0] == 0 < shares[-1] < 1
        assert seen[-1][name][1] == len(whole[name])  # as many as it said
    backs = {found["pull_requests"][4] for found in seen} - {None}
    assert backs and all(isinstance(back, datetime) and back < NOW for back in backs)


def test_an_estimate_is_what_is_left_at_the_pace_so_far(warehouse: Warehouse, simulator: Running) -> None:
    tenant = connected(warehouse, simulator, "jira")
    sync(warehouse, "jira", tenant)
    with warehouse.connect("loader") as database:
        told = database.execute(
            "update app.backfill set finished_at = null, begun_with = 100, kept_count = 300, expected_count = 1000,"
            " seconds = 50 where tenant_id = %s returning share, remaining_seconds",
            [tenant.tenant_id],
        ).fetchone()
        assert told == (0.3, 175.0)
        query = "update app.backfill set {} where tenant_id = %s returning share, remaining_seconds"
        for change, expected in {
            "seconds = 1.9": (0.3, None),  # too short to be a pace
            "expected_count = null": (None, None),
            "expected_count = 200, seconds = 50": (0.999, 0.0),  # more has come than was there
        }.items():
            assert database.execute(query.format(change), [tenant.tenant_id]).fetchone() == expected  # type: ignore[arg-type]


def test_words_say_what_is_known_and_no_more() -> None:
    def row(kept: int, expected: int | None, left: float | None, back: datetime | None = None) -> dict[str, Any]:
        return {"resource": f"r{kept}", "kept_count": kept, "expected_count": expected, "share": None,
                "remaining_seconds": left, "reaches_back_to": back}  # fmt: skip

    assert ahead([]) is None
    for rows_, words in (
        ([row(0, None, None)], "its past is being read"),
        ([row(500, 1000, None), row(0, 1000, None)], "25% of its past read"),
        ([row(500, 1000, 60.0), row(1, 1000, 20.0)], "25% of its past read, about 80 s left"),
        ([row(500, 1000, 6000.0), row(1, None, None)], "50% of its past read, at least 1.7 h left"),
        ([row(10, 10, 0.0, NOW), row(1, 10, 600.0, NOW - timedelta(days=40))],
         "55% of its past read, back to 1 Jun 2026, about 10 min left"),
    ):  # fmt: skip
        found = ahead(rows_)
        assert found and found.words == words


def test_whoever_shows_progress_hears_of_it(
    warehouse: Warehouse, simulator: Running, caplog: pytest.LogCaptureFixture, small_packages: None
) -> None:
    tenant = connected(warehouse, simulator, "jira")
    with caplog.at_level(logging.INFO, "clearsignal.progress"):
        sync(warehouse, "jira", tenant)
    told = [record.message for record in caplog.records if record.name == "clearsignal.progress.backfill"]
    assert len(told) > 2 and all(line.startswith("acme jira main: ") for line in told)
    shares = [int(line.partition("%")[0].rpartition(" ")[2]) for line in told if "%" in line]
    assert shares == sorted(shares) and shares[0] < 60 < shares[-1]


def test_a_place_that_the_source_has_forgotten_is_no_end(
    warehouse: Warehouse, simulator: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = connected(warehouse, simulator, "graphql")
    honest = Landing.cursors
    dies_at(monkeypatch, 2)  # the first round is kept, with the ETags of the lists' fronts
    with pytest.raises(Killed):
        sync(warehouse, "github", tenant)
    stale = {
        key: cursor.replace(" past:", " past:gone-")
        for key, cursor in cursors(warehouse, "github", tenant).items()
        if " past:" in cursor
    }
    assert {key.partition("|")[0] for key in stale} >= {"pull_requests", "issue_events", "commits"}
    with warehouse.connect("loader") as database:
        (left,) = unfinished(database).values()
        assert (
            list(unfinished(database, "github")) == [("acme", "github", "main")] and unfinished(database, "jira") == {}
        )
    assert left.share is not None and 0 < left.share < 1 and "pull_requests" in left.resources
    monkeypatch.setattr(Landing, "cursors", lambda landing: {**honest(landing), **stale})
    (outcome,) = sync(warehouse, "github", tenant)
    assert outcome.error is None
    clean = connected(warehouse, simulator, "graphql", "clean")
    sync(warehouse, "github", clean)
    for name in LISTS["github"]:
        assert rows(warehouse, "github", tenant)[name] == rows(warehouse, "github", clean)[name]


@pytest.mark.parametrize("full", [False, True])
def test_what_is_read_in_the_end_is_told_to_be_whichever_sync_reads_it(
    warehouse: Warehouse, simulator: Running, full: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = connected(warehouse, simulator, "jira")
    dies_at(monkeypatch, 2)
    with pytest.raises(Killed):
        sync(warehouse, "jira", tenant)
    assert not progress(warehouse, tenant)["issues"][-1]
    (outcome,) = sync(warehouse, "jira", tenant, full=full)
    assert outcome.error is None
    assert progress(warehouse, tenant)["issues"][-1]


def test_a_repository_that_comes_later_is_no_first_sync_for_ever(warehouse: Warehouse, simulator: Running) -> None:
    def connect_to(*names: str) -> Tenant:
        return connect(warehouse, simulator.url, "github", organization=None, repositories=list(names))

    tenant = connect_to("acme/checkout")
    sync(warehouse, "github", tenant)
    connect_to("acme/checkout", "acme/storefront")
    (outcome,) = sync(warehouse, "github", tenant)
    assert outcome.error is None
    assert {row[1] for row in rows(warehouse, "github", tenant)["pull_requests"]} == {
        "acme/checkout",
        "acme/storefront",
    }
    assert all(row[-1] for row in progress(warehouse, tenant).values())


def test_a_source_that_does_not_tell_its_size_is_read_all_the_same(
    warehouse: Warehouse, simulator: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines.sources import jira

    monkeypatch.setattr(jira, "expected", lambda request: [][0])
    tenant = connected(warehouse, simulator, "jira")
    (outcome,) = sync(warehouse, "jira", tenant)
    assert outcome.error is None and outcome.rows["issues"] > 0
