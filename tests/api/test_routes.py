"""The composite answers over the real contracts: dashboard, synchronisation, health; and their other paths."""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest

import dbt_project
from pipelines import accounts, contracts, mart_tables, tenants
from tests.api.conftest import PASSWORD, serve
from tests.conftest import free_port

CONNECTION = uuid4()
NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    """dbt's own manifest of this checkout."""
    home = tmp_path_factory.mktemp("dbt")
    connect = {f"CLEARSIGNAL_DBT_{name}": "1" for name in ("HOST", "PORT", "USER", "PASSWORD", "DATABASE")}
    folder = str(dbt_project.PROJECT_DIR)
    options = ["--project-dir", folder, "--profiles-dir", folder, "--log-path", str(home / "logs")]
    command = [sys.executable, "-m", "dbt.cli.main", "parse", *options, "--target-path", str(dbt_project.target_dir(home))]
    done = subprocess.run(command, env={**os.environ, **connect}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    return dbt_project.manifest_path(home)


@pytest.fixture(scope="module")
def real(shared_warehouse, manifest):
    """All marts of the project, empty but for those of the dashboard."""
    warehouse = shared_warehouse
    path = dbt_project.manifest_path(warehouse.home)
    path.parent.mkdir(parents=True)
    path.write_bytes(manifest.read_bytes())
    acme, globex = (tenants.create(warehouse, slug, slug.capitalize()) for slug in ("acme", "globex"))
    for tenant in (acme, globex):
        for role in ("viewer", "editor", "admin"):
            accounts.create_user(warehouse, f"{role}@{tenant.slug}.example", role, PASSWORD, tenant, role)
    marts = contracts.read(path)
    with warehouse.connect("transformer") as connection:
        for mart in marts.values():
            for statement in [*mart_tables.create(mart, mart.name), *mart_tables.index(mart, mart.name)]:
                connection.execute(statement)
            connection.execute(
                "insert into app.mart_version (tenant_id, mart, version, contract_checksum, as_of, publish_id)"
                " select tenant_id, %s, 1, %s, %s, 1 from app.tenant",
                [mart.name, mart.checksum, NOW],
            )
        for tenant in (acme, globex):
            fill_dashboard(connection, marts, tenant, 3 if tenant is acme else 7)
    with warehouse.connect("loader") as connection:
        fill_sync_runs(connection, acme)
    yield from serve(warehouse, acme, globex)


def fill_dashboard(connection, marts, tenant, count):
    """`count` issues of one source, one of them resolved, on two days."""
    for number in range(count):
        key = uuid4()
        given = {
            "issue_id": key, "id": key, "source": "github", "status": "resolved" if number == 0 else "open",
            "title": f"of {tenant.slug}", "severity": 4, "created_at": NOW, "updated_at": NOW, "key": str(number),
        }  # fmt: skip
        insert(connection, marts["issues"], tenant, given)
    for day, created, resolved, open_count in ((1, count, 0, count), (2, 0, 1, count - 1)):
        same = {"source": "github", "severity": 4, "day": f"2026-01-0{day}", "resolved_count": resolved, "open_count": open_count}
        flow = {**same, "project": "p", "team": "t", "created_count": created, "reopened_count": 0}
        insert(connection, marts["issue_flow_daily"], tenant, flow)
        insert(connection, marts["severity_daily"], tenant, {**same, "issue_count": created, "severity_load": 0})
    health = {"connection_id": CONNECTION, "resource": "issues", "source": "github", "success_rate": 0.5, "lag_seconds": 60.0}
    insert(connection, marts["sync_health"], tenant, health)


def insert(connection, mart, tenant, given):
    """A row; what the contract requires beyond it gets its type's neutral value."""
    neutral = {"text": "", "boolean": False, "integer": 0, "bigint": 0, "double precision": 0.0, "smallint": 0, "text[]": []}
    row = {"tenant_id": tenant.tenant_id}
    for column in mart.columns:
        if column.name in given:
            row[column.name] = given[column.name]
        elif column.not_null and column.name not in row:
            row[column.name] = neutral.get(column.type, NOW)
    names, marks = ", ".join(f'"{name}"' for name in row), ", ".join(["%s"] * len(row))
    connection.execute(f"insert into marts.{mart.name} ({names}) values ({marks})", list(row.values()))


def fill_sync_runs(connection, tenant):
    """A connection whose issues loaded, then failed."""
    connection.execute(
        "insert into app.connection (tenant_id, connection_id, source, name) values (%s, %s, 'github', 'shop')",
        [tenant.tenant_id, CONNECTION],
    )
    for minutes, status, error in ((30, "succeeded", None), (5, "failed", "credentials")):
        at = NOW - timedelta(minutes=minutes)
        connection.execute(
            "insert into app.sync_run (tenant_id, connection_id, source, resource, started_at, finished_at, status, as_of,"
            " row_count, error_class, error_message, http_status)"
            " values (%s, %s, 'github', 'issues', %s, %s, %s, %s, 12, %s, %s, %s)",
            [tenant.tenant_id, CONNECTION, at, at, status, at, error, error and "The token was refused. Do: enter another.",
             401 if error else None],
        )  # fmt: skip


def test_every_mart_of_the_project_can_be_read_in_every_format(real):
    listed = real.get("/api/v1/marts").json()["data"]

    assert {"deployments", "dora_summary", "issues", "forecasts", "sync_health"} <= {mart["name"] for mart in listed}
    for mart in listed:
        for form in ("json", "csv", "arrow"):
            answer = real.get(f"{mart['url']}?format={form}")
            assert (mart["name"], form, answer.status_code) == (mart["name"], form, 200)
        for column in mart["columns"]:
            assert column["description"], (mart["name"], column["name"])


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


@pytest.mark.parametrize(("other", "ours"), [("/api/sync/status", "/api/v1/sync/status"), ("dashboard", "/api/v1/dashboard")])
def test_the_documents_paths_answer_the_same_bytes(real, other, ours):
    path = f"/api/analytics/dashboard/{real.acme.tenant_id}" if other == "dashboard" else other
    strip = lambda text: __import__("re").sub(r'"lag_seconds":[0-9.]+', "", text)  # noqa: E731  (it grows between two calls)

    assert strip(real.get(path).text) == strip(real.get(ours).text)
    assert real.get(path, follow_redirects=False).status_code == 200


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


def test_the_status_names_the_error_and_what_to_do(real):
    found = real.get("/api/v1/sync/status").json()["data"]

    assert (found[0]["source"], found[0]["status"]) == ("github", "failed")
    resource = found[0]["resources"][0]
    assert resource["error_class"] == "credentials"
    assert resource["error_message"] == "The token was refused."
    assert resource["next_step"] == "enter another."
    assert resource["lag_seconds"] == pytest.approx(1800, abs=120)
    assert datetime.fromisoformat(resource["last_success_at"]) == NOW - timedelta(minutes=30)


def test_the_status_of_another_tenant_is_empty(real):
    assert real.get("/api/v1/sync/status", slug="globex").json()["data"] == []


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        ({"source": "gitlab"}, 400, "no source"),
        ({"source": "jira"}, 409, "jira"),
        ({"connection_id": str(uuid4())}, 404, "no such connection"),
        ({"connection_id": "x"}, 400, "connection_id"),
        ({"full": "yes"}, 400, "full"),
        ({}, 503, "Dagster does not answer"),
    ],
)
def test_a_load_that_cannot_be_started_says_why(real, body, status, word):
    answer = real.post("/api/v1/sync/trigger", json=body)

    assert answer.status_code == status
    assert word in answer.text


