"""What a connection no longer names is gone from raw, and comes back whole when it is named again."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from uuid import UUID

import pytest
from psycopg import sql

from pipelines import removal, stored_connections, tenants
from pipelines.landing.locks import landing_schema, share
from pipelines.raw_schema import ensure_tables
from pipelines.raw_tables import RAW
from pipelines.simulator.company import Charter
from pipelines.simulator.server import Running, running
from pipelines.warehouse.connection import Warehouse
from tests.pipelines.syncs import connect, packages, rows, sync

OF_PROJECTS = ("projects", "boards", "sprints", "issues", "changelogs", "worklogs", "remotelinks")
REPOSITORIES = ["acme/checkout", "acme/storefront"]


@pytest.fixture(scope="module")
def simulator() -> Iterator[Running]:
    with running([Charter("acme", days=9)]) as made:
        yield made


def of_repository(warehouse: Warehouse, repository: str) -> dict[str, int]:
    """Rows by table, deleted ones too."""
    found = {}
    with warehouse.connect("loader") as database:
        for name in RAW["github"]:
            query = f"select count(*) from raw_github.{name} where repository = %s"
            found[name] = (database.execute(query, [repository]).fetchone() or (0,))[0]  # type: ignore[arg-type]
    return found


def test_a_repository_that_is_named_no_more_is_gone_and_comes_back_whole(
    warehouse: Warehouse, simulator: Running
) -> None:
    tenant = connect(warehouse, simulator.url, "github", organization=None, repositories=REPOSITORIES)
    (first,) = sync(warehouse, "github", tenant)
    kept, dropped = (of_repository(warehouse, name) for name in REPOSITORIES)
    before = packages(warehouse)
    assert first.error is None
    assert dropped["commits"] > 0

    connect(warehouse, simulator.url, "github", organization=None, repositories=REPOSITORIES[:1])
    (outcome,) = sync(warehouse, "github", tenant)

    assert outcome.error is None
    assert of_repository(warehouse, "acme/storefront") == dict.fromkeys(dropped, 0)
    assert of_repository(warehouse, "acme/checkout") == kept
    assert packages(warehouse) == before + 1  # the next build hears of it

    connect(warehouse, simulator.url, "github", organization=None, repositories=REPOSITORIES)
    sync(warehouse, "github", tenant)

    assert of_repository(warehouse, "acme/storefront") == dropped


def test_a_project_that_is_named_no_more_takes_its_issues_histories_and_sprints_along(
    warehouse: Warehouse, simulator: Running
) -> None:
    tenant = connect(warehouse, simulator.url, "jira")
    sync(warehouse, "jira", tenant)
    (stored,) = stored_connections.of(warehouse, tenant, "jira")
    whole = rows(warehouse, "jira", tenant)
    projects = {dict(zip(RAW["jira"]["issues"].columns, row, strict=True))["project_key"] for row in whole["issues"]}

    def leave(*named: str) -> dict[str, set]:
        left_out = removal.out_of_scope({"projects": []}, {"projects": list(named)})
        with warehouse.connect("loader") as database:
            removal.remove_rows(database, "jira", tenant.tenant_id, stored.connection_id, left_out)
        return rows(warehouse, "jira", tenant)

    assert leave(*(name.lower() for name in projects)) == whole
    left = leave("other")
    assert {name for name in left if left[name] != whole[name]} == {name for name in OF_PROJECTS if whole[name]}
    assert {name: left[name] for name in OF_PROJECTS} == {name: set() for name in OF_PROJECTS}


@pytest.mark.parametrize(
    ("before", "now", "gone"),
    [
        ({"repositories": ["a/x", "a/y"]}, {"repositories": ["A/X"]}, {"a/y"}),
        ({"repositories": ["a/x"]}, {"organization": "a"}, set()),
        ({"organization": "a"}, {"repositories": ["a/X"]}, {"a/y", "a/z"}),
        ({"organization": "a", "repositories": ["b/x"]}, {"organization": "b"}, {"a/x", "a/y", "a/z"}),
        ({"repositories": ["a/y", "b/x"]}, {"organization": "b"}, {"a/y"}),
        ({}, {"repositories": ["a/x"]}, set()),  # nothing is known of before
    ],
)
def test_what_a_changed_scope_leaves_out(warehouse: Warehouse, before: dict, now: dict, gone: set[str]) -> None:
    left_out = removal.out_of_scope(before, now)
    query = sql.SQL("select scope from unnest(%s::text[]) as scope where {}").format(left_out or sql.SQL("false"))
    with warehouse.connect("loader") as database:
        found = database.execute(query, [["a/x", "a/y", "a/z", "b/x"]]).fetchall()

    assert {scope for (scope,) in found} == gone


def test_a_removed_connection_leaves_nothing_behind(warehouse: Warehouse, simulator: Running) -> None:
    tenant, other = (connect(warehouse, simulator.url, "hubspot", slug=slug) for slug in ("acme", "other"))
    sync(warehouse, "hubspot", tenant, other)
    before, count = rows(warehouse, "hubspot", other), packages(warehouse)
    (stored,) = stored_connections.of(warehouse, tenant, "hubspot")

    removed = removal.remove_connection(warehouse, stored.connection_id)

    assert removed == sum(map(len, before.values()))
    assert {name: found for name, found in rows(warehouse, "hubspot", tenant).items() if found} == {}
    assert rows(warehouse, "hubspot", other) == before
    assert packages(warehouse) == count + 1
    assert traces(warehouse, stored.connection_id) == []
    assert sync(warehouse, "hubspot", tenant) == []
    assert removal.remove_connection(warehouse, stored.connection_id) is None


def traces(warehouse: Warehouse, connection_id: UUID) -> list:
    """Where the connection's id still stands, but for the journal of its loads."""
    name = connection_id.hex
    found: list = list((warehouse.home / "dlt").rglob(f"*{name}*"))
    with warehouse.connect("loader") as database:
        found += database.execute("select nspname from pg_namespace where nspname like %s", [f"%{name}%"]).fetchall()
        state = "select pipeline_name from raw_hubspot._dlt_pipeline_state where pipeline_name like %s"
        found += database.execute(state, [f"%{name}%"]).fetchall()
        for table in ("connection", "sync_hold", "quarantine", "source_field", "schema_drift", "completeness"):
            query = f"select '{table}' from app.{table} where connection_id = %s"
            found += database.execute(query, [connection_id]).fetchall()  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize("whole_tenant", [False, True])
def test_a_removal_waits_for_what_is_still_being_committed(
    warehouse: Warehouse, simulator: Running, whole_tenant: bool
) -> None:
    """As the server may do it for a process that is gone, and so holds no other lock."""
    tenant = connect(warehouse, simulator.url, "hubspot")
    (stored,) = stored_connections.of(warehouse, tenant, "hubspot")
    ensure_tables(warehouse, ["hubspot"])
    with ThreadPoolExecutor(1) as pool:
        with warehouse.connect("loader") as committing:
            share(committing.cursor(), landing_schema("hubspot", stored.connection_id), for_transaction=True)
            removed: Future = (
                pool.submit(tenants.remove, warehouse, tenant)
                if whole_tenant
                else pool.submit(removal.remove_connection, warehouse, stored.connection_id)
            )
            with pytest.raises(TimeoutError):
                removed.result(0.5)
            committing.execute(
                "insert into raw_hubspot.owners (tenant_id, connection_id, id, _dlt_load_id) values (%s, %s, '1', '1')",
                [tenant.tenant_id, stored.connection_id],
            )
        removed.result()

    with warehouse.connect("loader") as database:
        assert database.execute("select count(*) from raw_hubspot.owners").fetchone() == (0,)
