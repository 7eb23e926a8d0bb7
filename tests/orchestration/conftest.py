"""dbt's manifest for tests of the definitions, parsed once; and Dagster over a warehouse of one's own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import dbt_project
from orchestration.models import Manifest
from pipelines.warehouse.connection import Warehouse
from tests import conftest, parsed


@pytest.fixture(scope="session")
def parsed_home(postgres: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder in which `dbt parse` has run. Parsing needs no database."""
    before = dict(os.environ)
    warehouse = conftest.unmade(postgres, tmp_path_factory.mktemp("parsed"))
    parsed.parse(warehouse)
    os.environ.clear()
    os.environ.update(before)
    return warehouse.home


@pytest.fixture(scope="session")
def manifest(parsed_home: Path) -> Manifest:
    """The project's manifest."""
    return Manifest.read(dbt_project.manifest_path(parsed_home))


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """What a test sets in os.environ, or what a Dagster instance sets there, ends with the test."""
    before = dict(os.environ)
    yield monkeypatch
    os.environ.clear()
    os.environ.update(before)
