"""A tenant in trouble: one source limits it, one refuses its token, one changes its fields. What is told, and where."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import pytest

from orchestration import checks, runs
from tests import conftest
from tests.end_to_end import stack as house

pytestmark = pytest.mark.slow
SOURCES = ("github", "jira", "hubspot")
WAIT = timedelta(minutes=30)


@dataclass
class Trouble:
    status: dict[str, dict[str, Any]]  # source → what GET /api/v1/sync/status says
    checks: dict[str, dg.AssetCheckEvaluation]  # `raw_jira/projects` → its check in the last run
    tags: dict[str, str]  # of the last run
    limited_at: datetime


@pytest.fixture(scope="module")
def trouble(postgres, tmp_path_factory) -> Iterator[Trouble]:
    """Acme was well; then HubSpot limits, GitHub refuses and Jira changes. Loaded by Dagster as its schedule does."""
    warehouse = conftest.clone(postgres, tmp_path_factory.mktemp("home"))
    with pytest.MonkeyPatch.context() as patch, house.companies(5, days=4, slugs=["acme"]) as simulator:
        for name, value in house.environment(warehouse).items():
            patch.setenv(name, value)
        house.Stack(warehouse, simulator)
        with runs.opened(warehouse) as opened:
            assert opened.ingest(sources=SOURCES).success
            simulator.advance(hours=5)
            simulator.fault("/hubspot/*", "429", retry_after=WAIT.total_seconds())
            simulator.fault("/github/*", "401")
            simulator.fault("/jira/*/rest/api/3/project*", "drift")
            results = []
            limited_at = datetime.now(UTC)
            for _ in range(4):  # three refusals, and a run that leaves it alone
                results.append(opened.ingest(sources=SOURCES))
            run = opened.instance.get_run_by_id(results[-1].run_id)
        assert [result.success for result in results] == [False, False, False, True]
        found = {"/".join(one.asset_key.path): one for one in results[-1].get_asset_check_evaluations()}
        with house.served(warehouse) as api:
            status = {one["source"]: one for one in api.get("acme", "/api/v1/sync/status")["data"]}
        yield Trouble(status, found, dict(run.tags) if run else {}, limited_at)
    conftest.drop(postgres, warehouse)


def test_a_limit_is_told_with_the_time_until_which_it_waits(trouble):
    hubspot = trouble.status["hubspot"]
    assert (hubspot["status"], hubspot["failure_count"]) == ("waiting", 1)
    until = datetime.fromisoformat(hubspot["resume_at"]) - trouble.limited_at
    assert WAIT <= until <= WAIT + timedelta(minutes=2)
    assert "limit is used up" in hubspot["waits_for"]
    assert "Do: nothing: the next sync goes on where this one stopped." in hubspot["waits_for"]
    failed = [one for one in hubspot["resources"] if one["status"] == "failed"]
    assert {(one["error_class"], one["http_status"]) for one in failed} == {("rate_limited", 429)}
    assert all(one["next_step"] and one["last_success_at"] for one in failed)  # what was loaded stays


def test_a_refused_token_needs_attention_and_says_what_to_do(trouble):
    github = trouble.status["github"]
    assert (github["status"], github["failure_count"], github["resume_at"]) == ("needs_attention", 3, None)
    assert "401" in github["waits_for"] and "Do: enter a valid token" in github["waits_for"]
    failed = [one for one in github["resources"] if one["status"] == "failed"]
    assert {one["error_class"] for one in failed} == {"credentials"}
    assert github["drift"] == []
    assert "github-acme" not in str(trouble.status)


def test_a_changed_schema_is_told_and_loading_goes_on(trouble):
    jira = trouble.status["jira"]
    assert (jira["status"], jira["waits_for"], jira["resume_at"]) == ("succeeded", None, None)
    assert [(one["table"], one["field"], one["change"]) for one in jira["drift"]] == [
        ("projects", "zz_new_field", "added")
    ]


def test_dagster_shows_the_same_on_the_pages_of_the_tables(trouble):
    limited, refused = trouble.checks["raw_hubspot/tickets"], trouble.checks["raw_github/pull_requests"]
    for evaluation in (limited, refused):
        assert (evaluation.check_name, evaluation.passed) == (checks.CHECK, False)
        assert evaluation.severity == dg.AssetCheckSeverity.WARN
    expected = (
        (limited, "429 rate_limited", "Wait: it goes on by itself at "),
        (refused, "401 credentials", "Enter the credentials again: the connection needs attention."),
    )
    for evaluation, *words in expected:
        for shown in (str(evaluation.description), evaluation.metadata["who and why"].value):
            assert all(word in shown for word in ("acme", *words))
    changed = trouble.checks["raw_jira/projects"]
    assert changed.passed  # a new field makes nobody's data old
    assert "acme: field zz_new_field added" in str(changed.description)
    assert "zz_new_field added" in changed.metadata["fields that came or went"].value
    assert trouble.checks["raw_jira/issues"].passed
    assert "failed tenants" not in trouble.tags
