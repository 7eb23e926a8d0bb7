"""However the sources change what was read before, the marts that only took up the news equal those built anew."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests import conftest
from tests.end_to_end import stack as house
from tests.end_to_end import tables

pytestmark = pytest.mark.soak
SLUGS = ("acme", "globex")


@pytest.fixture(scope="module")
def changed(postgres, tmp_path_factory) -> Iterator[house.Stack]:
    """A world that was read; then records were edited, moved, reopened and deleted while two days went by."""
    warehouse = conftest.clone(postgres, tmp_path_factory.mktemp("home"))
    with pytest.MonkeyPatch.context() as patch, house.companies(4, days=25, slugs=SLUGS) as simulator:
        for name, value in house.environment(warehouse).items():
            patch.setenv(name, value)
        stack = house.Stack(warehouse, simulator)
        stack.sync()
        stack.transform()
        simulator.advance(days=1)
        for slug in SLUGS:
            amend(stack, slug)
        simulator.advance(days=1)
        stack.sync(sweep=True)
        stack.transform()
        yield stack
    conftest.drop(postgres, warehouse)


def amend(stack: house.Stack, slug: str) -> None:
    """What people do to their own records: every second kind of change meets an open record and a resolved one."""

    def post(action: str, provider: str, kind: str, record: Any, **changes: Any) -> None:
        body = {"company": slug, "provider": provider, "kind": kind, "id": record, "changes": changes}
        stack.simulator.post(f"/world/records/{action}", body)

    def pick(source: str, status: str) -> Iterator[str]:
        facts = stack.truth(slug, "issues")
        return iter([fact["id"] for fact in facts if (fact["source"], fact["status"]) == (source, status)])

    for status in ("open", "resolved"):
        jira, github, hubspot = pick("jira", status), pick("github", status), pick("hubspot", status)
        post("delete", "jira", "issues", next(jira))
        post("edit", "jira", "issues", next(jira), priority="Highest")
        post("edit", "jira", "issues", next(jira), priority="Lowest", summary="Renamed by hand")
        post("edit", "jira", "issues", next(jira), status="todo" if status == "resolved" else "done")
        post("delete", "github", "issues", next(github))
        post("edit", "github", "issues", next(github), labels=[{"name": "bug"}, {"name": "severity: critical"}])
        post("delete", "hubspot", "tickets", next(hubspot))
        post("edit", "hubspot", "tickets", next(hubspot), hs_ticket_priority="HIGH")
        post("edit", "hubspot", "tickets", next(hubspot), archived=True)
    deployments = [row for row in stack.truth(slug, "deployments") if row["is_production"] and not row["is_baseline"]]
    post("delete", "github", "deployments", deployments[2]["id"])
    post("delete", "github", "deployments", deployments[-2]["id"])
    post("edit", "github", "deployments", deployments[4]["id"], environment="staging")


def test_what_was_changed_by_hand_is_what_the_marts_hold(changed):
    with changed.warehouse.connect("transformer") as connection:
        rows = connection.execute(
            "select slug, source, key, status from marts.issues join app.tenant using (tenant_id)"
        )
        told = {tuple(row) for row in rows}
        critical = connection.execute("select count(*) from marts.issues where 'severity: critical' = any (labels)")
        moved = connection.execute("select count(*) from raw_github.deployments where environment = 'staging'")
        assert critical.fetchone() == (2 * len(SLUGS),)
        assert moved.fetchone() != (0,)
    happened = {
        (slug, fact["source"], fact["key"], fact["status"]) for slug in SLUGS for fact in changed.truth(slug, "issues")
    }
    assert told == happened


def test_marts_that_took_up_the_news_equal_those_built_anew(changed):
    before = tables.marts(changed.warehouse)
    with changed.warehouse.connect("transformer") as connection:
        connection.execute("drop table build.review_pairs")  # then a transform rebuilds all
    changed.transform()
    assert tables.differences(before, tables.marts(changed.warehouse)) == {}
