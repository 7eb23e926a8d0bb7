"""The KPI series: what the marts' YAML declares is what forecasts and anomalies read."""

from uuid import UUID

import pytest

from pipelines import contracts, tenants
from pipelines.connection_changes import Author
from pipelines.uploads import store
from tests import parsed
from tests.dbt_project.company import Company
from tests.dbt_project.project import Project
from tests.dbt_project.tracker import Tracker

MODELS = "+kpi_daily"
# Columns that documents, saved queries and frontends name: they stay, whatever else is added.
NAMED = {
    "issues": "id tenant_id title severity source status created_at key component customer deleted_at resolved_at type",
    "issue_flow_daily": "source project team severity day created_count resolved_count reopened_count open_count",
    "sprint_velocity": "sprint_id name board committed_points completed_points added_points removed_points",
    "severity_daily": "source severity day issue_count",
    "issue_priority": "issue_id score",
    "news_articles": "article_id title content sentiment source published_at url language country place_id",
    "news_daily": "place day sentiment tone volume article_count",
    "weather_hourly": "place_id measured_at temperature_celsius conditions is_forecast",
    "exchange_rates_daily": "provider base currency day rate",
    "market_prices": "symbol priced_at day price volume currency metadata",
    "kpi_points": "metric entity measured_at day value metadata",
    "kpi_daily": "metric entity day value n",
    "forecasts": "metric entity model day made_on value lower_80 upper_80 lower_95 upper_95 is_published mase",
    "anomalies": "metric entity day value expected score direction kind",
    "kpi_trends": "metric entity window_days made_on measured_days coverage slope direction is_good tau p_value",
    "sync_health": "source resource last_success_at success_rate lag_seconds",
}


@pytest.fixture(scope="module")
def marts(project: Project) -> dict[str, contracts.Mart]:
    return parsed.marts()


@pytest.fixture(scope="module")
def points(project: Project) -> dict[tuple[str, str, str], tuple[float, int]]:
    """{(metric, entity, day): (value, n)} of a company with two Jira issues and one reviewed pull request."""
    shop = Tracker(project, "kpis", "Asia/Tokyo")
    shop.move(shop.issue("SHOP-1", 0, priority={"name": "High"}), 30, "Done")
    shop.issue("SHOP-2", 1)
    shop.sync(40)
    code = Company(project, "code", "UTC")
    code.tenant_id = shop.tenant_id
    code.pull_request(1, opened=2, commits={"work": 1}, merged=9, merge_sha="merged")
    code.review(1, 4, state="COMMENTED")
    code.review(1, 8)
    code.sync(40)
    build_id = project.open()
    project.run(MODELS)
    project.close(build_id)
    rows = shop.rows("kpi_daily")
    return {(row["metric"], row["entity"], row["day"].isoformat()): (row["value"], row["n"]) for row in rows}


def upload(project: Project, tenant: tenants.Tenant, text: str) -> UUID:
    warehouse = project.warehouse
    with store.Intake(warehouse.home, store.Options(name="test")) as intake, warehouse.connect("loader") as database:
        intake.write(text.encode())
        intake.accept(database, Author(tenant.tenant_id), intake.check(tenant.time_zone))
    store.settle(warehouse)
    return intake.upload_id


def built(project: Project, tenant_id: UUID) -> set[tuple]:
    build_id = project.open()
    project.run(MODELS)
    project.close(build_id)
    rows = project.rows("kpi_daily", tenant_id)
    return {(row["metric"], row["entity"], row["day"].isoformat(), row["value"], row["n"]) for row in rows}


def test_uploads_become_series_and_undoing_one_brings_back_what_it_had_replaced(project: Project, points):
    tenant = tenants.create(project.warehouse, "uploads", "Uploads", "Asia/Tokyo")
    upload(project, tenant, "symbol,time,close,volume\nACME,2026-03-02 09:00,10.10,5\nACME,2026-03-02 15:00,10.30,\n")
    later = upload(project, tenant, "symbol,time,close\nACME,2026-03-02 15:00,99\nNEW,2026-03-02T15:30:00Z,7\n")
    upload(project, tenant, "metric,entity,date,value,unit\nvisits,shop,2026-03-02,100,n\nvisits,,2026-03-03,110,n\n")

    uploaded = {("uploaded", "visits shop", "2026-03-02", 100, 1), ("uploaded", "visits", "2026-03-03", 110, 1)}
    prices = {("market_price", "ACME", "2026-03-02", 99, 2), ("market_price", "NEW", "2026-03-03", 7, 1)}
    assert built(project, tenant.tenant_id) == uploaded | prices
    with project.warehouse.connect("loader") as database:
        store.undo(database, tenant.tenant_id, later)
    store.settle(project.warehouse)
    assert built(project, tenant.tenant_id) == uploaded | {("market_price", "ACME", "2026-03-02", 10.3, 2)}
    (first, second) = project.rows("market_prices", tenant.tenant_id, "priced_at")
    assert (str(first["price"]), first["volume"], second["volume"]) == ("10.10", 5, None)
    assert first["priced_at"].isoformat() == "2026-03-02T00:00:00+00:00"  # nine in the morning in Tokyo
    assert project.rows("kpi_points", tenant.tenant_id)[0]["metadata"] == {"unit": "n"}


@pytest.mark.parametrize("mart", sorted(NAMED))
def test_the_columns_that_others_name_exist(marts: dict[str, contracts.Mart], mart: str):
    assert set(NAMED[mart].split()) <= {column.name for column in marts[mart].columns}


def test_every_mart_that_declares_a_series_is_read(project: Project, marts: dict[str, contracts.Mart]):
    model = next(node for node in project.manifest.nodes.values() if node.name == "kpi_daily")
    read = {name.rsplit(".", 1)[1] for name in model.depends_on.nodes}

    assert {name for name, mart in marts.items() if mart.series} <= read


def test_no_two_marts_declare_the_same_metric(marts: dict[str, contracts.Mart]):
    declared = [(metric, series) for mart in marts.values() for metric, series in (mart.series or {}).items()]
    metrics = {metric for metric, _ in declared}

    assert len(metrics) == len(declared) > 10
    assert all({"entity", "value", "n", "unit"} <= set(series) for _, series in declared)


def test_issue_series_are_the_flow_by_source(points):
    assert points["created_issues", "jira", "2026-03-02"] == (2, 2)
    assert points["resolved_issues", "jira", "2026-03-03"] == (1, 1)
    assert points["open_issues", "jira", "2026-03-02"] == (2, 2)
    assert points["severity_load", "jira", "2026-03-02"] == (4 + 3, 2)
    assert points["severity_load", "jira", "2026-03-04"] == (3, 1)


def test_review_time_is_measured_on_the_tenants_day_of_the_merge(points):
    assert points["review_hours", "code/shop", "2026-03-03"] == (4.0, 1)  # 17:00 UTC is the next day in Tokyo
    assert not [key for key in points if key[0] == "review_hours" and key[2] != "2026-03-03"]
