"""The asset graph as its reader sees it: names, groups, words, limits; and what importing it costs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from orchestration import models
from orchestration.models import Manifest

GROUPS = {"ingest", "staging", "intermediate", "delivery", "velocity", "severity", "signals", "operations", "publish"}
SCHEDULES = {
    "code_and_issues_every_15_minutes",
    "news_hourly",
    "weather_every_6_hours",
    "exchange_rates_daily",
    "places_daily",
    "forecasts_daily_0200",
}
# Importing the definitions may load Dagster, its storage, dbt's own module list is empty: nothing that computes.
FORBIDDEN = (
    "dlt", "polars", "pandas", "prophet", "spacy", "sklearn", "duckdb", "pyarrow", "litestar", "dbt", "dagster_dbt",
    "adbc_driver_postgresql", "cmdstanpy", "matplotlib", "argon2", "alembic",
)  # fmt: skip
LIST_MODULES = """
import json, sys
from orchestration.definitions import clearsignal
clearsignal()
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


@pytest.fixture(scope="module")
def definitions(parsed_home: Path) -> dg.Definitions:
    from orchestration.definitions import clearsignal

    before = os.environ.get("CLEARSIGNAL_HOME")
    os.environ["CLEARSIGNAL_HOME"] = str(parsed_home)
    try:
        made = clearsignal()
        dg.Definitions.validate_loadable(made)
    finally:
        if before is None:
            del os.environ["CLEARSIGNAL_HOME"]
    return made


@pytest.fixture(scope="module")
def specs(definitions: dg.Definitions) -> dict[dg.AssetKey, dg.AssetSpec]:
    return {spec.key: spec for spec in definitions.resolve_all_asset_specs()}


def test_importing_the_definitions_loads_nothing_that_computes(parsed_home: Path):
    environment = {**os.environ, "CLEARSIGNAL_HOME": str(parsed_home)}
    done = subprocess.run(
        [sys.executable, "-c", LIST_MODULES], env=environment, capture_output=True, text=True, check=True
    )

    loaded = set(json.loads(done.stdout))

    assert loaded & set(FORBIDDEN) == set()


def test_without_a_manifest_the_message_says_what_to_do(tmp_path: Path):
    with pytest.raises(models.NoManifest, match=r"Do: make up"):
        Manifest.read(tmp_path / "manifest.json")


def test_every_asset_is_named_by_schema_and_table(specs):
    assert all(len(key.path) == 2 for key in specs)


def test_there_are_at_most_nine_groups_of_one_word(specs):
    assert {spec.group_name for spec in specs.values()} <= GROUPS


def test_groups_read_from_left_to_right_without_a_cycle(specs):
    """A collapsed graph with a cycle between groups cannot be drawn from left to right."""
    above: dict[str, set[str]] = {}
    for spec in specs.values():
        for dep in spec.deps:
            parent = specs.get(dep.asset_key)
            if parent and parent.group_name != spec.group_name:
                above.setdefault(spec.group_name, set()).add(parent.group_name)

    drawn: set[str] = set()
    waiting = {spec.group_name for spec in specs.values()}
    while ready := {group for group in waiting if above.get(group, set()) <= drawn}:
        drawn |= ready
        waiting -= ready

    assert waiting == set(), f"these groups wait for each other: { {g: above[g] & waiting for g in waiting} }"


def test_raw_tables_marts_and_python_assets_join_in_one_graph(specs):
    known = set(specs)
    dangling = {dep.asset_key for spec in specs.values() for dep in spec.deps} - known

    assert dangling == set()
    assert dg.AssetKey(["raw_github", "pull_requests"]) in known
    assert {dep.asset_key for dep in specs[dg.AssetKey(["marts", "deployments"])].deps} == {
        dg.AssetKey(["build", "deployments"])
    }


def test_descriptions_begin_with_a_sentence_that_the_catalog_shows_whole(specs):
    too_long = {
        "/".join(key.path): sentence
        for key, spec in specs.items()
        if len(sentence := models.first_sentence((spec.description or "").split("\n")[0])) > models.MAX_FIRST_SENTENCE
        or not sentence
    }

    assert too_long == {}


def test_descriptions_show_links_and_no_sql(specs):
    mart = specs[dg.AssetKey(["marts", "dora_daily"])].description

    assert "/api/v1/marts/dora_daily" in mart
    assert "/definitions#!/model/model.clearsignal.dora_daily" in mart
    assert all("Raw SQL" not in (spec.description or "") for spec in specs.values())


def test_every_asset_has_an_owner_and_at_most_two_kinds(specs):
    assert [key for key, spec in specs.items() if not spec.owners or not 1 <= len(spec.kinds) <= 2] == []


def test_marts_show_their_columns_with_units(specs):
    schema = specs[dg.AssetKey(["marts", "dora_daily"])].metadata["dagster/column_schema"]
    units = {column.name: column.tags.get("unit") for column in schema.columns}

    assert units["lead_time_p50_seconds"] == "seconds"
    assert all(column.description for column in schema.columns)


def test_raw_tables_and_marts_have_a_freshness_policy(specs):
    lacking = [
        key for key, spec in specs.items() if spec.group_name in ("ingest", "publish") and not spec.freshness_policy
    ]
    lacking = [key for key in lacking if key.path[0] != "raw_upload"]  # files come when they come

    assert lacking == []


def test_every_raw_table_has_the_check_that_names_stale_tenants(definitions, specs):
    checks = {
        key.asset_key
        for key in definitions.resolve_asset_graph().asset_check_keys
        if key.name == "every_tenant_is_fresh"
    }

    assert checks == {key for key, spec in specs.items() if spec.group_name == "ingest" and key.path[0] != "raw_upload"}


def test_every_dbt_test_is_a_check(definitions, manifest: Manifest):
    checks = [key for key in definitions.resolve_asset_graph().asset_check_keys if key.asset_key.path[0] != "ml"]
    checks = [key for key in checks if key.name != "every_tenant_is_fresh"]

    assert len(checks) == len(manifest.tests)


def test_every_job_has_a_time_limit(definitions):
    repository = definitions.get_repository_def()
    jobs = [job for job in repository.get_all_jobs() if not job.name.startswith("__")]

    assert [job.name for job in jobs if not int(job.tags.get("dagster/max_runtime", 0))] == []
    assert {"transform", "forecast", "ingest_everything", "ingest_github"} <= {job.name for job in jobs}


def test_schedules_are_named_by_when_they_run_and_run_by_default(definitions):
    schedules = definitions.get_repository_def().schedule_defs

    assert {schedule.name for schedule in schedules} == SCHEDULES
    assert {schedule.default_status for schedule in schedules} == {dg.DefaultScheduleStatus.RUNNING}


def test_assets_hand_nothing_on_but_through_postgres():
    from orchestration.resources import NothingButPostgres

    @dg.asset(io_manager_key="io_manager")
    def returns_a_value() -> int:
        return 1

    result = dg.materialize([returns_a_value], resources={"io_manager": NothingButPostgres()}, raise_on_error=False)

    assert not result.success


def test_a_model_runs_after_the_python_asset_that_it_reads(manifest: Manifest):
    steps = {node["name"]: manifest.steps[key] for key, node in manifest.tables.items()}

    assert steps["int_deployments__walk"] == models.FIRST
    assert steps["change_deployments"] == models.ATTRIBUTED
    assert steps["forecasts"] == models.FORECAST
    assert steps["kpi_daily"] < models.FORECAST
