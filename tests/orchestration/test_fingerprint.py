"""A change of a model's code is seen at the next build, once; a second parse of the same code is no change."""

import copy
import os

import pytest

import dbt_project
from orchestration import fingerprint
from orchestration.dbt import Dbt
from orchestration.models import Manifest
from pipelines.warehouse.connection import Warehouse
from tests import conftest, parsed


@pytest.fixture
def built(warehouse: Warehouse) -> Warehouse:
    with warehouse.connect("transformer") as connection:
        connection.execute("create schema if not exists build")
    return warehouse


def test_the_parse_of_another_database_is_taken_over(postgres: Warehouse, manifest: Manifest, tmp_path, environment):
    """Else each test would parse anew, and only take longer."""
    other = conftest.unmade(postgres, tmp_path)
    parsed.parse(other)

    found = Manifest.read(dbt_project.manifest_path(other.home)).tables["model.clearsignal.dora_daily"]
    assert found["created_at"] == manifest.tables["model.clearsignal.dora_daily"]["created_at"]  # when it was parsed
    assert found["database"] == other.parts("transformer")["dbname"]


def test_nothing_has_changed_where_nothing_was_built(built: Warehouse, manifest: Manifest):
    assert fingerprint.changed_models(built, manifest) == []


def test_a_changed_model_is_named_until_it_is_recorded(built: Warehouse, manifest: Manifest):
    fingerprint.record(built, manifest)
    assert fingerprint.changed_models(built, manifest) == []
    content = copy.deepcopy(manifest.content)
    content["nodes"]["model.clearsignal.dora_daily"]["raw_code"] += " -- other"
    changed = Manifest(content)

    assert fingerprint.changed_models(built, changed) == ["dora_daily"]
    fingerprint.record(built, changed)
    assert fingerprint.changed_models(built, changed) == []


def test_a_changed_macro_is_seen(built: Warehouse, manifest: Manifest):
    fingerprint.record(built, manifest)
    content = copy.deepcopy(manifest.content)
    name = next(name for name in content["macros"] if name.startswith("macro.clearsignal."))
    content["macros"][name]["macro_sql"] += " "

    assert fingerprint.changed_models(built, Manifest(content)) == ["macros"]


@pytest.mark.slow
def test_parsing_again_changes_nothing(built: Warehouse, manifest: Manifest, parsed_home, environment):
    fingerprint.record(built, manifest)

    Dbt(Warehouse(built.admin_url, built.secret_key, parsed_home)).parse()  # from dbt's cache this time

    assert os.environ["CLEARSIGNAL_DBT_HOST"]
    assert fingerprint.changed_models(built, Manifest.read(dbt_project.manifest_path(parsed_home))) == []


def test_going_back_to_the_code_before_is_a_change(built: Warehouse, manifest: Manifest):
    assert not fingerprint.is_known(built, manifest)
    fingerprint.record(built, manifest)
    assert fingerprint.is_known(built, manifest)

    fingerprint.forget(built)  # other code begins to rebuild, and fails

    assert fingerprint.changed_models(built, manifest) == ["macros"]
    assert not fingerprint.is_known(built, manifest)
