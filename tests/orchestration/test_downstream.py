"""Which part of the graph a live build takes."""

import dagster as dg
import pytest

from orchestration import downstream, models
from orchestration.models import Manifest

DELIVERY = {
    "change_deployments", "deployments", "dora_bands", "dora_daily", "dora_definitions", "dora_periods",
    "dora_quick_check", "dora_summary", "kpi_daily", "metric_evidence", "pull_requests", "releases",
    "repository_summary", "ticket_deliveries", "commit_hours", "commits_weekly", "contributors_weekly",
    "quality_grades", "review_pairs",
}  # fmt: skip


def raw(*tables: str) -> set[dg.AssetKey]:
    return {dg.AssetKey(["raw_github", table]) for table in tables}


def test_a_part_is_what_hangs_on_the_tables_through_python_too(manifest: Manifest) -> None:
    part = downstream.part(manifest, raw("deployment_statuses"))

    assert set(part.marts) == DELIVERY
    assert part.python == {"commit_deployments"}
    names = [node["name"] for node in part.steps[models.FIRST]]
    assert set(downstream.TOUCHED) <= set(names)
    assert {node["config"]["materialized"] for nodes in part.steps.values() for node in nodes} <= {
        "table",
        "incremental",
    }


def test_no_view_reads_a_table_that_a_part_replaces(manifest: Manifest) -> None:
    """Such a table takes its views along when it goes, and a part builds no views. (In a view nobody is touched.)"""
    by_kind = {
        kind: {key for key, node in manifest.tables.items() if node["config"]["materialized"] == kind}
        for kind in ("view", "table")
    }
    touched = {f"model.clearsignal.{name}" for name in downstream.TOUCHED}

    reading = {key: set(manifest.tables[key]["depends_on"]["nodes"]) & by_kind["table"] for key in by_kind["view"]}

    assert {key: tables - touched for key, tables in reading.items() if tables - touched} == {}
    assert by_kind["view"] and by_kind["table"]


def test_no_table_of_a_part_is_made_anew(manifest: Manifest) -> None:
    """Views over it, which stand in a part, would be gone; its index's name, which is sent again, would be taken."""
    part = downstream.part(manifest, manifest.raw_tables({"raw_github", "raw_jira", "raw_hubspot"}))

    assert part.nodes and [node["name"] for node in part.nodes if node["config"]["materialized"] == "table"] == []


@pytest.mark.parametrize("table", ["issues", "pull_requests", "commits"])
def test_no_model_or_test_of_a_part_is_left_out(manifest: Manifest, table: str) -> None:
    part = downstream.part(manifest, raw(table))
    built = {node["unique_id"] for nodes in part.steps.values() for node in nodes}

    touched = {f"model.clearsignal.{name}" for name in downstream.TOUCHED}
    for step in (models.FIRST, models.ATTRIBUTED):
        for unique_id, node in manifest.of_step(step).items():
            if not downstream.is_live(node):
                assert unique_id not in built
            elif (built - touched) & set(node["depends_on"].get("nodes", [])) and node["config"][
                "materialized"
            ] != "view":
                assert unique_id in built
        for unique_id, test in manifest.tests_of_step(step).items():
            if set(part.marts) & {name.rpartition(".")[2] for name in test["depends_on"]["nodes"]}:
                assert unique_id in part.tests
