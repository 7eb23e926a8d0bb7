"""The composite answers over the real contracts: dashboard and health; and their other paths."""

import re
from uuid import uuid4

import pytest

import dbt_project
from api.routes import mart_paths
from pipelines import contracts
from pipelines.warehouse import migrate, revision
from tests.api import real_contracts


@pytest.mark.parametrize(("path", "place"), mart_paths.PATHS.items())
def test_a_mart_answers_the_same_bytes_at_the_documents_path(real, path, place):
    for question in ("format=json", "format=csv&limit=5", "limit=none"):
        other, ours = real.get(f"{path}?{question}"), real.get(f"/api/v1/marts/{place.mart}?{_joined(place, question)}")
        assert (other.status_code, other.content) == (ours.status_code, ours.content)
        assert other.headers.get("etag") == ours.headers.get("etag")
    described = real.get("/openapi.json").json()["paths"]
    at_ours = described[f"/api/v1/marts/{place.mart}"]["get"]["parameters"]
    assert described[path]["get"]["parameters"] == [one for one in at_ours if one["name"] not in place.filters]


def _joined(place: mart_paths.Place, question: str) -> str:
    return "&".join([*(f"{name}={value}" for name, value in place.filters.items()), question])


def test_every_mart_of_the_project_can_be_read_in_every_format(real):
    listed = real.get("/api/v1/marts").json()["data"]

    assert {"deployments", "dora_summary", "issues", "forecasts", "sync_health"} <= {mart["name"] for mart in listed}
    for mart in listed:
        for form in ("json", "csv", "arrow"):
            answer = real.get(f"{mart['url']}?format={form}")
            assert (mart["name"], form, answer.status_code) == (mart["name"], form, 200)
        for column in mart["columns"]:
            assert column["description"], (mart["name"], column["name"])


def test_trends_are_served_by_their_contract_and_are_the_tenants_own(real):
    mart = contracts.read(dbt_project.manifest_path(real.warehouse.home))["kpi_trends"]
    given = {"metric": "open_issues", "entity": "jira", "window_days": 90, "direction": "up", "is_good": False}
    with real.warehouse.connect("transformer") as connection:
        for tenant, slope in ((real.acme, 1.5), (real.globex, 2.5)):
            real_contracts.insert(connection, mart, tenant, {**given, "slope": slope, "p_value": 0.01})
        real_contracts.insert(connection, mart, real.globex, {**given, "entity": "github"})

    asked = "/api/v1/marts/kpi_trends?window_days=90&direction=up&is_good=false&p_value.lt=0.05"

    assert [row["slope"] for row in real.get(asked).json()["data"]] == [1.5]
    assert [row["slope"] for row in real.get(asked, slug="globex").json()["data"]] == [2.5]
    assert real.get(f"{asked}&entity=github").json()["data"] == []


def test_the_figure_of_another_definition_comes_with_why_it_differs(real):
    answer = real.get("/api/v1/marts/dora_definitions?definition=devlake&metric=lead_time")
    wrong = real.get("/api/v1/marts/dora_definitions?definition.like=devlake")
    shown = next(mart for mart in real.get("/api/v1/marts").json()["data"] if mart["name"] == "dora_definitions")

    assert (answer.status_code, wrong.status_code) == (200, 400)
    assert {"definition", "value", "unit", "n", "meaning", "difference"} <= {one["name"] for one in shown["columns"]}


def test_an_issue_answers_the_names_that_frontends_read(real):
    row = real.get("/api/v1/marts/issues").json()["data"][0]

    assert {"id", "tenant_id", "title", "severity", "source", "status", "created_at"} <= set(row)
    assert row["tenant_id"] == str(real.acme.tenant_id)


def test_the_dashboard_sums_the_tenants_marts(real):
    data = real.get("/api/v1/dashboard").json()["data"]

    assert list(data) == ["issues", "severity", "trend", "sources", "velocity", "sync", "as_of"]
    assert data["issues"] == {"total_count": 3, "open_count": 2, "resolved_count": 1}
    assert data["severity"] == [{"severity": 4, "open_count": 2, "issue_count": 3}]
    assert [day["open_count"] for day in data["trend"]] == [3, 2]
    assert data["sources"][0] == {
        "source": "github", "open_count": 2, "total_count": 3, "created_count": 3, "resolved_count": 1,
    }  # fmt: skip
    assert data["velocity"]["resolved_per_created"] == pytest.approx(1 / 3)
    assert data["sync"][0]["lag_seconds"] == 60.0


@pytest.mark.parametrize(
    ("other", "ours"), [("/api/sync/status", "/api/v1/sync/status"), ("dashboard", "/api/v1/dashboard")]
)
def test_the_documents_paths_answer_the_same_bytes(real, other, ours):
    path = f"/api/analytics/dashboard/{real.acme.tenant_id}" if other == "dashboard" else other
    strip = lambda text: re.sub(r'"lag_seconds":[0-9.]+', "", text)  # noqa: E731  (it grows between two calls)

    assert strip(real.get(path).text) == strip(real.get(ours).text)
    assert real.get(path, follow_redirects=False).status_code == 200


