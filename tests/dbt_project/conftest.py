"""The dbt project on a warehouse of its own. Each test has tenants of its own, so one warehouse serves a module."""

from collections.abc import Callable, Iterator
from itertools import count

import pytest

from pipelines.warehouse.connection import Warehouse
from tests.dbt_project.company import Company
from tests.dbt_project.project import Project

_numbers = count(1)


@pytest.fixture(scope="module")
def project(shared_warehouse: Warehouse) -> Iterator[Project]:
    """Parsed once; what a module selects is its variable MODELS."""
    yield Project(shared_warehouse)


@pytest.fixture
def company(project: Project) -> Callable[..., Company]:
    """Make a tenant with one GitHub connection: `company(time_zone="Asia/Tokyo")`."""

    def make(time_zone: str = "UTC") -> Company:
        return Company(project, f"company-{next(_numbers)}", time_zone)

    return make