def test_a_viewer_starts_no_load(real):
    assert real.post("/api/v1/sync/trigger", role="viewer", json={}).status_code == 403
    assert real.post("/api/sync/trigger", role="viewer", json={}).status_code == 403


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
    assert (asked.status_code, asked.headers["access-control-allow-headers"]) == (204, "Authorization, Content-Type, If-None-Match")
    assert real.client.get("/api/v1/marts", headers=good).headers["access-control-allow-origin"]


JOBS = """
import dagster as dg

class Options(dg.Config):
    tenants: list[str] = []
    connection_id: str | None = None
    full: bool = False

@dg.multi_asset(
    name="ingest_github",
    specs=[dg.AssetSpec(["raw_github", "issues"])],
    partitions_def=dg.DynamicPartitionsDefinition(name="tenant"),
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def load(config: Options):
    yield dg.MaterializeResult(asset_key=["raw_github", "issues"])

job = dg.define_asset_job("ingest_github", selection=dg.AssetSelection.assets(["raw_github", "issues"]))
defs = dg.Definitions(assets=[load], jobs=[job])
"""


@pytest.fixture(scope="module")
def dagster(tmp_path_factory):
    """A real Dagster web server with a queue and no daemon: what is launched stays queued."""
    home = tmp_path_factory.mktemp("dagster")
    (home / "jobs.py").write_text(JOBS)
    (home / "dagster.yaml").write_text(
        "run_coordinator: {module: dagster.core.run_coordinator, class: QueuedRunCoordinator}\ntelemetry: {enabled: false}\n"
    )
    place = {"python_file": {"relative_path": "jobs.py", "location_name": "clearsignal"}}
    (home / "workspace.yaml").write_text(json.dumps({"load_from": [place]}))
    port = free_port()
    command = [sys.executable, "-m", "dagster_webserver", "-w", str(home / "workspace.yaml"), "-h", "127.0.0.1", "-p", str(port)]
    child = subprocess.Popen(command, env={**os.environ, "DAGSTER_HOME": str(home)}, cwd=home, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                if httpx.get(f"http://127.0.0.1:{port}/server_info").status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        child.terminate()
        child.wait(20)


@pytest.mark.slow
def test_twenty_triggers_start_one_run(real, dagster):
    from concurrent.futures import ThreadPoolExecutor

    real.services.dagster.url = dagster
    try:
        real.token("acme", "editor")
        with ThreadPoolExecutor(20) as pool:
            trigger = lambda _: real.post("/api/v1/sync/trigger", role="editor", json={"source": "github"})  # noqa: E731
            answers = list(pool.map(trigger, range(20)))
        codes = sorted(answer.status_code for answer in answers)
        started = next(answer for answer in answers if answer.status_code == 202)

        assert codes[0] == 202
        assert codes.count(202) == 1
        assert set(codes[1:]) == {409}
        assert started.json()["data"]["run_id"]
        assert real.post("/api/sync/trigger", json={"connection_id": str(CONNECTION)}).status_code == 409
        assert real.client.get("/health/ready").json()["dagster"] in ("ok", "its daemon sends no heartbeat")
    finally:
        real.services.dagster.url = "http://127.0.0.1:9"
