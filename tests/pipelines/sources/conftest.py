"""Clones for the tests of the git source."""

import shutil
from pathlib import Path

import pytest

from tests.pipelines.sources.clones import Clone, history


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path / "shop")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """The history below, made once."""
    made = Clone(tmp_path_factory.mktemp("told") / "shop")
    history(made)
    return made


@pytest.fixture
def filled(told: Clone, tmp_path: Path) -> Clone:
    """A copy of it, to do with as one likes."""
    shutil.copytree(told.path, tmp_path / "shop")
    return Clone.at(tmp_path / "shop", told.hours)
