"""What is deleted at the source does not stay: each table is swept, goes with its parent, or is named as history."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from pipelines.orphans import HISTORY, PARENTS
from pipelines.raw_tables import RAW
from pipelines.simulator.company import Charter
from pipelines.simulator.played import PLAYED
from pipelines.simulator.server import Running, running
from pipelines.tenants import Tenant
from pipelines.warehouse.connection import Warehouse
from tests.pipelines.contract.connected import WITH_RECORDS, ask, connect, one
from tests.pipelines.syncs import NOW

MINUTE = timedelta(minutes=1)
SWEPT = [
    (source, table)
    for source in WITH_RECORDS
    for table in RAW[source]
    if table not in HISTORY.get(source, {}) and table not in PARENTS.get(source, {})
]
PARTS = [(source, table) for source, parents in PARENTS.items() for table in parents]


@pytest.fixture
def world() -> Iterator[Running]:
    """A company that has releases."""
    with running([Charter("acme", "release", days=12)]) as made:
        yield made


def live(warehouse: Warehouse, source: str, table: str, tenant: Tenant) -> list[Any]:
    """The keys of the rows that count as there, those of which there are fewest of a name first."""
    key = RAW[source][table].key[-1]
    query = (
        f"select {key} from raw_{source}.{table} where tenant_id = %s and _deleted_at is null"
        " group by 1 order by count(*), 1 desc"
    )
    return [found for (found,) in ask(warehouse, query, str(tenant.tenant_id))]


def loaded(warehouse: Warehouse, world: Running, source: str) -> Tenant:
    """A tenant that was loaded, with the files of pull requests."""
    tenant = connect(warehouse, world, source)
    path = "insert into app.service_path values (%s, 0, '*', '**', 'shop') returning 1"
    ask(warehouse, path, tenant.tenant_id)
    assert one(warehouse, source, tenant).error is None
    return tenant


def delete(world: Running, source: str, table: str, key: Any) -> None:
    world.post("/world/records/delete", {"company": "acme", "provider": source, "kind": table, "id": key})
    world.advance(hours=2 / 60)


def test_what_stays_says_why() -> None:
    for source, reasons in HISTORY.items():
        assert set(reasons) <= set(RAW[source]) and all(reasons.values())
    for source in PLAYED:
        assert (source in WITH_RECORDS) != ("deletion" in PLAYED[source].lacks)


@pytest.mark.parametrize(("source", "table"), SWEPT)
def test_a_sweep_marks_what_was_deleted_and_a_list_that_broke_off_does_not(
    warehouse: Warehouse, world: Running, hurried: None, source: str, table: str
) -> None:
    tenant = loaded(warehouse, world, source)
    gone, *others = live(warehouse, source, table, tenant)
    delete(world, source, table, gone)

    world.fault(f"/{source}/*", "500")
    broken = one(warehouse, source, tenant, now=NOW + MINUTE, sweep=True)
    assert broken.error is not None and live(warehouse, source, table, tenant)[0] == gone

    world.clear_faults()
    again = one(warehouse, source, tenant, now=NOW + timedelta(hours=1), sweep=True)
    assert again.error is None
    left = live(warehouse, source, table, tenant)
    assert gone not in left
    if (source, table) not in {("jira", "projects"), ("jira", "boards")}:  # the only one, which takes the others along
        assert set(others) <= set(left)


@pytest.mark.parametrize(("source", "table"), PARTS)
def test_what_belongs_to_a_record_goes_with_it(warehouse: Warehouse, world: Running, source: str, table: str) -> None:
    parent = PARENTS[source][table][0]
    tenant = loaded(warehouse, world, source)
    columns = " and ".join(f"part.{ours} = whole.{theirs}" for ours, theirs in parent.columns)
    pairs = ask(
        warehouse,
        f"select whole.id, part.{RAW[source][table].key[-1]} from raw_{source}.{table} as part"
        f" inner join raw_{source}.{parent.table} as whole on {columns} and whole.tenant_id = part.tenant_id"
        " where part.tenant_id = %s order by whole.id",
        str(tenant.tenant_id),
    )
    gone = pairs[0][0]
    parts, others = {part for whole, part in pairs if whole == gone}, {part for whole, part in pairs if whole != gone}
    delete(world, source, parent.table, gone)

    assert one(warehouse, source, tenant, now=NOW + 2 * MINUTE, sweep=True).error is None

    left = set(live(warehouse, source, table, tenant))
    assert not (parts - others) & left and others <= left


# Jira writes such an end into the history; of GitHub all is read again here.
@pytest.mark.parametrize(
    ("source", "table"),
    [
        ("jira", "worklogs"), ("jira", "remotelinks"), ("github", "pull_request_commits"),
        ("github", "reviews"), ("github", "deployment_statuses"), ("github", "workflow_jobs"),
        ("github", "check_runs"),
    ],
)  # fmt: skip
def test_a_part_is_gone_when_its_record_is_read_again(
    warehouse: Warehouse, world: Running, source: str, table: str
) -> None:
    tenant = loaded(warehouse, world, source)
    gone, *others = live(warehouse, source, table, tenant)
    # The simulator knows a job by its run, which has one of each attempt.
    delete(world, source, table, gone // 10 if table == "workflow_jobs" else gone)

    assert one(warehouse, source, tenant, now=NOW + 2 * MINUTE, full=source == "github").error is None

    left = live(warehouse, source, table, tenant)
    assert gone not in left and len(others) - len(left) <= (2 if table == "workflow_jobs" else 0)
