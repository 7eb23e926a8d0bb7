"""Jobs and runs over a real Dagster: what a tenant may start, see, read, follow and end; and nothing of another's."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import pytest

from api.routes.etl_jobs import OF_TENANTS
from pipelines import stored_connections
from pipelines.raw_tables import TABLES
from tests.api import conftest, test_server
from tests.api.dagster_server import environment, serving
from tests.conftest import free_port

pytestmark = pytest.mark.slow  # a Dagster starts, and runs three jobs
CANARY = "s3cr3t-canary-of-acme"
JOBS = """
import dagster as dg

class Options(dg.Config):
    tenants: list[str] = []
    connection_id: str | None = None
    full: bool = False

TABLES = {}
MAIN = {"github": "issues", "git": "files", "jira": "issues"}
tenant = dg.DynamicPartitionsDefinition(name="tenant")

def load(source):
    @dg.multi_asset(
        name=f"load_{source}",
        specs=[dg.AssetSpec([f"raw_{source}", table], skippable=True) for table in TABLES[source]],
        check_specs=[dg.AssetCheckSpec("every_tenant_is_fresh", asset=dg.AssetKey([f"raw_{source}", MAIN[source]]))],
        partitions_def=tenant,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def load_source(context, config: Options):
        for key in context.partition_keys:
            slug = key.rpartition("--")[0]
            context.log.info(f"{slug}: {source} main waits. token=CANARY and ghp_0123456789abcdefghij")
            if slug == "acme" or len(context.partition_keys) == 1:
                yield dg.AssetMaterialization([f"raw_{source}", MAIN[source]], partition=key)
        yield dg.AssetCheckResult(
            asset_key=dg.AssetKey([f"raw_{source}", MAIN[source]]), check_name="every_tenant_is_fresh", passed=False,
            severity=dg.AssetCheckSeverity.WARN, description="globex: token refused. acme: fine.",
        )
        if any(key.startswith("globex") for key in context.partition_keys):
            raise dg.Failure("1 of 2 tenants failed: globex: The token CANARY was refused.", allow_retries=False)
    return load_source

@dg.asset
def model(): ...

def ingest(name, *sources):
    keys = [dg.AssetKey([f"raw_{source}", table]) for source in sources for table in TABLES[source]]
    return dg.define_asset_job(name, selection=dg.AssetSelection.assets(*keys), description=f"Load {name}.")

jobs = [
    ingest("ingest_github", "github"), ingest("ingest_jira", "jira"),
    ingest("code_and_issues", "github", "git", "jira"),
    dg.define_asset_job("transform", selection=dg.AssetSelection.assets(model)),
]
tick = dg.ScheduleDefinition(
    name="tick", job=jobs[2], cron_schedule="*/15 * * * *", default_status=dg.DefaultScheduleStatus.RUNNING
)
defs = dg.Definitions(assets=[load("github"), load("git"), load("jira"), model], jobs=jobs, schedules=[tick])
""".replace("CANARY", CANARY).replace("TABLES = {}", f"TABLES = {TABLES}")
RAN = """
import json, sys
import dagster as dg
from jobs import defs

with dg.DagsterInstance.get() as instance:
    acme, globex = sys.argv[1:]
    instance.add_dynamic_partitions("tenant", [acme, globex])
    found = {}
    for name, first, last in (("shared", acme, globex), ("theirs", globex, globex), ("ours", acme, acme)):
        tags = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
        job = defs.resolve_job_def("ingest_github")
        found[name] = job.execute_in_process(instance=instance, tags=tags, raise_on_error=False).run_id
    found["build"] = defs.resolve_job_def("transform").execute_in_process(instance=instance).run_id
    print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("dagster")


@pytest.fixture(scope="module")
def served(shared_warehouse, home):
    with serving(home, JOBS) as url:
        tenants = conftest.fill(shared_warehouse)
        config = {"source": "github", "token": CANARY, "repositories": ["acme/shop"]}
        stored_connections.add(shared_warehouse, tenants[0], "main", config)
        yield from conftest.serve(shared_warehouse, *tenants, conftest.Settings(dagster_url=url))


@pytest.fixture(scope="module")
def runs(served, home):
    """Runs that ended: one of both tenants in which globex failed, one of each alone, and a build."""
    keys = [f"{each.slug}--{each.tenant_id.hex[:8]}" for each in (served.acme, served.globex)]
    made = subprocess.run(
        [sys.executable, "-c", RAN, *keys], env=environment(home), cwd=home, capture_output=True, text=True, check=True
    )
    found = json.loads(made.stdout.splitlines()[-1])
    with served.warehouse.connect("loader") as database:
        for tenant, status, error in (
            (served.acme, "succeeded", None),
            (served.globex, "failed", "Refused. Do: mend."),
        ):
            database.execute(
                "insert into app.sync_run (tenant_id, connection_id, source, resource, finished_at, status, row_count,"
                " error_message, dagster_run_id) values (%s, %s, 'github', 'issues', now(), %s, 3, %s, %s)",
                [tenant.tenant_id, uuid4(), status, error, found["shared"]],
            )
    return found


def test_the_jobs_say_what_they_load_when_and_how_the_last_run_went(served, runs):
    found = {job["name"]: job for job in served.get("/api/v1/etl/jobs", role="viewer").json()["data"]}

    assert set(found) == {"ingest_github", "ingest_jira", "code_and_issues", "transform"}
    assert (found["code_and_issues"]["sources"], found["code_and_issues"]["cron"]) == (
        ["git", "github", "jira"],
        "*/15 * * * *",
    )
    assert found["code_and_issues"]["next_at"]
    assert found["ingest_github"]["last_run"]["run_id"] == runs["ours"]
    assert (found["transform"]["sources"], found["transform"]["last_run"]) == ([], None)


def test_a_tenant_sees_its_own_runs_and_its_part_of_those_for_many(served, runs):
    ours = {run["run_id"]: run for run in served.get("/api/v1/etl/runs").json()["data"]}
    theirs = {run["run_id"]: run for run in served.get("/api/v1/etl/runs", slug="globex").json()["data"]}

    assert {runs["shared"], runs["ours"]} <= set(ours)
    assert not {runs["theirs"], runs["build"]} & set(ours)
    assert runs["theirs"] in theirs
    assert runs["ours"] not in theirs
    assert (ours[runs["shared"]]["is_shared"], ours[runs["shared"]]["status"]) == (True, "succeeded")
    assert theirs[runs["shared"]]["status"] == "failed"
    assert (ours[runs["ours"]]["is_shared"], ours[runs["ours"]]["status"]) == (False, "succeeded")


def test_runs_come_in_pages_that_neither_repeat_nor_leave_out(served, runs):
    whole = [run["run_id"] for run in served.get("/api/v1/etl/runs").json()["data"]]
    found, cursor = [], ""
    while cursor is not None:
        page = served.get(f"/api/v1/etl/runs?limit=1{cursor and f'&cursor={cursor}'}").json()
        found += [run["run_id"] for run in page["data"]]
        cursor = page["meta"]["next_cursor"]
    assert found == whole
    for wrong in ("x", "1e9.000000", "99999999999999.000000", "-1.000000"):
        answer = served.get(f"/api/v1/etl/runs?cursor={wrong}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_CURSOR")
    assert served.get("/api/v1/etl/runs?limit=101").status_code == 400
    assert served.get("/api/v1/etl/runs?job=transform").json()["data"] == []


def test_a_run_tells_its_steps_and_what_it_did_for_the_tenant(served, runs):
    run = served.get(f"/api/v1/etl/runs/{runs['shared']}").json()["data"]

    assert [(step["step"], step["status"]) for step in run["steps"]] == [("load_github", "succeeded")]
    assert (run["progress"], run["status"]) == (1.0, "succeeded")
    assert [(one["source"], one["resource"], one["row_count"]) for one in run["loads"]] == [("github", "issues", 3)]
    theirs = served.get(f"/api/v1/etl/runs/{runs['shared']}", slug="globex").json()["data"]
    assert [(step["step"], step["status"]) for step in theirs["steps"]] == [("load_github", "failed")]
    assert (theirs["loads"][0]["error_message"], theirs["loads"][0]["next_step"]) == ("Refused.", "mend.")


@pytest.mark.parametrize("name", ["theirs", "build"])
@pytest.mark.parametrize("what", ["", "/log", "/events"])
def test_anothers_run_is_as_unknown_as_none(served, runs, name, what):
    answer, unknown = (served.get(f"/api/v1/etl/runs/{key}{what}") for key in (runs[name], uuid4()))

    assert (answer.status_code, answer.content) == (404, unknown.content)
    assert served.post(f"/api/v1/etl/runs/{runs[name]}/cancel").status_code == 404


def test_the_log_of_ones_own_run_has_its_words_without_secrets(served, runs):
    log = served.get(f"/api/v1/etl/runs/{runs['ours']}/log")
    said = [entry["message"] for entry in log.json()["data"]]

    assert "acme: github main waits. token=*** and ***" in said
    assert {"The run has started.", "github has ended.", "raw_github/issues is loaded."} <= set(said)
    assert (CANARY in log.text, "globex" in log.text, "fresh" in log.text) == (False, False, False)
    assert log.json()["meta"]["next_cursor"] is None


def test_the_log_of_a_run_for_many_has_nothing_of_the_others(served, runs):
    for slug, other in (("acme", "globex"), ("globex", "acme")):
        log = served.get(f"/api/v1/etl/runs/{runs['shared']}/log", slug=slug)
        said = [entry["message"] for entry in log.json()["data"]]

        assert other not in log.text, slug
        assert "failed" not in log.text
        assert [text for text in said if "waits" in text] == [f"{slug}: github main waits. token=*** and ***"]
        assert ("raw_github/issues is loaded." in said) == (slug == "acme")


def test_a_log_is_read_page_by_page(served, runs):
    path, found, cursor = f"/api/v1/etl/runs/{runs['ours']}/log", [], ""
    while cursor is not None:
        page = served.get(path, params={"limit": 3, **({"cursor": cursor} if cursor else {})}).json()
        found, cursor = found + page["data"], page["meta"]["next_cursor"]

    assert found == served.get(path).json()["data"]
    for wrong in ("x y", "abc", "AAAA", "%00"):
        assert served.get(path, params={"cursor": wrong}).status_code == 400, wrong
    assert served.get(path, role="viewer").status_code == 403


def test_twenty_who_run_a_job_start_one_run_which_can_be_followed_and_ended(served, runs):
    path = "/api/v1/etl/jobs/code_and_issues/run"
    served.token("acme", "editor"), served.token("acme", "viewer")
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: served.post(path, role="editor", json={"full": True}), range(20)))
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [202, *[409] * 19], {answer.text for answer in answers}
    run_id = next(answer for answer in answers if answer.status_code == 202).json()["data"]["run_id"]
    run = served.get(f"/api/v1/etl/runs/{run_id}").json()["data"]
    assert (run["status"], run["is_triggered"], run["progress"]) == ("queued", True, 0.0)
    waiting = dict.fromkeys(("load_github", "load_git", "load_jira"), "waiting")
    assert {step["step"]: step["status"] for step in run["steps"]} == waiting
    assert served.post("/api/v1/etl/jobs/ingest_github/run").status_code == 409
    assert served.post("/api/v1/sync/trigger", json={}).status_code == 409
    assert served.post(f"/api/v1/etl/runs/{run_id}/cancel", slug="globex").status_code == 404
    assert served.post(f"/api/v1/etl/runs/{run_id}/cancel", role="viewer").status_code == 403

    with ThreadPoolExecutor(2) as pool:
        follow = lambda role: served.get(f"/api/v1/etl/runs/{run_id}/events", role=role)  # noqa: E731
        followed = [pool.submit(follow, role) for role in ("editor", "viewer")]
        ended = served.post(f"/api/v1/etl/runs/{run_id}/cancel", role="editor")
        streams = [events(each.result(30)) for each in followed]
    assert (ended.status_code, ended.json()["data"]["status"]) == (202, "canceled")
    for stream in streams:
        assert [data["status"] for kind, data in stream if kind == "progress"][-1] == "canceled"
        assert stream[-1][0] == "end"
    assert [kind for kind, _ in streams[1] if kind == "log"] == []
    assert "The run was canceled." in [data["message"] for kind, data in streams[0] if kind == "log"]
    assert served.post(f"/api/v1/etl/runs/{run_id}/cancel").status_code == 409


