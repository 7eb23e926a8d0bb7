"""The commit graph between Postgres and polars, against a real database."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import pytest

from pipelines import delivery
from pipelines.warehouse.connection import Warehouse

START = datetime(2026, 1, 5, tzinfo=UTC)
ACME, GLOBEX = UUID("a" * 32), UUID("b" * 32)
TENANT = "insert into app.tenant (tenant_id, slug, name) values (%s, %s, %s)"

INPUTS = """
create schema if not exists intermediate;
create table intermediate.int_commits__unioned (
    tenant_id uuid, connection_id uuid, repository text, sha text, parents text[]
);
create table intermediate.int_deployments__walk (
    tenant_id uuid, repository text, service text, environment text, environment_class text,
    deployment_id uuid, sha text, finished_at timestamptz
);
create table intermediate.int_tenants__touched (tenant_id uuid);
"""


@pytest.fixture
def filled(warehouse: Warehouse) -> Warehouse:
    """Two tenants with a repository of the same name and the same shas."""
    execute(warehouse, INPUTS)
    for tenant, slug in ((ACME, "acme"), (GLOBEX, "globex")):
        with warehouse.connect("loader") as connection:
            connection.execute(TENANT, (tenant, slug, slug))
        execute(warehouse, "insert into intermediate.int_tenants__touched values (%s)", (tenant,))
        commit(warehouse, tenant, "c1")
        commit(warehouse, tenant, "c2", "c1")
        commit(warehouse, tenant, "c3", "c2")
    deploy(warehouse, ACME, "c1", hour=1)
    deploy(warehouse, ACME, "c3", hour=2)
    deploy(warehouse, GLOBEX, "c2", hour=1)
    return warehouse


def execute(warehouse: Warehouse, query: str, values: tuple[object, ...] | None = None) -> list[tuple]:
    with warehouse.connect("transformer") as connection:
        cursor = connection.execute(query, values)
        return cursor.fetchall() if cursor.description else []


def commit(warehouse: Warehouse, tenant: UUID, sha: str, *parents: str) -> None:
    execute(
        warehouse,
        "insert into intermediate.int_commits__unioned values (%s, %s, 'acme/shop', %s, %s)",
        (tenant, tenant, sha, list(parents)),
    )


def deploy(warehouse: Warehouse, tenant: UUID, sha: str, hour: int, environment: str = "production") -> None:
    execute(
        warehouse,
        "insert into intermediate.int_deployments__walk values (%s, 'acme/shop', 'shop', %s, %s, %s, %s, %s)",
        (tenant, environment, environment, deployment(tenant, hour), sha, START + timedelta(hours=hour)),
    )


def deployment(tenant: UUID, hour: int) -> UUID:
    return uuid5(tenant, str(hour))


def stored(warehouse: Warehouse, tenant: UUID, environment: str = "production") -> dict[str, tuple[UUID, str]]:
    rows = execute(
        warehouse,
        "select sha, deployment_id, method from ml.commit_deployments where tenant_id = %s and environment = %s",
        (tenant, environment),
    )
    return {sha: (deployment_id, method) for sha, deployment_id, method in rows}


def all_rows(warehouse: Warehouse) -> set[tuple]:
    return set(execute(warehouse, "select * from ml.commit_deployments"))


def test_each_tenants_commits_get_their_own_deployments(filled: Warehouse):
    counts = delivery.first_deployments(filled)

    first, second = deployment(ACME, 1), deployment(ACME, 2)
    assert counts == {"repositories": 2, "written": 5, "deleted": 0}
    assert stored(filled, ACME) == {"c1": (first, "baseline"), "c2": (second, "ancestry"), "c3": (second, "ancestry")}
    assert set(stored(filled, GLOBEX)) == {"c1", "c2"}


def test_an_unchanged_repository_is_not_walked_again(filled: Warehouse):
    delivery.first_deployments(filled)

    assert delivery.first_deployments(filled) == {"repositories": 0, "written": 0, "deleted": 0}


def test_whoever_has_no_news_is_not_looked_at_and_who_left_is_forgotten(filled: Warehouse):
    delivery.first_deployments(filled)
    execute(filled, "delete from intermediate.int_tenants__touched where tenant_id = %s", (GLOBEX,))
    for tenant in (ACME, GLOBEX):
        deploy(filled, tenant, "c1", hour=0)

    assert delivery.first_deployments(filled) == {"repositories": 1, "written": 1, "deleted": 0}
    assert set(stored(filled, GLOBEX)) == {"c1", "c2"}
    for table in ("int_deployments__walk", "int_commits__unioned"):
        execute(filled, f"delete from intermediate.{table} where tenant_id = %s", (GLOBEX,))
    with filled.connect("loader") as connection:
        connection.execute("delete from app.tenant where tenant_id = %s", (GLOBEX,))

    assert delivery.first_deployments(filled) == {"repositories": 0, "written": 0, "deleted": 2}
    assert stored(filled, GLOBEX) == {} and len(stored(filled, ACME)) == 3


def test_a_new_deployment_writes_only_what_it_delivers(filled: Warehouse):
    delivery.first_deployments(filled)
    commit(filled, ACME, "c4", "c3")
    deploy(filled, ACME, "c4", hour=3)

    assert delivery.first_deployments(filled) == {"repositories": 1, "written": 1, "deleted": 0}
    assert stored(filled, ACME)["c4"] == (deployment(ACME, 3), "ancestry")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("insert", id="a late deployment before the others"),
        pytest.param("delete", id="a deleted deployment"),
        pytest.param("move", id="a deployment of another sha"),
        pytest.param("parent", id="a commit that was missing"),
        pytest.param("environment", id="a renamed environment"),
        pytest.param("gone", id="a repository without deployments"),
    ],
)
def test_an_incremental_run_equals_a_full_one_after(filled: Warehouse, change: str):
    delivery.first_deployments(filled)
    if change == "insert":
        deploy(filled, ACME, "c2", hour=0)
    elif change == "delete":
        execute(filled, "delete from intermediate.int_deployments__walk where sha = 'c1'")
    elif change == "move":
        execute(filled, "update intermediate.int_deployments__walk set sha = 'c2' where sha = 'c3'")
    elif change == "parent":
        execute(filled, "update intermediate.int_commits__unioned set parents = '{c0}' where sha = 'c1'")
        commit(filled, ACME, "c0")
    elif change == "environment":
        execute(filled, "update intermediate.int_deployments__walk set environment = 'staging'")
    else:
        execute(filled, "delete from intermediate.int_deployments__walk where tenant_id = %s", (ACME,))
    before = all_rows(filled)

    delivery.first_deployments(filled)
    incremental = all_rows(filled)

    assert incremental != before
    assert delivery.first_deployments(filled, full=True)["written"] == 0
    execute(filled, "truncate ml.commit_deployments, ml.commit_walks")
    delivery.first_deployments(filled)
    assert all_rows(filled) == incremental


def test_nothing_deployed_anywhere_is_no_error(warehouse: Warehouse):
    execute(warehouse, INPUTS)

    assert delivery.first_deployments(warehouse) == {"repositories": 0, "written": 0, "deleted": 0}
