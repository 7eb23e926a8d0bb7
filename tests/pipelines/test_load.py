"""Loading from the real simulator over HTTP into a real Postgres."""

import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from pipelines import answers, http, load, stored_connections, tenants
from pipelines.landing import Batch, Landing
from pipelines.raw_tables import RAW
from pipelines.simulator.company import Charter
from pipelines.simulator.played import PLAYED
from pipelines.simulator.server import Running, running
from pipelines.sources import github
from pipelines.tenants import Place, Tenant
from pipelines.warehouse.connection import Warehouse

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SOURCES = tuple(PLAYED)
BERLIN = Place("Berlin", "DE", 52.52437, 13.41053)


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


@pytest.fixture(scope="module")
def _faulty() -> Iterator[Running]:
    with running([Charter("acme", days=12)]) as made:
        yield made


@pytest.fixture
def faulty(_faulty: Running) -> Iterator[Running]:
    """A young world that only faults are given to."""
    yield _faulty
    _faulty.clear_faults()


@pytest.fixture(scope="module")
def whole(shared_warehouse: Warehouse, _faulty: Running) -> Callable[[str], dict[str, set[tuple]]]:
    """What a load of that world reads where nothing fails, by source."""

    @cache
    def read(source: str) -> dict[str, set[tuple]]:
        tenant = connect(shared_warehouse, _faulty.url, source, slug=f"clean-{source.replace('_', '-')}")
        (outcome,) = sync(shared_warehouse, source, tenant)
        assert outcome.error is None
        return rows(shared_warehouse, source, tenant)

    return read


def config(source: str, url: str, **values: Any) -> dict[str, Any]:
    return {**PLAYED[source].config(url, "acme"), "source": source, **values}


def connect(warehouse: Warehouse, url: str, *sources: str, slug: str = "acme", **values: Any) -> Tenant:
    tenant = tenants.create(warehouse, slug, slug.title(), "Europe/Berlin", [BERLIN])
    for source in sources:
        stored_connections.add(warehouse, tenant, "main", config(source, url, **values), allow_private=True)
    return tenant


def sync(warehouse: Warehouse, source: str, *who: Tenant, now: datetime = NOW, **options: Any) -> list[load.Outcome]:
    return list(load.sync(warehouse, source, [tenant.partition_key for tenant in who], now=now, **options))


def rows(warehouse: Warehouse, source: str, tenant: Tenant) -> dict[str, set[tuple]]:
    """What stands in raw and is not marked deleted, without owner and package."""
    found = {}
    with warehouse.connect("loader") as database:
        for name, table in RAW[source].items():
            columns = ", ".join(f'"{column}"::text' for column in table.columns if column != "place_id")
            query = f"select {columns} from raw_{source}.{name} where tenant_id = %s and _deleted_at is null"
            found[name] = set(database.execute(query, [str(tenant.tenant_id)]).fetchall())  # type: ignore[arg-type]
    return found


def packages(warehouse: Warehouse) -> int:
    with warehouse.connect("loader") as database:
        return (database.execute("select count(*) from app.load_package").fetchone() or (0,))[0]


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


def test_what_is_independent_is_read_at_once(
    warehouse: Warehouse, faulty: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = connect(warehouse, faulty.url, "jira")
    faulty.fault("*", "delay_ms", delay_ms=30)
    under_way: list[str] = []
    seen: list[set[str]] = []
    send = http.Client._send

    def watched(client: http.Client, method: str, url: str, *more: Any) -> answers.Answer:
        path = url.rpartition("/rest/")[2]
        under_way.append(path)
        seen.append(set(under_way))
        try:
            return send(client, method, url, *more)
        finally:
            under_way.remove(path)

    monkeypatch.setattr(http.Client, "_send", watched)
    (outcome,) = sync(warehouse, "jira", tenant)

    assert outcome.error is None
    assert {"api/3/status", "api/3/field"} <= set.union(*(paths for paths in seen if len(paths) > 1))
    assert max(map(len, seen)) == http.REQUESTS_AT_ONCE
    assert all(len(paths) == 1 for paths in seen if "api/3/project/search" in paths)  # what is refused there is all


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


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "options"),
    [("429", {}), ("403_secondary", {}), ("403_primary", {"reset_after": 1}), ("500", {}), ("503_html", {}),
     ("truncated_json", {}), ("drop", {"after_bytes": 100}), ("drift", {})],
)  # fmt: skip
def test_a_passing_fault_is_survived(
    warehouse: Warehouse, faulty: Running, whole: Callable, fault: str, options: dict
) -> None:
    expected, tenant = whole("github"), connect(warehouse, faulty.url, "github")
    faulty.fault("/github/repos/acme/*", fault, times=1, **options)
    (outcome,) = sync(warehouse, "github", tenant)
    assert outcome.error is None
    assert rows(warehouse, "github", tenant) == expected


