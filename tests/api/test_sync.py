"""Synchronisation: what is told of the last loads, and starting one in a real Dagster."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from api.routes.sync import Trigger, _config
from tests.api.dagster_server import serving
from tests.api.real_contracts import CONNECTION, NOW


def test_the_status_names_the_error_and_what_to_do(real):
    found = real.get("/api/v1/sync/status").json()["data"]

    assert (found[0]["source"], found[0]["status"]) == ("github", "failed")
    resource = found[0]["resources"][0]
    assert resource["error_class"] == "credentials"
    assert resource["error_message"] == "The token was refused."
    assert resource["next_step"] == "enter another."
    since = (datetime.now(UTC) - (NOW - timedelta(minutes=30))).total_seconds()
    assert resource["lag_seconds"] == pytest.approx(since, abs=120)
    assert datetime.fromisoformat(resource["last_success_at"]) == NOW - timedelta(minutes=30)


def test_the_status_of_a_first_sync_says_how_far_it_is_and_how_long_it_will_take(real):
    found = {one["name"]: one for one in real.get("/api/v1/sync/status").json()["data"]}
    past = found["troubled"]["backfill"]
    assert past["summary"] == "30% of its past read, back to 3 Mar 2025, about 3 min left"
    assert (past["share"], past["remaining_seconds"], past["is_least"]) == (0.3, 175.0, False)
    (part,) = past["resources"]
    assert (part["resource"], part["kept_count"], part["expected_count"]) == ("issues", 300, 1000)
    assert [one["backfill"] for name, one in found.items() if name != "troubled"] != []
    assert all(one["backfill"] is None for name, one in found.items() if name != "troubled")


def test_the_status_of_a_connection_in_trouble_says_what_waits_what_is_missing_and_what_changed(real):
    answer = real.get("/api/v1/sync/status")
    found = {one["name"]: one for one in answer.json()["data"]}["troubled"]

    assert (found["status"], found["failure_count"]) == ("waiting", 1)
    until = datetime.fromisoformat(found["resume_at"]) - datetime.now(UTC)
    assert timedelta(minutes=30) < until < timedelta(hours=2)
    assert found["waits_for"].startswith("The limit is used up.")
    assert (found["quota_left"], found["quota_limit"]) == (12, 5000)
    assert [(each["table"], each["field"], each["change"]) for each in found["drift"]] == [
        ("issues", "sub_issues", "added")
    ]
    (issues,) = found["resources"]
    assert (issues["needs_attention"], issues["failure_count"], issues["resume_at"]) == (True, 3, None)
    assert (issues["completeness"], issues["source_count"], issues["kept_count"]) == (0.995, 200, 199)
    assert issues["quarantined_count"] == 1
    assert "canary" not in answer.text


def test_what_was_never_measured_is_null(real):
    found = real.get("/api/v1/sync/status").json()["data"][0]

    assert (found["name"], found["quota_left"], found["resume_at"], found["drift"]) == ("shop", None, None, [])
    assert (found["resources"][0]["completeness"], found["resources"][0]["quarantined_count"]) == (None, 0)


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


JOBS = """
import dagster as dg

class Options(dg.Config):
    tenants: list[str] = []
    connection_id: str | None = None
    full: bool = False

@dg.multi_asset(
    name="load_github",
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
    with serving(tmp_path_factory.mktemp("dagster"), JOBS) as url:
        yield url


def test_a_trigger_names_the_jobs_and_options_that_exist():
    from orchestration.assets.ingest import IngestOptions, assets
    from orchestration.jobs import EVERYTHING, ingest_jobs

    said = _config("acme--12345678", None, Trigger(connection_id=CONNECTION, full=True))["ops"]

    assert set(said) == {asset.op.name for asset in assets()}
    assert {name for options in said.values() for name in options["config"]} <= set(IngestOptions.model_fields)
    assert {"ingest_github", EVERYTHING} <= {job.name for job in ingest_jobs()}


@pytest.mark.slow
def test_twenty_triggers_start_one_run(real, dagster):
    real.services.dagster.url = dagster
    try:
        real.token("acme", "editor")
        with ThreadPoolExecutor(20) as pool:
            trigger = lambda _: real.post("/api/v1/sync/trigger", role="editor", json={"source": "github"})  # noqa: E731
            answers = list(pool.map(trigger, range(20)))
        assert any(answer.status_code == 202 for answer in answers), {answer.text for answer in answers}
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