def events(answer):
    """The events of a stream, as (kind, data)."""
    assert answer.headers["content-type"].startswith("text/event-stream"), answer.text
    found = []
    for block in answer.text.replace("\r\n", "\n").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "data" in fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found


def test_who_connects_again_hears_only_what_came_after(served, runs):
    path = f"/api/v1/etl/runs/{runs['ours']}/events"
    whole = served.get(path)
    last = [line.removeprefix("id: ") for line in whole.text.splitlines() if line.startswith("id: ")][-1]

    again = events(served.get(path, headers={"Last-Event-ID": last}))

    assert [kind for kind, _ in events(whole)].count("log") > 3
    assert [kind for kind, _ in again] == ["progress", "end"]


def test_the_analysis_of_a_repository_loads_it_and_its_clone_alone(served, runs):
    with served.warehouse.connect("loader") as database:
        database.execute(
            "insert into app.connection (tenant_id, connection_id, source, name, config)"
            """ values (%s, %s, 'git', 'clone', '{"path": "/x", "repository": "Acme/Shop"}')""",
            [served.acme.tenant_id, uuid4()],
        )
    listed = {one["source"]: one["id"] for one in served.get("/api/v1/repositories").json()["data"]}
    path = f"/api/v1/repositories/{listed['github']}/analyze"
    assert served.post(path, role="analyst").status_code == 403
    assert served.post(path, slug="globex").status_code == 404

    started = served.post(path, role="editor")
    assert started.status_code == 202, started.text
    run_id = started.json()["data"]["run_id"]
    run = served.get(f"/api/v1/etl/runs/{run_id}").json()["data"]
    assert run["job"] == "code_and_issues"
    assert sorted(step["step"] for step in run["steps"]) == ["load_git", "load_github"]
    assert served.post(path, role="editor").status_code == 409
    assert served.post(f"/api/v1/etl/runs/{run_id}/cancel").status_code == 202


