"""One tenant's failure is its own: what a load of three tenants tells Dagster when one token is refused."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from orchestration import checks, doctor, environment, jobs, partitions, runs, staleness
from orchestration.assets import ingest
from orchestration.commands import running
from orchestration.resources import RESOURCES
from pipelines import demo, holds, schedules, stored_connections, tenants
from pipelines.simulator import server
from pipelines.simulator.company import Charter
from pipelines.sync_error import SyncError
from pipelines.warehouse.connection import Warehouse

PULLS = dg.AssetKey(["raw_github", "pull_requests"])


@dataclass
class Loaded:
    runs: runs.Runs
    result: dg.ExecuteInProcessResult
    keys: dict[str, str]  # slug → partition key

    @property
    def run(self) -> dg.DagsterRun:
        run = self.runs.instance.get_run_by_id(self.result.run_id)
        assert run is not None
        return run


@pytest.fixture(scope="module")
def loaded(shared_warehouse: Warehouse) -> Iterator[Loaded]:
    """Acme, Globex (its GitHub token is refused) and Initech, loaded from GitHub by one run."""
    before = dict(os.environ)
    environment.enter(shared_warehouse)
    os.environ["DATABASE_URL"] = shared_warehouse.admin_url
    os.environ["CLEARSIGNAL_SECRET_KEY"] = shared_warehouse.secret_key.decode()
    definitions = dg.Definitions(
        assets=ingest.assets(), jobs=jobs.ingest_jobs(), resources=RESOURCES, executor=dg.in_process_executor
    )
    charters = [Charter(slug, days=10, seed=3) for slug in demo.TENANTS]
    with server.running(charters, now=None) as simulator, dg.DagsterInstance.get() as instance:
        made = demo.create(shared_warehouse, simulator.url)
        opened = runs.Runs(shared_warehouse, instance, definitions)
        result = opened.ingest(sources=["github"])
        yield Loaded(opened, result, {tenant.slug: tenant.partition_key for tenant in made})
    os.environ.clear()
    os.environ.update(before)


def test_tenants_that_loaded_are_materialised_and_the_failed_one_is_not(loaded: Loaded):
    materialised = loaded.runs.instance.get_materialized_partitions(PULLS)

    assert materialised == {loaded.keys["acme"], loaded.keys["initech"]}


def test_the_run_fails_and_says_who_why_and_what_to_do(loaded: Loaded):
    assert not loaded.result.success
    (reason,) = runs.errors(loaded.result)
    assert "1 of 3 tenants failed to load github. globex:" in reason
    assert "401" in reason
    assert "Do: enter a valid token" in reason
    assert "wrong-on-purpose" not in reason


def test_the_run_list_shows_how_many_failed(loaded: Loaded):
    assert loaded.run.tags["failed tenants"] == "1 of 3: globex"
    assert loaded.run.tags["tenants"] == "3"


def test_the_check_names_the_stale_tenant_and_the_cure(loaded: Loaded):
    (stale,) = staleness.stale_tenants(loaded.runs.warehouse, "github")
    evaluations = {e.asset_key: e for e in loaded.result.get_asset_check_evaluations()}

    assert (stale.tenant, stale.since) == ("globex", None)
    assert not evaluations[PULLS].passed
    assert evaluations[PULLS].severity == dg.AssetCheckSeverity.WARN
    shown = evaluations[PULLS].metadata["who and why"].value
    assert "globex" in shown
    assert "Enter the credentials again" in shown
    assert len(shown) < 1000


def test_after_three_refusals_the_connection_needs_attention_and_runs_are_green_again(loaded: Loaded):
    globex = loaded.keys["globex"]
    tries = [loaded.runs.ingest([globex], ["github"]) for _ in range(2)]
    assert [result.success for result in tries] == [False, False]

    result = loaded.runs.ingest(sources=["github"])

    assert result.success
    run = loaded.runs.instance.get_run_by_id(result.run_id)
    assert run is not None
    assert "failed tenants" not in run.tags
    assert globex not in loaded.runs.instance.get_materialized_partitions(PULLS)
    (stale,) = staleness.stale_tenants(loaded.runs.warehouse, "github")
    assert (stale.tenant, stale.sort) == ("globex", "401 credentials")
    assert stale.error.startswith("needs attention: refused 3 times in a row")
    assert stale.cure == "Enter the credentials again: the connection needs attention."
    shown = {e.asset_key: e for e in result.get_asset_check_evaluations()}[PULLS]
    assert (shown.passed, "globex" in shown.metadata["who and why"].value) == (False, True)
    finding = doctor._fresh(loaded.runs.warehouse, "github")
    assert (finding.mark, finding.cure) == (doctor.WARNING, stale.cure)
    (waiting,), _ = running._connections()
    assert (waiting["tenant"], waiting["source"]) == ("globex", "github")
    assert "it needs attention" in waiting["why"]


def test_a_limit_is_told_with_the_time_at_which_loading_goes_on(loaded: Loaded):
    warehouse = loaded.runs.warehouse
    with warehouse.connect("loader", autocommit=True) as database:
        (acme,) = (t for t in tenants.all(warehouse) if t.slug == "acme")
        (stored,) = stored_connections.of(warehouse, acme, "github")
        held = holds.Holds(database, acme.tenant_id, stored.connection_id, lambda: datetime.now(UTC))
        held.failed(holds.WHOLE, SyncError("rate_limited", "The limit is used up.", retry_after=3600))
        try:
            result = loaded.runs.ingest([acme.partition_key], ["github"])
            (stale,) = (one for one in staleness.stale_tenants(warehouse, "github") if one.tenant == "acme")
        finally:
            held.succeeded([holds.WHOLE])

    assert result.success
    assert stale.cure.startswith("Wait: it goes on by itself at ")


def test_everything_that_holds_a_connection_is_shown(loaded: Loaded):
    warehouse = loaded.runs.warehouse
    acme = tenants.find(warehouse, "acme")
    (stored,) = stored_connections.of(warehouse, acme, "github")
    with warehouse.connect("loader", autocommit=True) as database:
        held = holds.Holds(database, acme.tenant_id, stored.connection_id, lambda: datetime.now(UTC))
        for _ in range(3):
            held.failed("deployments", SyncError("permission", "Resource not accessible.", http_status=403))
        held.failed("releases", SyncError("rate_limited", "The limit is used up.", retry_after=3600))
        try:
            stale = [one for one in staleness.stale_tenants(warehouse, "github") if one.tenant == "acme"]
        finally:
            held.succeeded(["deployments", "releases"])

    assert [one.sort for one in stale] == ["deployments: permission", "releases: rate_limited"]
    assert [one.cure.partition(" ")[0] for one in stale] == ["Give", "Wait:"]
    result = checks.freshness("releases", "github", stale)
    assert result.metadata["stale tenants"].value == 1
    shown = result.metadata["who and why"].value
    assert "deployments: permission" in shown and "releases: rate_limited" in shown


def test_one_tenant_can_be_loaded_without_the_others(loaded: Loaded):
    result = loaded.runs.ingest([loaded.keys["acme"]], ["exchange_rates"])

    materialised = loaded.runs.instance.get_materialized_partitions(dg.AssetKey(["raw_exchange_rates", "rates"]))
    assert result.success
    assert materialised == {loaded.keys["acme"]}


def test_partitions_follow_the_tenants(loaded: Loaded):
    warehouse, instance = loaded.runs.warehouse, loaded.runs.instance
    late = tenants.create(warehouse, "late", "Late")
    assert partitions.keep_in_step(instance, warehouse) == ([late.partition_key], [])
    tenants.remove(warehouse, late)
    assert partitions.keep_in_step(instance, warehouse) == ([], [late.partition_key])
    assert set(instance.get_dynamic_partitions("tenant")) == set(loaded.keys.values())


def test_a_mended_token_makes_the_tenant_fresh(loaded: Loaded):
    warehouse = loaded.runs.warehouse
    globex = tenants.find(warehouse, "globex")
    (stored,) = stored_connections.of(warehouse, globex, "github")
    mended = {
        "source": "github",
        "token": "github-globex",
        "organization": "globex",
        "base_url": stored.connection.base_url,
    }
    stored_connections.add(warehouse, globex, stored.name, mended, allow_private=True)

    result = loaded.runs.ingest([globex.partition_key], ["github"])

    assert result.success
    assert staleness.stale_tenants(warehouse, "github") == []
    assert globex.partition_key in loaded.runs.instance.get_materialized_partitions(PULLS)


def test_a_tenants_own_times_decide_when_it_is_stale(loaded: Loaded):
    warehouse, now = loaded.runs.warehouse, datetime.now(UTC)
    acme = tenants.find(warehouse, "acme")
    with warehouse.connect("loader") as database:
        schedules.put(database, acme.tenant_id, "github", "0 6 * * *")

    def stale(days: float) -> set[str]:
        return {one.tenant for one in staleness.stale_tenants(warehouse, "github", now + timedelta(days=days))}

    assert stale(0.5) == {"globex", "initech"}
    assert "acme" in stale(5)
    with warehouse.connect("loader") as database:
        schedules.reset(database, acme.tenant_id, "github")
    assert "acme" in stale(0.5)


def test_fields_that_came_or_went_are_shown_beside_and_make_nobody_stale(loaded: Loaded):
    warehouse = loaded.runs.warehouse
    acme = tenants.find(warehouse, "acme")
    (stored,) = stored_connections.of(warehouse, acme, "github")
    with warehouse.connect("loader") as database:
        database.execute(
            "insert into app.schema_drift (tenant_id, connection_id, table_name, field, change, first_seen_at)"
            " values (%s, %s, 'pull_requests', 'auto_merge', 'gone', now())",
            [acme.tenant_id, stored.connection_id],
        )
    result = checks.freshness("pull_requests", "github", [], staleness.drifts(warehouse, "github")["pull_requests"])

    assert result.passed
    shown = result.metadata["fields that came or went"].value
    assert "acme" in shown and "auto_merge gone" in shown


def test_a_run_stores_its_events_over_the_connections_that_it_has(loaded: Loaded):
    """Dagster alone opens up to three for each event, which was a quarter of a transform's time."""
    before = _sessions(loaded)

    for number in range(20):
        loaded.runs.instance.report_engine_event(f"Event {number}.", loaded.run)

    assert _sessions(loaded) - before < 20


def _sessions(loaded: Loaded) -> int:
    """How often anybody has connected to Dagster's database."""
    name = f"{loaded.runs.warehouse.parts('owner')['dbname']}_dagster"
    with loaded.runs.warehouse.connect_as_administrator() as connection:
        query = "select sessions from pg_stat_database where datname = %s"
        row = connection.execute(query, [name]).fetchone()
    assert row is not None
    return int(row[0])
