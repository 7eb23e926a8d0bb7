"""Loading from the real simulator over HTTP into a real Postgres."""

import shutil
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from pipelines.landing.pipeline import Landing
from pipelines.outcomes import Outcome
from pipelines.raw_tables import RAW
from pipelines.simulator.company import Charter
from pipelines.simulator.played import PLAYED
from pipelines.simulator.server import Running, running
from pipelines.sources import github
from pipelines.warehouse.connection import Warehouse
from tests.pipelines.syncs import NOW, connect, packages, rows, sync

SOURCES = tuple(PLAYED)


@pytest.fixture(scope="module")
def simulator() -> Iterator[Running]:
    """One world for all tests that only read it."""
    with running() as made:
        yield made


@pytest.fixture
def world() -> Iterator[Running]:
    """A world that the test may change, young so that it is read twice in seconds."""
    with running([Charter("acme", days=12)]) as made:
        yield made


@pytest.mark.parametrize("source", SOURCES)
def test_a_second_sync_adds_nothing(
    warehouse: Warehouse, simulator: Running, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = connect(warehouse, simulator.url, source)
    (first,) = sync(warehouse, source, tenant)
    assert first.error is None and sum(first.rows.values()) > 0
    before, loaded, built = rows(warehouse, source, tenant), [], packages(warehouse)
    monkeypatch.setattr(Landing, "load", lambda landing, batch: loaded.append(batch.cursors) or "none")

    (second,) = sync(warehouse, source, tenant)

    assert loaded == []  # not even a package that merges nothing

    assert second.error is None and sum(second.rows.values()) == 0
    assert rows(warehouse, source, tenant) == before
    assert packages(warehouse) == built  # nothing new: nothing for a build to read


@pytest.mark.parametrize("source", ["github", "jira", "hubspot"])
def test_incremental_equals_full(warehouse: Warehouse, world: Running, source: str) -> None:
    tenant, fresh = connect(warehouse, world.url, source), connect(warehouse, world.url, source, slug="fresh")
    now = NOW
    sync(warehouse, source, tenant, now=now)
    for days in (1, 3):
        world.advance(days=days)
        now += timedelta(days=days)
        (outcome,) = sync(warehouse, source, tenant, now=now, sweep=True)
        assert outcome.error is None and sum(outcome.rows.values()) > 0
    sync(warehouse, source, fresh, now=now)

    ours, full = rows(warehouse, source, tenant), rows(warehouse, source, fresh)
    for name in RAW[source]:
        if name in ("commits", "check_runs"):  # what a branch held or ended in stays: a deployment may name it
            assert ours[name] >= full[name]
        elif (source, name) == ("hubspot", "owners"):  # a sweep brings those who were deactivated
            assert ours[name] > full[name]
        elif name == "deployment_statuses":  # `inactive` is written long after the result that counts
            assert {row for row in full[name] - ours[name] if "inactive" not in row} == set()
        elif name == "deployments":  # and with it their time of change
            at = list(RAW[source][name].columns).index("updated_at")
            without = [{row[:at] + row[at + 1 :] for row in found[name]} for found in (ours, full)]
            assert without[0] == without[1]
        else:
            assert ours[name] == full[name], name


UNFINISHED = """
select
    (
        select count(*) from raw_github.deployments as d
        where not exists (
            select from raw_github.deployment_statuses as s
            where s.deployment_id = d.id and s.state in ('success', 'failure', 'error', 'inactive')
        )
    ) + (select count(*) from raw_github.workflow_runs where status <> 'completed')
    + (
        select count(*) from raw_github.pull_requests as p
        where not exists (
            select from raw_github.check_runs as c where c.head_sha = p.head ->> 'sha' and c.status = 'completed'
        )
    )
"""


def test_what_has_not_changed_costs_no_request_of_the_limit(warehouse: Warehouse) -> None:
    def used() -> int:
        return world.world.github_limits.peek("github-acme", world.world.settings)["used"]

    with running([Charter("acme", days=5)]) as world:
        tenant, clean = connect(warehouse, world.url, "github"), connect(warehouse, world.url, "github", slug="clean")
        sync(warehouse, "github", tenant)
        first = used()
        (outcome,) = sync(warehouse, "github", tenant)
        second = used() - first
        assert outcome.error is None
        with warehouse.connect("loader") as database:
            (unfinished,) = database.execute(UNFINISHED).fetchone() or (0,)
        assert second <= 1 + 3 * 4 + unfinished  # repositories; issues, deployments, runs, commits of each of three

        world.advance(days=1)
        (outcome,) = sync(warehouse, "github", tenant, now=NOW + timedelta(days=1))
        assert outcome.error is None
        sync(warehouse, "github", clean, now=NOW + timedelta(days=1))
    ours, full = rows(warehouse, "github", tenant), rows(warehouse, "github", clean)
    for name in ("tags", "releases", "issue_events", "comments", "branches", "commits", "deployment_statuses"):
        assert {row for row in full[name] - ours[name] if "inactive" not in row} == set(), name


def test_every_parent_of_a_commit_is_loaded(warehouse: Warehouse, world: Running) -> None:
    tenant = connect(warehouse, world.url, "github")
    for day in range(3):
        sync(warehouse, "github", tenant, now=NOW + timedelta(days=day))
        world.advance(days=1)
    with warehouse.connect("loader") as database:
        missing = database.execute(
            """
            select parent from raw_github.commits as c, jsonb_array_elements_text(c.parents) as parent
            where not exists (select from raw_github.commits as p where p.repository = c.repository and p.sha = parent)
            """
        ).fetchall()
        undeployed = database.execute(
            "select sha from raw_github.deployments where sha not in (select sha from raw_github.commits)"
        ).fetchall()
    assert (missing, undeployed) == ([], [])


def test_one_tenants_failure_is_its_own(warehouse: Warehouse, simulator: Running) -> None:
    good = connect(warehouse, simulator.url, "github")
    bad = connect(warehouse, simulator.url, "github", slug="bad", token="canary-wrong-token")
    outcomes = {outcome.tenant: outcome for outcome in sync(warehouse, "github", good, bad)}

    error = outcomes[bad.partition_key].error
    assert error is not None and (error.error_class, error.http_status) == ("credentials", 401)
    assert outcomes[good.partition_key].error is None
    with warehouse.connect("loader") as database:
        found = database.execute(
            "select status, count(*) from app.sync_run where tenant_id = %s group by 1 order by 1", [bad.tenant_id]
        ).fetchall()
    assert found == [("failed", 1), ("skipped", len(github.RESOURCES) - 1)]


def test_settings_that_fit_no_more_are_told_and_hold_up_nobody(warehouse: Warehouse, simulator: Running) -> None:
    old, other = (connect(warehouse, simulator.url, "hubspot", slug=slug) for slug in ("acme", "globex"))
    with warehouse.connect("loader") as database:
        database.execute(
            """update app.connection set config = config || '{"portal": 1}' where tenant_id = %s""",
            [old.tenant_id],
        )
    found = {one.tenant: one for one in sync(warehouse, "hubspot", old, other)}

    error = found[old.partition_key].error
    assert error is not None and error.error_class == "configuration" and "portal" in error.message
    assert found[other.partition_key].rows["tickets"] > 0
    with warehouse.connect("loader") as database:
        held = database.execute("select tenant_id, error_class from app.sync_hold").fetchall()
    assert held == [(old.tenant_id, "configuration")]


def test_a_refused_token_is_shown_nowhere(
    warehouse: Warehouse, simulator: Running, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    tenant = connect(warehouse, simulator.url, "github", token="canary-wrong-token")
    (outcome,) = sync(warehouse, "github", tenant)
    said = f"{outcome} {outcome.error} {caplog.text} {''.join(capfd.readouterr())}"
    with warehouse.connect("loader") as database:
        for table in ("sync_run", "connection", "quota", "response_cache"):
            said += str(database.execute(f"select * from app.{table}").fetchall())  # type: ignore[arg-type]
    for path in warehouse.home.rglob("*"):
        if path.is_file():
            said += path.read_text(errors="replace")
    assert "canary" not in said


def test_a_sweep_marks_what_the_source_no_longer_has(warehouse: Warehouse, world: Running) -> None:
    tenant = connect(warehouse, world.url, "github")
    sync(warehouse, "github", tenant)
    with warehouse.connect("loader") as database:
        (gone,) = database.execute("select max(id) from raw_github.issues").fetchone() or (0,)
    world.post("/world/records/delete", {"company": "acme", "kind": "issues", "id": gone})
    before = packages(warehouse)

    (outcome,) = sync(warehouse, "github", tenant, sweep=True)

    with warehouse.connect("loader") as database:
        marked = database.execute(
            "select id, _dlt_load_id in (select load_id from app.load_package) from raw_github.issues"
            " where _deleted_at is not null"
        ).fetchall()
        told = database.execute("select tables[1] from app.load_package where load_id like 'sweep-%' order by 1")
        assert told.fetchall() == [("comments",), ("issue_events",), ("issues",)]  # its parts went with it
    assert (outcome.error, marked) == (None, [(gone, True)])
    assert packages(warehouse) == before + 3


def test_state_comes_back_when_the_local_folder_is_lost(warehouse: Warehouse, simulator: Running) -> None:
    tenant = connect(warehouse, simulator.url, "jira")
    sync(warehouse, "jira", tenant)
    shutil.rmtree(warehouse.home / "dlt")
    asked = len(simulator.world.faults.active)  # nothing is amiss in the world
    (outcome,) = sync(warehouse, "jira", tenant)
    assert (outcome.error, sum(outcome.rows.values()), asked) == (None, 0, 0)
    with warehouse.connect("loader") as database:
        cursors = database.execute("select cursor_value from app.sync_run where resource = 'issues'").fetchall()
    assert len(set(cursors)) == 1 and cursors[0][0] is not None


def test_the_second_of_two_loaders_waits(warehouse: Warehouse, simulator: Running) -> None:
    tenant = connect(warehouse, simulator.url, "jira")
    outcomes: list[Outcome] = []
    loaders = [threading.Thread(target=lambda: outcomes.extend(sync(warehouse, "jira", tenant))) for _ in range(2)]
    for loader in loaders:
        loader.start()
    for loader in loaders:
        loader.join()
    assert [outcome.error for outcome in outcomes] == [None, None]
    assert sorted(sum(outcome.rows.values()) > 0 for outcome in outcomes) == [False, True]


def test_a_skewed_clock_loses_nothing(warehouse: Warehouse, world: Running) -> None:
    ahead, behind = connect(warehouse, world.url, "github", slug="ahead"), connect(warehouse, world.url, "github")
    clean = connect(warehouse, world.url, "github", slug="clean")
    for hours in (0, 20):
        world.advance(hours=hours)
        now = NOW + timedelta(hours=hours)
        sync(warehouse, "github", ahead, now=now + timedelta(hours=26))
        sync(warehouse, "github", behind, now=now - timedelta(hours=26))
    sync(warehouse, "github", clean, now=NOW + timedelta(hours=20))
    full = rows(warehouse, "github", clean)
    for tenant in (ahead, behind):
        ours = rows(warehouse, "github", tenant)
        for name in ("pull_requests", "reviews", "issues", "issue_events", "comments", "deployments", "workflow_runs"):
            assert ours[name] == full[name], (tenant.slug, name)
