"""Loads that meet faults or are killed, from the real simulator over HTTP into a real Postgres."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from pipelines import answers, http, packages
from pipelines.landing.pipeline import Batch, Landing
from pipelines.simulator.company import Charter
from pipelines.simulator.server import Running, running
from pipelines.warehouse.connection import Warehouse
from tests.pipelines.syncs import NOW, Killed, connect, rows, sync


@pytest.fixture(scope="module")
def _faulty() -> Iterator[Running]:
    with running([Charter("acme", days=12)]) as made:
        yield made


@pytest.fixture
def faulty(_faulty: Running) -> Iterator[Running]:
    """A young world that only faults are given to."""
    yield _faulty
    _faulty.clear_faults()


@pytest.fixture(scope="module")
def whole(shared_warehouse: Warehouse, _faulty: Running) -> Callable[[str], dict[str, set[tuple]]]:
    """What a load of that world reads where nothing fails, by source."""

    @cache
    def read(source: str) -> dict[str, set[tuple]]:
        tenant = connect(shared_warehouse, _faulty.url, source, slug=f"clean-{source.replace('_', '-')}")
        (outcome,) = sync(shared_warehouse, source, tenant)
        assert outcome.error is None
        return rows(shared_warehouse, source, tenant)

    return read


def test_what_is_independent_is_read_at_once(
    warehouse: Warehouse, faulty: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = connect(warehouse, faulty.url, "jira")
    faulty.fault("*", "delay_ms", delay_ms=30)
    under_way: list[str] = []
    seen: list[set[str]] = []
    send = http.Client._send

    def watched(client: http.Client, method: str, url: str, *more: Any) -> answers.Answer:
        path = url.rpartition("/rest/")[2]
        under_way.append(path)
        seen.append(set(under_way))
        try:
            return send(client, method, url, *more)
        finally:
            under_way.remove(path)

    monkeypatch.setattr(http.Client, "_send", watched)
    (outcome,) = sync(warehouse, "jira", tenant)

    assert outcome.error is None
    assert {"api/3/status", "api/3/field"} <= set.union(*(paths for paths in seen if len(paths) > 1))
    assert max(map(len, seen)) == http.REQUESTS_AT_ONCE
    assert all(len(paths) == 1 for paths in seen if "api/3/project/search" in paths)  # what is refused there is all


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "options"),
    [("429", {}), ("403_secondary", {}), ("403_primary", {"reset_after": 1}), ("500", {}), ("503_html", {}),
     ("truncated_json", {}), ("drop", {"after_bytes": 100}), ("drift", {})],
)  # fmt: skip
def test_a_passing_fault_is_survived(
    warehouse: Warehouse, faulty: Running, whole: Callable, fault: str, options: dict
) -> None:
    expected, tenant = whole("github"), connect(warehouse, faulty.url, "github")
    faulty.fault("/github/repos/acme/*", fault, times=1, **options)
    (outcome,) = sync(warehouse, "github", tenant)
    assert outcome.error is None
    assert rows(warehouse, "github", tenant) == expected


@pytest.mark.parametrize(
    ("source", "path", "fault", "options", "error_class"),
    [
        ("github", "*/graphql", "429", {"retry_after": 600}, "rate_limited"),
        ("github", "*/graphql", "403_primary", {"reset_after": 900}, "rate_limited"),
        ("github", "*/issues", "null_fields", {"fields": ["id"]}, "unparsable"),
        ("github", "*/commits", "drift", {"rename": {"sha": "identifier"}}, "unparsable"),
        ("jira", "*/search/jql", "401", {}, "credentials"),
        ("hubspot", "*/tickets", "429", {"retry_after": 600}, "rate_limited"),
        ("geonames", "*", "401", {}, "credentials"),
    ],
)
def test_a_lasting_fault_is_told_by_its_class_and_the_next_run_is_complete(
    warehouse: Warehouse, faulty: Running, whole: Callable, source: str, path: str, fault: str, options: dict,
    error_class: str,
) -> None:  # fmt: skip
    expected, tenant = whole(source), connect(warehouse, faulty.url, source)
    faulty.fault(path, fault, **options)
    (outcome,) = sync(warehouse, source, tenant)
    assert outcome.error is not None and outcome.error.error_class == error_class
    with warehouse.connect("loader") as database:
        told = database.execute("select distinct error_class from app.sync_run where status = 'failed'").fetchall()
    assert told == [(error_class,)]

    faulty.clear_faults()
    (outcome,) = sync(warehouse, source, tenant, now=NOW + timedelta(minutes=20))  # a limit has named its time
    assert outcome.error is None
    assert rows(warehouse, source, tenant) == expected


def test_a_page_token_that_repeats_ends_the_sync(warehouse: Warehouse) -> None:
    with running() as grown:  # with more issues than a page holds
        tenant = connect(warehouse, grown.url, "jira")
        grown.fault("*/search/jql", "repeat_token")
        (outcome,) = sync(warehouse, "jira", tenant)
    assert outcome.error is not None and outcome.error.error_class == "unparsable"
    assert "issues" in outcome.failed


def _dying_after(table: str, commit: Callable[[Landing, Batch], str]) -> Callable[[Landing, Batch], str]:
    """A commit that works until a package held rows of this table, and ends the load at the next one."""
    done: list[str] = []

    def commit_until(landing: Landing, batch: Batch) -> str:
        if done:
            raise Killed
        done.extend([table] if table in batch.tables else [])
        return commit(landing, batch)

    return commit_until


@pytest.mark.slow
def test_a_load_that_ends_between_two_packages_leaves_nothing_out(
    warehouse: Warehouse, faulty: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once a pull request was committed alone, its reviews were never asked for again."""
    tenant, clean = connect(warehouse, faulty.url, "github"), connect(warehouse, faulty.url, "github", slug="clean")
    commit, package_rows = Landing.load, packages.PACKAGE_ROWS
    monkeypatch.setattr(packages, "PACKAGE_ROWS", 1)
    for last in ("pull_request_commits", "reviews", "pull_requests", "deployments"):
        monkeypatch.setattr(Landing, "load", _dying_after(last, commit))
        with pytest.raises(Killed):
            sync(warehouse, "github", tenant)
    monkeypatch.setattr(Landing, "load", commit)
    monkeypatch.setattr(packages, "PACKAGE_ROWS", package_rows)

    (outcome,) = sync(warehouse, "github", tenant)

    assert outcome.error is None
    sync(warehouse, "github", clean)
    ours, full = rows(warehouse, "github", tenant), rows(warehouse, "github", clean)
    assert {name: full[name] ^ ours[name] for name in full if ours[name] != full[name]} == {}
