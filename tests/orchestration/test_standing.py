"""What is there of a build's tables, and when all of them are built anew."""

import dagster as dg
import pytest

from orchestration import fingerprint, standing
from orchestration.assets.transform import TransformOptions, open_build
from orchestration.builds import Build
from orchestration.models import Manifest
from pipelines.warehouse.connection import Warehouse


@pytest.fixture
def built(warehouse: Warehouse, manifest: Manifest) -> Warehouse:
    """Tables of every incremental model, with the code that made them on record."""
    kept = [node for node in manifest.tables.values() if node["config"]["materialized"] == "incremental"]
    with warehouse.connect("transformer") as connection:
        for schema in {node["schema"] for node in kept}:
            connection.execute(f"create schema if not exists {schema}")
        for node in kept:
            connection.execute(f"create table {node['schema']}.{node.get('alias') or node['name']} ()")
    fingerprint.record(warehouse, manifest)
    return warehouse


def opened(warehouse: Warehouse, manifest: Manifest, is_whole: bool, full: bool = False) -> Build:
    build = Build(warehouse)
    open_build(dg.build_asset_context(), TransformOptions(full=full), manifest, build, is_whole)
    build.abandon()
    return build


def drop(warehouse: Warehouse, table: str) -> None:
    with warehouse.connect("transformer") as connection:
        connection.execute(f"drop table {table}")


def test_a_table_that_is_gone_has_the_next_whole_run_build_all_anew(built: Warehouse, manifest: Manifest):
    assert standing.missing(built, manifest) == []
    assert not opened(built, manifest, is_whole=True).is_full
    drop(built, "build.review_pairs")
    drop(built, "intermediate.int_people__days")

    assert standing.missing(built, manifest) == ["int_people__days", "review_pairs"]
    assert not opened(built, manifest, is_whole=False).is_full
    assert opened(built, manifest, is_whole=True).is_full


def test_where_nothing_was_built_nothing_is_missing(warehouse: Warehouse, manifest: Manifest):
    assert standing.missing(warehouse, manifest) == []


def test_a_run_of_some_models_builds_nothing_anew(built: Warehouse, manifest: Manifest):
    """Some of what they read is of the tenants with news alone."""
    assert not opened(built, manifest, is_whole=False, full=True).is_full
    assert opened(built, manifest, is_whole=True, full=True).is_full