@pytest.mark.parametrize(
    ("source", "path", "fault", "options", "error_class"),
    [
        ("github", "*/graphql", "429", {"retry_after": 600}, "rate_limited"),
        ("github", "*/graphql", "403_primary", {"reset_after": 900}, "rate_limited"),
        ("github", "*/issues", "null_fields", {"fields": ["id"]}, "unparsable"),
        ("github", "*/commits", "drift", {"rename": {"sha": "identifier"}}, "unparsable"),
        ("jira", "*/search/jql", "401", {}, "credentials"),
        ("hubspot", "*/tickets", "429", {"retry_after": 600}, "rate_limited"),
        ("geonames", "*", "401", {}, "credentials"),
    ],
)
def test_a_lasting_fault_is_told_by_its_class_and_the_next_run_is_complete(
    warehouse: Warehouse, faulty: Running, whole: Callable, source: str, path: str, fault: str, options: dict,
    error_class: str,
) -> None:  # fmt: skip
    expected, tenant = whole(source), connect(warehouse, faulty.url, source)
    faulty.fault(path, fault, **options)
    (outcome,) = sync(warehouse, source, tenant)
    assert outcome.error is not None and outcome.error.error_class == error_class
    with warehouse.connect("loader") as database:
        told = database.execute("select distinct error_class from app.sync_run where status = 'failed'").fetchall()
    assert told == [(error_class,)]

    faulty.clear_faults()
    (outcome,) = sync(warehouse, source, tenant, now=NOW + timedelta(minutes=20))  # a limit has named its time
    assert outcome.error is None
    assert rows(warehouse, source, tenant) == expected


def test_a_page_token_that_repeats_ends_the_sync(warehouse: Warehouse) -> None:
    with running() as grown:  # with more issues than a page holds
        tenant = connect(warehouse, grown.url, "jira")
        grown.fault("*/search/jql", "repeat_token")
        (outcome,) = sync(warehouse, "jira", tenant)
    assert outcome.error is not None and outcome.error.error_class == "unparsable"
    assert "issues" in outcome.failed


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
    assert (outcome.error, marked) == (None, [(gone, True)])
    assert packages(warehouse) == before + 1


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
    outcomes: list[load.Outcome] = []
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


class Killed(BaseException):
    """What a process that is killed does not catch."""


def _dying_after(table: str, commit: Callable[[Landing, Batch], str]) -> Callable[[Landing, Batch], str]:
    """A commit that works until a package held rows of this table, and ends the load at the next one."""
    done: list[str] = []

    def commit_until(landing: Landing, batch: Batch) -> str:
        if done:
            raise Killed
        done.extend([table] if table in batch.tables else [])
        return commit(landing, batch)

    return commit_until


@pytest.mark.slow
def test_a_load_that_ends_between_two_packages_leaves_nothing_out(
    warehouse: Warehouse, world: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once a pull request was committed alone, its reviews were never asked for again."""
    tenant, clean = connect(warehouse, world.url, "github"), connect(warehouse, world.url, "github", slug="clean")
    commit, package_rows = Landing.load, load.PACKAGE_ROWS
    monkeypatch.setattr(load, "PACKAGE_ROWS", 1)
    for last in ("pull_request_commits", "reviews", "pull_requests", "deployments"):
        monkeypatch.setattr(Landing, "load", _dying_after(last, commit))
        with pytest.raises(Killed):
            sync(warehouse, "github", tenant)
    monkeypatch.setattr(Landing, "load", commit)
    monkeypatch.setattr(load, "PACKAGE_ROWS", package_rows)

    (outcome,) = sync(warehouse, "github", tenant)

    assert outcome.error is None
    sync(warehouse, "github", clean)
    ours, full = rows(warehouse, "github", tenant), rows(warehouse, "github", clean)
    assert {name: full[name] ^ ours[name] for name in full if ours[name] != full[name]} == {}
