"""The mart of trends: what was computed, and which way is good by the YAML of the series."""

from datetime import date
from uuid import UUID

import pytest

from pipelines import contracts, tenants
from tests import parsed
from tests.dbt_project.project import Project

MODELS = "+kpi_trends"
DIRECTIONS = {"higher", "lower"}


def store(project: Project, tenant_id: UUID, metric: str, direction: str | None, reason: str | None = None) -> None:
    """A window of 90 days as Python writes it."""
    figures = (0.0, None) if direction is None else (1.0, 0.01)
    with project.warehouse.connect("transformer") as database:
        database.execute(
            "insert into ml.kpi_trends (tenant_id, metric, entity, window_days, made_on, measured_days, coverage,"
            " p_value, direction, refusal_reason, fingerprint) values (%s, %s, 'shop', 90, %s, 90, %s, %s, %s, %s, '')"
            " on conflict (tenant_id, metric, entity, window_days) do update set direction = excluded.direction",
            [tenant_id, metric, date(2026, 3, 2), *figures, direction, reason],
        )


def built(project: Project, tenant_id: UUID, full: bool = False) -> dict[str, tuple]:
    """{metric: (direction, better, is_good)} of the mart."""
    build_id = project.open()
    project.run(MODELS, full)
    project.close(build_id)
    rows = project.rows("kpi_trends", tenant_id)
    return {row["metric"]: (row["direction"], row["better"], row["is_good"]) for row in rows}


@pytest.fixture(scope="module")
def tenant(project: Project) -> tenants.Tenant:
    made = tenants.create(project.warehouse, "trends", "Trends", "UTC")
    for metric, direction in (
        ("review_hours", "down"), ("open_issues", "up"), ("deployments", "up"), ("created_issues", "up"),
        ("resolved_issues", "none"),
    ):  # fmt: skip
        store(project, made.tenant_id, metric, direction)
    store(project, made.tenant_id, "severity_load", None, "Only 3 measured days; a trend needs 14.")
    return made


def test_a_direction_is_good_where_the_series_says_which_way_is_better(project: Project, tenant: tenants.Tenant):
    assert built(project, tenant.tenant_id) == {
        "review_hours": ("down", "lower", True),
        "open_issues": ("up", "lower", False),
        "deployments": ("up", "higher", True),
        "created_issues": ("up", None, None),  # more reports, or more work taken on: that depends
        "resolved_issues": ("none", "higher", None),
        "severity_load": (None, "lower", None),
    }


def test_the_mart_follows_what_was_computed_and_bit_by_bit_equals_a_full_refresh(
    project: Project, tenant: tenants.Tenant
):
    other = tenants.create(project.warehouse, "others", "Others", "UTC")
    store(project, other.tenant_id, "open_issues", "down")
    store(project, tenant.tenant_id, "open_issues", "down")

    found = built(project, tenant.tenant_id)

    assert found["open_issues"] == ("down", "lower", True)
    checksums = project.checksums(["kpi_trends"])
    assert built(project, tenant.tenant_id, full=True) == found
    assert project.checksums(["kpi_trends"]) == checksums
    assert len(project.rows("kpi_trends", other.tenant_id)) == 1


def test_a_tenant_that_left_is_in_no_trend(project: Project):
    gone = tenants.create(project.warehouse, "gone", "Gone", "UTC")
    store(project, gone.tenant_id, "open_issues", "up")
    assert built(project, gone.tenant_id) != {}

    with project.warehouse.connect("loader") as database:
        database.execute("delete from app.tenant where tenant_id = %s", [gone.tenant_id])

    assert built(project, gone.tenant_id) == {}


def test_series_say_higher_lower_or_nothing(project: Project):
    marts: dict[str, contracts.Mart] = parsed.marts()
    said = {series.get("better") for mart in marts.values() for series in (mart.series or {}).values()}

    assert said == {*DIRECTIONS, None}