def test_a_run_for_many_is_ended_by_no_tenant(served, runs):
    answer = served.post(f"/api/v1/etl/runs/{runs['shared']}/cancel")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "SHARED_RUN")


def test_a_build_is_one_at_a_time_for_all(served, runs):
    assert served.post("/api/v1/etl/jobs/transform/run", json={"full": True}).status_code == 400
    started = served.post("/api/v1/etl/jobs/transform/run")
    assert started.status_code == 202, started.text
    assert served.post("/api/v1/etl/jobs/transform/run", slug="globex").status_code == 409
    run_id = started.json()["data"]["run_id"]
    assert served.get(f"/api/v1/etl/runs/{run_id}").json()["data"]["is_shared"] is True
    assert served.get(f"/api/v1/etl/runs/{run_id}", slug="globex").status_code == 404


@pytest.mark.parametrize(
    ("name", "role", "slug", "status"),
    [
        ("nothing", "editor", "acme", 404), ("__ASSET_JOB", "editor", "acme", 404),
        ("ingest_jira", "editor", "acme", 409), ("ingest_github", "editor", "globex", 409),
        ("ingest_github", "analyst", "acme", 403),
    ],
)  # fmt: skip
def test_what_cannot_be_run_says_why(served, name, role, slug, status):
    assert served.post(f"/api/v1/etl/jobs/{name}/run", slug=slug, role=role).status_code == status


