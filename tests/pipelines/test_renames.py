"""Repositories that are renamed, transferred, replaced or gone at GitHub: raw rows follow their id, others go on."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from pipelines import renames, stored_connections
from pipelines.raw_tables import RAW
from pipelines.simulator.company import Charter
from pipelines.simulator.server import Running, running
from pipelines.tenants import Tenant
from pipelines.warehouse.connection import Warehouse
from tests.pipelines.syncs import NOW, connect, packages, rows, sync
from tests.pipelines.test_removal import of_repository

CHECKOUT, STOREFRONT = REPOSITORIES = ["acme/checkout", "acme/storefront"]


@pytest.fixture
def world() -> Iterator[Running]:
    with running([Charter("acme", days=6)]) as made:
        yield made


def read(warehouse: Warehouse, world: Running, **scope: Any) -> Tenant:
    tenant = connect(warehouse, world.url, "github", **scope)
    (outcome,) = sync(warehouse, "github", tenant)
    assert outcome.error is None
    return tenant


def rename(world: Running, name: str, now: str) -> None:
    body = {"company": "acme", "kind": "repositories", "id": name, "name": now}
    world.post("/world/records/rename", body)


def named(warehouse: Warehouse, tenant: Tenant) -> set[str]:
    (stored,) = stored_connections.of(warehouse, tenant, "github")
    return set(stored.connection.repositories)


def requests(world: Running) -> int:
    return world.world.github_limits.peek("github-acme", world.world.settings)["used"]


def test_rows_cursors_and_scope_follow_a_repository_to_its_new_name_and_owner(warehouse, world):
    tenant = read(warehouse, world, organization=None, repositories=REPOSITORIES)
    before, built = {name: of_repository(warehouse, name) for name in REPOSITORIES}, packages(warehouse)
    rename(world, CHECKOUT, "acme/till")
    rename(world, STOREFRONT, "umbrella/window")
    asked = requests(world)

    (outcome,) = sync(warehouse, "github", tenant)

    assert outcome.error is None
    assert of_repository(warehouse, "acme/till") == before[CHECKOUT]
    assert of_repository(warehouse, "umbrella/window") == before[STOREFRONT]
    for name in REPOSITORIES:
        assert not any(of_repository(warehouse, name).values())
    assert named(warehouse, tenant) == {"acme/till", "umbrella/window"}
    assert packages(warehouse) > built
    assert requests(world) - asked < sum(len(RAW["github"]) for _ in REPOSITORIES) * 4  # nothing from its first day

    world.advance(days=1)
    (outcome,) = sync(warehouse, "github", tenant, now=NOW + timedelta(days=1))
    assert outcome.error is None
    anew = connect(warehouse, world.url, "github", slug="anew", organization=None, repositories=REPOSITORIES)
    sync(warehouse, "github", anew, now=NOW + timedelta(days=1))
    ours, full = rows(warehouse, "github", tenant), rows(warehouse, "github", anew)
    for name in ("tags", "branches", "commits", "pull_request_commits"):  # all whose key has the name
        assert full[name] <= ours[name], name
    for name in ("pull_requests", "issues", "deployments", "comments", "reviews"):
        assert len(ours[name]) == len(full[name]), name


def test_two_repositories_that_change_names_keep_apart(warehouse, world):
    tenant = read(warehouse, world, organization=None, repositories=REPOSITORIES)
    before = {name: of_repository(warehouse, name) for name in REPOSITORIES}
    assert before[CHECKOUT] != before[STOREFRONT]
    rename(world, CHECKOUT, "acme/between")
    rename(world, STOREFRONT, CHECKOUT)
    rename(world, "acme/between", STOREFRONT)

    (outcome,) = sync(warehouse, "github", tenant)

    assert outcome.error is None
    assert of_repository(warehouse, CHECKOUT) == before[STOREFRONT]
    assert of_repository(warehouse, STOREFRONT) == before[CHECKOUT]


def test_what_leaves_the_organization_goes_and_the_others_stay(warehouse, world):
    tenant = read(warehouse, world)
    kept = of_repository(warehouse, STOREFRONT)
    rename(world, CHECKOUT, "umbrella/checkout")

    (outcome,) = sync(warehouse, "github", tenant)

    assert outcome.error is None
    assert not any(of_repository(warehouse, CHECKOUT).values())
    assert not any(of_repository(warehouse, "umbrella/checkout").values())
    assert of_repository(warehouse, STOREFRONT) == kept


def test_a_named_repository_that_is_not_shown_stops_no_other_and_keeps_its_rows(warehouse, world):
    tenant = read(warehouse, world, organization=None, repositories=REPOSITORIES)
    before = of_repository(warehouse, CHECKOUT)
    (gone,) = [one for one in world.world.company("acme").repositories.values() if one.name == CHECKOUT]
    world.post("/world/records/delete", {"company": "acme", "kind": "repositories", "id": gone.repository_id})
    world.advance(days=1)

    (outcome,) = sync(warehouse, "github", tenant, now=NOW + timedelta(days=1))

    assert (outcome.error.error_class, outcome.failed) == ("not_found", ("named_repositories",))
    assert CHECKOUT in outcome.error.message
    assert outcome.rows["commits"] > 0  # of the other
    assert of_repository(warehouse, CHECKOUT) == before

    connect(warehouse, world.url, "github", organization=None, repositories=[STOREFRONT])  # its owner knows
    (outcome,) = sync(warehouse, "github", tenant, now=NOW + timedelta(days=1))
    assert outcome.error is None
    assert not any(of_repository(warehouse, CHECKOUT).values())


def test_another_repository_of_the_same_name_does_not_inherit_its_rows(warehouse, world):
    tenant = read(warehouse, world, organization=None, repositories=[CHECKOUT])
    rename(world, CHECKOUT, "elsewhere/checkout")
    rename(world, STOREFRONT, CHECKOUT)  # before anybody looked

    (outcome,) = sync(warehouse, "github", tenant)

    assert outcome.error is None
    with warehouse.connect("loader") as database:
        ids = database.execute("select id from raw_github.repositories").fetchall()
    assert [key for (key,) in ids] == [world.world.company("acme").repositories[STOREFRONT].repository_id]
    anew = connect(warehouse, world.url, "github", slug="anew", organization=None, repositories=[CHECKOUT])
    sync(warehouse, "github", anew)
    assert rows(warehouse, "github", tenant) == rows(warehouse, "github", anew)


def test_cursors_move_with_the_names_and_leave_nothing_behind():
    stored = {
        "issues|a/b": "2026-01-01T00:00:00+00:00 past:https://host/repos/a/b/issues?page=3",
        "tags|a/b": "x",
        "issues|a/bc": "y",
        "etag|/repos/a/b/tags?per_page=100": "W/1",
        "etag|https://host/repositories/7/tags?page=2": "W/2",
    }
    renamed = renames.cursors(stored, renames.Moves({"a/b": "c/d"}, frozenset()))
    left = {"issues|a/b": "", "tags|a/b": "", "etag|/repos/a/b/tags?per_page=100": ""}
    past = "2026-01-01T00:00:00+00:00 past:https://host/repos/c/d/issues?page=3"
    assert renamed == {**left, "tags|c/d": "x", "issues|c/d": past}
    gone = renames.cursors(stored, renames.Moves({"a/b": ""}, frozenset([7])))
    assert gone == {**left, "etag|https://host/repositories/7/tags?page=2": ""}
