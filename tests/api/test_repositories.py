"""Repositories: those that a connection names and those of its organization, what they are, and how fresh."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from pipelines import raw_schema
from pipelines.repositories import repository_id

NOW = datetime.now(UTC).replace(microsecond=0)


def connect(database, tenant, source, name, config):
    key = uuid4()
    database.execute(
        "insert into app.connection (tenant_id, connection_id, source, name, config) values (%s, %s, %s, %s, %s)",
        [tenant.tenant_id, key, source, name, config],
    )
    return key


def show(database, tenant, connection_id, number, name, branch="main", archived=False, deleted_at=None):
    database.execute(
        "insert into raw_github.repositories (tenant_id, connection_id, id, repository, name, default_branch, private,"
        " archived, html_url, created_at, pushed_at, _deleted_at, _dlt_load_id)"
        " values (%s, %s, %s, %s, %s, %s, true, %s, %s, %s, %s, %s, 'x')",
        [tenant.tenant_id, connection_id, number, name, name, branch, archived, f"https://github.com/{name}", NOW, NOW,
         deleted_at],
    )  # fmt: skip


@pytest.fixture(scope="module")
def known(served):
    """An organization with three repositories, one gone; one that is named; a clone; and one of globex's."""
    raw_schema.ensure_tables(served.warehouse, ["github"])
    with served.warehouse.connect("loader") as database:
        org = connect(database, served.acme, "github", "all", '{"organization": "acme"}')
        named = connect(database, served.acme, "github", "one", '{"repositories": ["ACME/Web"]}')
        clone = connect(database, served.acme, "git", "clone", '{"path": "/x", "repository": "acme/shop"}')
        theirs = connect(database, served.globex, "github", "all", '{"organization": "globex"}')
        show(database, served.acme, org, 1, "acme/shop", branch="trunk")
        show(database, served.acme, org, 2, "acme/old", archived=True)
        show(database, served.acme, org, 3, "acme/gone", deleted_at=NOW)
        show(database, served.acme, named, 4, "acme/Web")
        show(database, served.globex, theirs, 5, "globex/secret")
        for resource, minutes in (("issues", 5), ("commits", 30)):
            at = NOW - timedelta(minutes=minutes)
            database.execute(
                "insert into app.sync_run (tenant_id, connection_id, source, resource, started_at, finished_at, status,"
                " as_of) values (%s, %s, 'github', %s, %s, %s, 'succeeded', %s)",
                [served.acme.tenant_id, org, resource, at, at, at],
            )
    return {"org": org, "named": named, "clone": clone, "theirs": theirs}


def test_an_organizations_repositories_are_listed_beside_those_that_are_named(served, known):
    listed = served.get("/api/v1/repositories", role="viewer").json()["data"]

    assert [(one["source"], one["full_name"], one["is_named"]) for one in listed] == [
        ("git", "acme/shop", True), ("github", "acme/old", False), ("github", "acme/shop", False),
        ("github", "acme/Web", True),
    ]  # fmt: skip
    assert [one["full_name"] for one in served.get("/api/v1/repositories", slug="globex").json()["data"]] == [
        "globex/secret"
    ]


def test_a_repository_says_what_it_is_and_how_fresh(served, known):
    key = repository_id(known["org"], "Acme/Shop")
    answer = served.get(f"/api/v1/repositories/{key}")
    found = answer.json()["data"]

    assert (found["id"], found["connection_id"], found["full_name"]) == (str(key), str(known["org"]), "acme/shop")
    assert (found["default_branch"], found["is_private"], found["is_archived"]) == ("trunk", True, False)
    assert found["status"] == "succeeded"
    assert datetime.fromisoformat(found["last_synced_at"]) == NOW - timedelta(minutes=5)
    assert datetime.fromisoformat(found["as_of"]) == NOW - timedelta(minutes=30)
    assert answer.json()["meta"]["as_of"] == found["as_of"]
    assert served.get(f"/api/v1/repositories/{key}", slug="globex").status_code == 404


def test_what_no_sync_has_shown_is_null(served, known):
    key = repository_id(known["clone"], "acme/shop")
    found = served.get(f"/api/v1/repositories/{key}").json()["data"]

    assert (found["default_branch"], found["is_archived"], found["as_of"], found["status"]) == (
        None,
        None,
        None,
        "never",
    )


def test_a_repository_that_is_gone_at_the_source_is_gone_here(served, known):
    assert served.get(f"/api/v1/repositories/{repository_id(known['org'], 'acme/gone')}").status_code == 404
    foreign = repository_id(known["theirs"], "globex/secret")
    for path in ("", "/insights"):
        assert served.get(f"/api/v1/repositories/{foreign}{path}").status_code == 404
    assert served.post(f"/api/v1/repositories/{foreign}/analyze").status_code == 404


def test_an_organizations_repository_can_be_analysed(served, known):
    answer = served.post(f"/api/v1/repositories/{repository_id(known['org'], 'acme/old')}/analyze")

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "DAGSTER_UNAVAILABLE")  # none runs here
    assert answer.headers["retry-after"]