def test_a_forecast_names_the_operations_and_the_option_that_exist():
    from orchestration.assets import signals, velocity

    known = {asset.op.name: asset.op for asset in (*signals.ASSETS, *velocity.ASSETS)}
    assert set(OF_TENANTS) <= set(known)
    for name in OF_TENANTS:
        assert "tenants" in known[name].config_schema.as_field().config_type.fields, name


def test_the_documents_paths_answer_the_same_bytes(served, runs):
    run = runs["ours"]
    for path in ("/etl/jobs", "/etl/runs", f"/etl/runs/{run}", f"/etl/runs/{run}/log", f"/etl/runs/{run}/events"):
        other, ours = served.get(f"/app{path}", follow_redirects=False), served.get(f"/api/v1{path}")
        assert (other.status_code, other.content) == (200, ours.content), path
    for path in (f"/etl/runs/{run}/cancel", "/etl/jobs/nothing/run"):
        other, ours = served.post(f"/app{path}"), served.post(f"/api/v1{path}")
        assert (other.status_code, other.content) == (ours.status_code, ours.content), path
        assert served.post(f"/app{path}", role="viewer").status_code == 403


def test_a_server_that_is_told_to_stop_does_not_wait_for_who_follows_a_run(served, runs):
    with served.warehouse.connect("loader") as database:
        database.execute(
            "insert into app.connection (tenant_id, connection_id, source, name) values (%s, %s, 'jira', 'main')",
            [served.globex.tenant_id, uuid4()],
        )
    run_id = served.post("/api/v1/etl/jobs/ingest_jira/run", slug="globex").json()["data"]["run_id"]
    port = free_port()
    child = test_server.start(served.warehouse, port, CLEARSIGNAL_DAGSTER_URL=served.services.dagster.url)
    try:
        test_server.await_answer(port)
        headers = {"Authorization": f"Bearer {served.token('globex')}"}
        address = f"http://127.0.0.1:{port}/app/etl/runs/{run_id}/events"
        with httpx.stream("GET", address, headers=headers, timeout=30) as stream:
            assert stream.status_code == 200, stream.read()
            lines = stream.iter_lines()
            assert next(line for line in lines if line.startswith("event: progress"))
            child.terminate()
            assert list(lines)[-3:-1] == ["event: end", "data: {}"]
        assert child.wait(10) == 0
    finally:
        child.kill()


def test_without_dagster_it_says_when_to_ask_again(served, runs):
    url, served.services.dagster.url = served.services.dagster.url, "http://127.0.0.1:9"
    try:
        answers = [served.get(f"/api/v1/etl/{path}") for path in ("jobs", "runs", f"runs/{runs['ours']}")]
        answers += [served.get(f"/api/v1/etl/runs/{runs['ours']}/{what}") for what in ("log", "events")]
        answers += [
            served.post("/api/v1/etl/jobs/ingest_github/run"),
            served.post(f"/api/v1/etl/runs/{uuid4()}/cancel"),
        ]
    finally:
        served.services.dagster.url = url
    for answer in answers:
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "DAGSTER_UNAVAILABLE")
        assert answer.headers["retry-after"] == "10"
