"""/data/sources: connections by the documents' names, of any tenant of which the caller is a member."""

import pytest

from pipelines import removal

CANARY = "canary-token"
CONFIG = {"token": CANARY, "repositories": ["acme/checkout"]}


def ask(served, method, path="", slug="acme", role="admin", **options):
    headers = {"Authorization": f"Bearer {served.token(slug, role)}"}
    return served.client.request(method, f"/data/sources{path}", headers=headers, follow_redirects=False, **options)


@pytest.fixture
def made(served):
    """A source as the documents make one; gone after the test."""
    answer = ask(served, "POST", json={"name": "shop", "type": "github", "config": CONFIG})
    assert answer.status_code == 201, answer.text
    yield answer.json()["data"]
    ask(served, "DELETE", f"/{answer.json()['data']['connection_id']}")
    removal.finish(served.warehouse)


def test_name_type_and_config_make_a_connection(served, made):
    assert (made["name"], made["source"], made["secret_fields"]) == ("shop", "github", ["token"])
    ours = served.get("/api/v1/connections")
    assert ask(served, "GET", f"/{served.acme.tenant_id}").content == ours.content
    assert CANARY not in ours.text


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"name": "a", "config": CONFIG}, 400, "type"),
        ({"name": "a", "type": "github", "source": "jira", "config": CONFIG}, 400, "type"),
        ({"name": "a", "type": "githup", "config": {}}, 400, "source"),
        ({"name": "shop", "type": "github", "config": CONFIG}, 409, None),
        ({"name": "a", "type": "github", "config": CONFIG, "user_id": 1}, 400, "user_id"),
    ],
)
def test_what_cannot_be_made_says_why(served, made, body, status, field):
    answer = ask(served, "POST", json=body)

    assert answer.status_code == status, answer.text
    assert field in (None, answer.json()["error"]["details"]["field"]) or field in answer.text
    assert ask(served, "POST", role="editor", json=body).status_code == 403


def test_a_source_is_changed_and_renamed_and_that_is_on_record(served, made):
    path, config = f"/{made['connection_id']}", {"repositories": ["acme/web"]}
    found = ask(served, "PUT", path, json={"name": "web", "type": "github", "config": config}).json()["data"]

    assert (found["name"], found["config"]["repositories"], found["version"]) == ("web", ["acme/web"], 2)
    assert found["secret_fields"] == ["token"]
    history = served.get(f"/api/v1/connections{path}/history").json()["data"]
    assert history[0]["changes"]["name"] == ["shop", "web"]
    kept = ask(served, "PUT", path, json={"config": config}).json()["data"]
    assert kept["name"] == "web"
    wrong = ask(served, "PUT", path, json={"type": "jira", "config": config})
    assert (wrong.status_code, wrong.json()["error"]["details"]["field"]) == (400, "type")
    assert ask(served, "PUT", path, slug="globex", json={"config": config}).status_code == 404


def test_a_name_that_is_taken_changes_nothing(served, made):
    other = ask(served, "POST", json={"name": "other", "type": "github", "config": CONFIG}).json()["data"]
    path, wanted = f"/{other['connection_id']}", {"name": "shop", "config": {"repositories": ["acme/web"]}}
    answer = ask(served, "PUT", path, json=wanted)

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "EXISTS")
    assert served.get(f"/api/v1/connections{path}").json()["data"] == other
    assert ask(served, "DELETE", path).status_code == 200


def test_a_member_of_both_tenants_lists_both_with_the_role_that_it_has_there(served, made):
    user = """select user_id from app."user" where email = %s"""
    with served.warehouse.connect("loader") as database:
        for email, role in (("viewer@globex.example", "editor"), ("admin@globex.example", "viewer")):
            key = database.execute(user, [email]).fetchone()[0]
            member = "insert into app.membership (tenant_id, user_id, role) values (%s, %s, %s)"
            database.execute(member, [served.acme.tenant_id, key, role])
    place = f"/{served.acme.tenant_id}"

    assert ask(served, "GET", place, slug="globex", role="viewer").json()["data"] == [made]
    assert ask(served, "GET", place, slug="globex", role="admin").status_code == 403
    unknown = ask(served, "GET", "/00000000-0000-4000-8000-000000000000", slug="globex")
    foreign = ask(served, "GET", place, slug="globex", role="editor")
    assert (foreign.status_code, foreign.content) == (404, unknown.content)
