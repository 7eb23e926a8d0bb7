"""One source that fails is its own affair: the others are read, the reason is told, the next sync catches up."""

from collections.abc import Iterator
from itertools import chain

import pytest

from pipelines import connections, load
from tests import conftest, parsed
from tests.end_to_end import stack as house

pytestmark = pytest.mark.slow
UNCONNECTED = {"git", "zendesk"}  # this company has neither a clone nor a Zendesk
SOURCES = [source for source in connections.SOURCES if source not in UNCONNECTED]
FAILURES = {  # fault → class in app.sync_run; all of them by source: tests/pipelines/test_fault_table.py
    "429": "rate_limited",
    "truncated_json": "unparsable",
}


@pytest.fixture(scope="module")
def read_once(postgres, tmp_path_factory) -> Iterator[tuple[house.Stack, house.Api]]:
    """A company that was read while nothing was wrong, and the API over it."""
    warehouse = conftest.clone(postgres, tmp_path_factory.mktemp("home"))
    with house.companies(5, days=4, slugs=["acme"]) as simulator:
        stack = house.Stack(warehouse, simulator)
        parsed.parse(warehouse)
        stack.sync()
        with house.served(warehouse) as api:
            yield stack, api
    conftest.drop(postgres, warehouse)


def sync(stack: house.Stack) -> dict[str, str | None]:
    """The class of error by source, None where the sync went well."""
    keys = [tenant.partition_key for tenant in stack.tenants.values()]
    ends = chain.from_iterable(load.sync(stack.warehouse, one, keys, now=stack.now) for one in SOURCES)
    return {end.source: end.error.error_class if end.error else None for end in ends}


@pytest.mark.parametrize("fault", FAILURES)
def test_a_source_that_fails_is_told_and_the_others_are_read(read_once, fault):
    stack, api = read_once
    stack.simulator.advance(hours=5)
    stack.simulator.fault("/jira/*", fault, retry_after=3600)
    try:
        ends = sync(stack)
    finally:
        stack.simulator.clear_faults()

    assert ends == {source: FAILURES[fault] if source == "jira" else None for source in SOURCES}
    told = {row["source"]: row for row in api.get("acme", "/api/v1/sync/status")["data"]}
    assert {source for source, row in told.items() if row["status"] != "succeeded"} == {"jira"}
    failed = [one for one in told["jira"]["resources"] if one["status"] == "failed"]
    assert {one["error_class"] for one in failed} == {FAILURES[fault]}
    assert all(one["next_step"] for one in failed)


def test_the_next_sync_catches_up_with_what_was_missed(read_once):
    stack, _ = read_once
    stack.simulator.advance(days=2)
    stack.simulator.fault("/github/*", "500")
    assert sync(stack)["github"] == "unavailable"
    stack.simulator.clear_faults()

    assert set(sync(stack).values()) == {None}

    happened = {str(row["id"]) for row in stack.truth("acme", "deployments")}
    with stack.warehouse.connect("loader") as connection:
        assert {str(row[0]) for row in connection.execute("select id from raw_github.deployments")} == happened
