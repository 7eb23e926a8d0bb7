"""The commit graph between Postgres and polars, against a real database."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4, uuid5

import pytest

from pipelines import delivery
from pipelines.warehouse.connection import Warehouse

START = datetime(2026, 1, 5, tzinfo=UTC)
ACME, GLOBEX = UUID("a" * 32), UUID("b" * 32)
TENANT = "insert into app.tenant (tenant_id, slug, name) values (%s, %s, %s)"
PACKAGE = "insert into app.load_package (tenant_id, connection_id, load_id, source) values (%s, %s, %s, 'github')"
OPEN = "insert into app.build (started_at, status, is_full) values (now(), %s, false) returning build_id"

INPUTS = """
create schema if not exists intermediate;
create table intermediate.int_commits__by_connection (
    tenant_id uuid, connection_id uuid, repository text, sha text, parents text[], is_deleted boolean default false,
    _dlt_load_id text
);
create view intermediate.int_commits__unioned as
select tenant_id, repository, sha, parents from intermediate.int_commits__by_connection where not is_deleted;
create table intermediate.int_deployments__walk (
    tenant_id uuid, repository text, service text, environment text, environment_class text,
    deployment_id uuid, sha text, finished_at timestamptz
);
create table intermediate.int_deployments__ordered__changed (tenant_id uuid, deployment_id uuid, build_id bigint);
"""


@pytest.fixture
def filled(warehouse: Warehouse) -> Warehouse:
    """Two tenants with a repository of the same name and the same shas, walked once."""
    execute(warehouse, INPUTS)
    for tenant, slug in ((ACME, "acme"), (GLOBEX, "globex")):
        with warehouse.connect("loader") as connection:
            connection.execute(TENANT, (tenant, slug, slug))
        commit(warehouse, tenant, "c1")
        commit(warehouse, tenant, "c2", "c1")
        commit(warehouse, tenant, "c3", "c2")
    deploy(warehouse, ACME, "c1", hour=1)
    deploy(warehouse, ACME, "c3", hour=2)
    deploy(warehouse, GLOBEX, "c2", hour=1)
    assert build(warehouse) == {"repositories": 2, "deployments": 0, "written": 5, "deleted": 0}
    return warehouse


def execute(warehouse: Warehouse, query: str, values: tuple[object, ...] | None = None) -> list[tuple]:
    with warehouse.connect("transformer") as connection:
        cursor = connection.execute(query, values)
        return cursor.fetchall() if cursor.description else []


def build(warehouse: Warehouse, full: bool = False, status: str = "succeeded") -> dict[str, int]:
    """What a build does for the walk: it takes the packages and says which deployments changed."""
    [(build_id,)] = execute(warehouse, OPEN, ("running",))
    execute(warehouse, "update app.load_package set build_id = %s where build_id is null", (build_id,))
    changed = "intermediate.int_deployments__ordered__changed"
    execute(warehouse, f"update {changed} set build_id = %s where build_id is null", (build_id,))
    counts = delivery.first_deployments(warehouse, full=full)
    execute(warehouse, "update app.build set status = %s where build_id = %s", (status, build_id))
    return counts


def commit(warehouse: Warehouse, tenant: UUID, sha: str, *parents: str) -> None:
    execute(
        warehouse,
        "insert into intermediate.int_commits__by_connection values (%s, %s, 'acme/shop', %s, %s, false, %s)",
        (tenant, tenant, sha, list(parents), load(warehouse, tenant)),
    )


def sweep(warehouse: Warehouse, tenant: UUID, sha: str, is_deleted: bool = True) -> None:
    """The commit is gone at its source, or there again."""
    execute(
        warehouse,
        "update intermediate.int_commits__by_connection set is_deleted = %s, _dlt_load_id = %s"
        " where tenant_id = %s and sha = %s",
        (is_deleted, load(warehouse, tenant), tenant, sha),
    )


def load(warehouse: Warehouse, tenant: UUID, kind: str = "load") -> str:
    load_id = f"{kind}-{uuid4()}"
    with warehouse.connect("loader") as connection:
        connection.execute(PACKAGE, (tenant, tenant, load_id))
    return load_id


def deploy(warehouse: Warehouse, tenant: UUID, sha: str | None, hour: int, environment: str = "production") -> None:
    execute(
        warehouse,
        "insert into intermediate.int_deployments__walk values (%s, 'acme/shop', 'shop', %s, %s, %s, %s, %s)",
        (tenant, environment, environment, deployment(tenant, hour), sha, START + timedelta(hours=hour)),
    )
    tell(warehouse, tenant, hour)


def change(warehouse: Warehouse, tenant: UUID, hour: int, to: str) -> None:
    """A deployment changes as `to` says, or goes."""
    table, key = "intermediate.int_deployments__walk", "where tenant_id = %s and deployment_id = %s"
    statement = f"delete from {table} {key}" if to == "gone" else f"update {table} set {to} {key}"
    execute(warehouse, statement, (tenant, deployment(tenant, hour)))
    tell(warehouse, tenant, hour)


def tell(warehouse: Warehouse, tenant: UUID, hour: int) -> None:
    row = (tenant, deployment(tenant, hour))
    execute(warehouse, "insert into intermediate.int_deployments__ordered__changed values (%s, %s, null)", row)


def deployment(tenant: UUID, hour: int) -> UUID:
    return uuid5(tenant, str(hour))


def stored(warehouse: Warehouse, tenant: UUID, environment: str = "production") -> dict[str, tuple[UUID, str]]:
    rows = execute(
        warehouse,
        "select sha, deployment_id, method from ml.commit_deployments where tenant_id = %s and environment = %s",
        (tenant, environment),
    )
    return {sha: (deployment_id, method) for sha, deployment_id, method in rows}


def all_rows(warehouse: Warehouse) -> dict[str, set[tuple]]:
    tables = ("commit_deployments", "walked_deployments", "missing_commits")
    return {table: set(execute(warehouse, f"select * from ml.{table}")) for table in tables}


def test_each_tenants_commits_get_their_own_deployments(filled: Warehouse):
    first, second = deployment(ACME, 1), deployment(ACME, 2)
    assert stored(filled, ACME) == {"c1": (first, "baseline"), "c2": (second, "ancestry"), "c3": (second, "ancestry")}
    assert set(stored(filled, GLOBEX)) == {"c1", "c2"}


def test_without_news_nothing_is_walked(filled: Warehouse):
    commit(filled, ACME, "c4", "c3")  # that nobody deployed

    assert build(filled) == {"repositories": 0, "deployments": 0, "written": 0, "deleted": 0}


def test_a_new_deployment_is_walked_from_its_commit(filled: Warehouse):
    commit(filled, ACME, "c4", "c3")
    commit(filled, ACME, "b1", "c2")
    commit(filled, ACME, "c5", "c4", "b1")
    commit(filled, ACME, "c6", "c5")
    deploy(filled, ACME, "c4", hour=3)
    deploy(filled, ACME, "c6", hour=4)

    assert build(filled) == {"repositories": 0, "deployments": 2, "written": 4, "deleted": 0}
    third, fourth = (deployment(ACME, 3), "ancestry"), (deployment(ACME, 4), "ancestry")
    assert {sha: found for sha, found in stored(filled, ACME).items() if sha > "c3" or sha == "b1"} == {
        "c4": third, "b1": fourth, "c5": fourth, "c6": fourth,
    }  # fmt: skip


def test_what_one_environment_has_the_other_has_not(filled: Warehouse):
    deploy(filled, ACME, "c1", hour=3, environment="staging")
    build(filled)
    commit(filled, ACME, "c4", "c3")
    deploy(filled, ACME, "c3", hour=4, environment="staging")
    deploy(filled, ACME, "c4", hour=5)

    assert build(filled) == {"repositories": 0, "deployments": 2, "written": 3, "deleted": 0}
    assert set(stored(filled, ACME, "staging")) == {"c1", "c2", "c3"}


def test_what_a_failed_build_walked_is_looked_at_again(filled: Warehouse):
    commit(filled, ACME, "c4", "c3")
    deploy(filled, ACME, "c4", hour=3)
    build(filled, status="failed")
    deploy(filled, ACME, "c3", hour=4)

    assert build(filled) == {"repositories": 0, "deployments": 1, "written": 0, "deleted": 0}


def late(warehouse: Warehouse) -> None:
    deploy(warehouse, ACME, "c2", hour=0)


def missing_parent(warehouse: Warehouse) -> None:
    execute(warehouse, "update intermediate.int_commits__by_connection set parents = '{c0}' where sha = 'c1'")
    build(warehouse, full=True)
    commit(warehouse, ACME, "c0")


def missing_head(warehouse: Warehouse) -> None:
    deploy(warehouse, ACME, "c9", hour=3)
    build(warehouse)
    commit(warehouse, ACME, "c9", "c3")


def missing_parent_of_the_newest(warehouse: Warehouse) -> None:
    commit(warehouse, ACME, "c5", "c4")
    deploy(warehouse, ACME, "c5", hour=3)
    build(warehouse)
    commit(warehouse, ACME, "c4", "c3")


def back_again(warehouse: Warehouse) -> None:
    sweep(warehouse, ACME, "c2")
    build(warehouse)
    sweep(warehouse, ACME, "c2", is_deleted=False)


def removed(warehouse: Warehouse) -> None:
    execute(warehouse, "delete from intermediate.int_commits__by_connection where tenant_id = %s", (ACME,))
    load(warehouse, ACME, "removal")


CHANGES = {
    "a late deployment before the others": late,
    "a deleted deployment": lambda warehouse: change(warehouse, ACME, 1, "gone"),
    "a deployment of another sha": lambda warehouse: change(warehouse, ACME, 2, "sha = 'c2'"),
    "a renamed environment": lambda warehouse: change(warehouse, ACME, 2, "environment = 'staging'"),
    "a moved repository": lambda warehouse: change(warehouse, ACME, 2, "repository = 'acme/till'"),
    "a repository without deployments": lambda warehouse: change(warehouse, GLOBEX, 1, "gone"),
    "a release without a commit": lambda warehouse: deploy(warehouse, ACME, None, hour=3),
    "a new environment": lambda warehouse: deploy(warehouse, ACME, "c3", hour=3, environment="staging"),
    "a commit that was missing": missing_parent,
    "a commit that was missing when it was deployed": missing_head,
    "a commit that was missing when its child was deployed": missing_parent_of_the_newest,
    "a commit that is gone": lambda warehouse: sweep(warehouse, ACME, "c2"),
    "a commit that is there again": back_again,
    "a connection that was removed": removed,
}


@pytest.mark.parametrize("name", CHANGES)
def test_an_incremental_run_equals_a_full_one_after(filled: Warehouse, name: str):
    before = all_rows(filled)
    CHANGES[name](filled)

    build(filled)
    incremental = all_rows(filled)

    assert incremental != before or name == "a commit that is there again"
    assert build(filled, full=True)["written"] == 0
    execute(filled, "truncate ml.commit_deployments, ml.walked_deployments, ml.missing_commits")
    build(filled)
    assert all_rows(filled) == incremental


def test_nothing_deployed_anywhere_is_no_error(warehouse: Warehouse):
    execute(warehouse, INPUTS)

    assert build(warehouse) == {"repositories": 0, "deployments": 0, "written": 0, "deleted": 0}
