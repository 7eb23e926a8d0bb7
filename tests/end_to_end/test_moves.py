"""What is deleted, transferred, renamed and reopened at the source, followed into the marts."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from pipelines import stored_connections
from tests import conftest
from tests.end_to_end import stack as house
from tests.end_to_end import tables

Keys = set[tuple[Any, ...]]


class Moved(NamedTuple):
    stack: house.Stack
    before: dict[str, Keys]
    names: dict[str, str]  # what repositories are called by now
    deleted: dict[str, Any]
    incident: str


pytestmark = [pytest.mark.slow, pytest.mark.soak]  # a company of its own, loaded and built four times


@pytest.fixture(scope="module")
def moved(postgres, tmp_path_factory) -> Iterator[Moved]:
    """A company that was read; then a repository got another name, one another owner, and records came and went."""
    warehouse = conftest.clone(postgres, tmp_path_factory.mktemp("home"))
    with pytest.MonkeyPatch.context() as patch, house.companies(4, days=12, slugs=("acme",)) as simulator:
        for name, value in house.environment(warehouse).items():
            patch.setenv(name, value)
        stack = house.Stack(warehouse, simulator)
        _name_the_repositories(stack)
        stack.sync("github", "jira")
        stack.transform()
        before = keys(stack)
        old = sorted(scope(stack).repositories)
        names = {old[0]: "acme/another-name", old[1]: f"umbrella/{old[1].split('/')[1]}"}
        for name, now in names.items():
            amend(stack, "rename", "github", "repositories", name, name=now)
        deleted = {
            "deployments": stack.truth("acme", "deployments")[3]["id"],
            "pull_requests": stack.truth("acme", "pull_requests")[3]["id"],
        }
        for kind, record in deleted.items():
            amend(stack, "delete", "github", kind, record)
        issues = stack.truth("acme", "issues")
        deleted["issues"] = next(fact["key"] for fact in issues if fact["source"] == "github")
        amend(stack, "delete", "github", "issues", _id_of(issues, deleted["issues"]))
        incident = _resolved_incident(stack)
        amend(stack, "edit", "jira", "issues", _id_of(issues, incident), changes={"status": "todo"})
        stack.sync("github", "jira", sweep=True)
        stack.transform()
        yield Moved(stack, before, names, deleted, incident)
    conftest.drop(postgres, warehouse)


def _name_the_repositories(stack: house.Stack) -> None:
    """The organization alone would lose the one that is transferred."""
    (demo,) = stored_connections.of(stack.warehouse, stack.tenants["acme"], "github")
    (company,) = stack.simulator.get("/world")["companies"]
    config = {"source": "github", "token": "github-acme", "base_url": demo.connection.base_url, "api": "graphql"}
    config["repositories"] = company["repositories"]
    stored_connections.add(stack.warehouse, stack.tenants["acme"], "demo", config, allow_private=True)


def _id_of(issues: list[dict[str, Any]], key: str) -> Any:
    return next(fact["id"] for fact in issues if fact["key"] == key)


def _resolved_incident(stack: house.Stack) -> str:
    with stack.warehouse.connect("transformer") as connection:
        row = connection.execute(
            "select key from marts.issues where source = 'jira' and is_incident and resolved_at is not null limit 1"
        ).fetchone()
    assert row is not None
    return row[0]


def amend(stack: house.Stack, action: str, provider: str, kind: str, record: Any, **more: Any) -> None:
    body = {"company": "acme", "provider": provider, "kind": kind, "id": record, **more}
    stack.simulator.post(f"/world/records/{action}", body)


def scope(stack: house.Stack) -> Any:
    (stored,) = stored_connections.of(stack.warehouse, stack.tenants["acme"], "github")
    return stored.connection


def keys(stack: house.Stack) -> dict[str, Keys]:
    """The marts' rows by what tells them apart, with their repository."""
    wanted = {
        "deployments": "external_id, repository",
        "pull_requests": "number, repository",
        "issues": "source, id, key",
    }
    with stack.warehouse.connect("transformer") as connection:
        found = {}
        for mart, columns in wanted.items():
            rows = connection.execute(f"select {columns} from marts.{mart}").fetchall()
            assert len(rows) == len(set(rows)), mart
            found[mart] = set(rows)
        return found


def present(rows: Keys, names: dict[str, str]) -> Keys:
    """The same rows with the present names of their repositories, also where these begin an issue's key."""

    def name(value: Any) -> Any:
        repository, mark, number = str(value).partition("#")
        return f"{names[repository]}{mark}{number}" if repository in names else value

    return {tuple(name(value) for value in row) for row in rows}


def test_moved_repositories_keep_their_rows_and_count_once(moved):
    now = keys(moved.stack)
    for mart in ("pull_requests", "issues", "deployments"):
        before = present(moved.before[mart], moved.names)
        assert not now[mart] - before, mart  # nothing twice, nothing under an old name
        assert len(before - now[mart]) == 1, mart  # what was deleted alone
    repositories = {row[-1] for row in now["pull_requests"]}
    assert set(moved.names.values()) <= repositories
    for name in moved.names:
        for table, rows in tables.raw(moved.stack.warehouse).items():
            assert not [row for row in rows if f'"repository": "{name}"' in row], table


def test_the_connection_names_what_there_is_and_the_audit_tells(moved):
    assert set(moved.names.values()) <= set(scope(moved.stack).repositories)
    assert not set(moved.names) & set(scope(moved.stack).repositories)
    with moved.stack.warehouse.connect("loader") as connection:
        row = connection.execute(
            "select changes -> 'repositories' -> 1 from app.audit_entry where changes ? 'repositories'"
            " order by entry_id desc limit 1"
        ).fetchone()
    assert row is not None and set(moved.names.values()) <= set(row[0])


def test_what_was_deleted_is_in_no_mart(moved):
    now = keys(moved.stack)
    assert str(moved.deleted["deployments"]) not in {row[0] for row in now["deployments"]}
    assert moved.deleted["issues"] not in {row[2] for row in now["issues"]}
    gone = present(moved.before["pull_requests"], moved.names) - now["pull_requests"]
    assert [number for number, _ in gone] == [moved.stack.truth("acme", "pull_requests")[3]["number"]]


def test_an_incident_that_was_reopened_is_open_again(moved):
    with moved.stack.warehouse.connect("transformer") as connection:
        row = connection.execute(
            "select status, resolved_at, time_to_resolve_seconds, reopened_count from marts.issues where key = %s",
            [moved.incident],
        ).fetchone()
    assert row is not None
    assert row[:3] == ("open", None, None)
    assert row[3] > 0


@pytest.mark.slow
def test_marts_that_followed_equal_those_built_anew(moved):
    published = tables.marts(moved.stack.warehouse)
    moved.stack.transform(full=True)
    assert tables.differences(published, tables.marts(moved.stack.warehouse)) == {}