def test_a_path_with_filters_shows_these_rows_alone(real):
    contract = contracts.read(real.services.registry.manifest)["portfolio"]
    with real.warehouse.connect("transformer") as connection:
        for kind in ("project", "objective"):
            row = {"scope_kind": kind, "scope": uuid4().hex, "window_days": 30}
            real_contracts.insert(connection, contract, real.acme, row)

    found = {
        path: real.get(f"/api/v1/portfolio/{path}?window_days=30").json()["data"] for path in ("projects", "objectives")
    }

    assert {path: {row["scope_kind"] for row in rows} for path, rows in found.items()} == {
        "projects": {"project"},
        "objectives": {"objective"},
    }
    assert real.get("/api/v1/portfolio/projects?colour=red").status_code == 400


def test_the_insights_of_a_repository_are_its_own(real):
    with real.warehouse.connect("loader") as connection:
        connection.execute(
            "insert into app.connection (tenant_id, connection_id, source, name, config)"
            """ values (%s, %s, 'github', 'own', '{"repositories": ["acme/shop", "acme/api"]}')""",
            [real.acme.tenant_id, uuid4()],
        )
    insights = contracts.read(real.services.registry.manifest)["repository_insights"]
    with real.warehouse.connect("transformer") as connection:
        for repository in ("acme/shop", "acme/api"):
            given = {"repository": repository, "rule": "hotspot", "as_of": "2026-03-02"}
            real_contracts.insert(connection, insights, real.acme, given)
    listed = {one["full_name"]: one["id"] for one in real.get("/api/v1/repositories").json()["data"]}

    found = real.get(f"/api/v1/repositories/{listed['acme/shop']}/insights").json()["data"]
    assert [(one["repository"], one["rule"]) for one in found] == [("acme/shop", "hotspot")]
    assert real.get(f"/api/v1/repositories/{listed['acme/shop']}/insights", slug="globex").status_code == 404


def test_the_dashboard_of_another_tenant_is_not_found(real):
    assert real.get(f"/api/analytics/dashboard/{real.globex.tenant_id}").status_code == 404


def test_a_member_of_both_tenants_reads_both_dashboards(real):
    with real.warehouse.connect("loader") as connection:
        connection.execute(
            "insert into app.membership (tenant_id, user_id, role)"
            """ select %s, user_id, 'viewer' from app."user" where email = 'viewer@acme.example'""",
            [real.globex.tenant_id],
        )
    answer = real.get(f"/api/analytics/dashboard/{real.globex.tenant_id}", role="viewer")

    assert answer.json()["data"]["issues"]["total_count"] == 7


def test_health_tells_life_from_readiness(real):
    health, ready = real.client.get("/health"), real.client.get("/health/ready")

    assert health.json() == {"status": "healthy", "database": "ok"}
    assert ready.status_code == 200
    assert (ready.json()["manifest"], ready.json()["dagster"]) == ("ok", "unreachable")


def test_metrics_name_no_tenant(real):
    real.get("/api/v1/marts/issues")
    text = real.client.get("/metrics").text

    assert 'route="/api/v1/marts/{mart}"' in text
    assert "acme" not in text
    assert str(real.acme.tenant_id) not in text


def test_only_allowed_origins_may_read(real):
    good, bad = {"Origin": "http://localhost:5173"}, {"Origin": "http://evil.example"}
    allowed, refused = real.get("/api/v1/marts", headers=good), real.get("/api/v1/marts", headers=bad)
    asked = real.client.options("/api/v1/marts", headers={**good, "Access-Control-Request-Method": "GET"})

    assert allowed.headers["access-control-allow-origin"] == "http://localhost:5173"
    assert "access-control-allow-origin" not in refused.headers
    assert (asked.status_code, asked.headers["access-control-allow-headers"]) == (
        204,
        "Authorization, Content-Type, If-Match, If-None-Match",
    )
    assert real.client.get("/api/v1/marts", headers=good).headers["access-control-allow-origin"]


def test_a_database_of_another_version_is_not_ready(real):
    change = "update app.alembic_version set version_num = %s"
    with real.warehouse.connect_as_administrator(autocommit=True) as connection:
        connection.execute(change, ["0003"])
        answer = real.client.get("/health/ready")
        connection.execute(change, [revision.needed()])

    assert answer.status_code == 503
    assert "0003" in answer.json()["migrations"]
    assert real.client.get("/health/ready").status_code == 200


def test_the_revision_that_a_server_needs_is_alembics_newest():
    assert revision.needed() == migrate.newest()
