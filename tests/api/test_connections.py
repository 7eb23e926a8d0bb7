"""A tenant's admin keeps its connections: secrets only go in, each change leaves an entry, nobody else sees any."""

import time
from collections.abc import Iterator
from uuid import UUID

import pytest

from api.settings import Settings
from pipelines import demo, removal, stored_connections
from pipelines.simulator.company import Charter
from pipelines.simulator.server import Running, running
from tests.api import conftest
from tests.api.conftest import Served

CANARY = "canary-token"
GITHUB = {"token": CANARY, "repositories": ["acme/checkout"]}


@pytest.fixture(scope="module")
def simulator() -> Iterator[Running]:
    with running([Charter("acme", days=20)], now=int(time.time())) as made:
        yield made


@pytest.fixture(scope="module")
def served(shared_warehouse, simulator) -> Iterator[Served]:
    """The operator lets connections name the simulator's host."""
    settings = Settings(dagster_url="http://127.0.0.1:9", allowed_hosts=(simulator.url.removeprefix("http://"),))
    yield from conftest.serve(shared_warehouse, *conftest.fill(shared_warehouse), settings)


def call(served: Served, method: str, path: str, *, slug: str = "acme", role: str = "admin", **options):
    headers = {"Authorization": f"Bearer {served.token(slug, role)}"}
    return served.client.request(method, f"/api/v1/connections{path}", headers=headers, **options)


@pytest.fixture
def made(served) -> Iterator[dict]:
    """A GitHub connection of acme's; gone after the test."""
    answer = call(served, "POST", "", json={"source": "github", "name": "shop", "config": GITHUB})
    assert answer.status_code == 201, answer.text
    yield answer.json()["data"]
    call(served, "DELETE", f"/{answer.json()['data']['connection_id']}")
    removal.finish(served.warehouse)


def token_of(served: Served, connection_id: str) -> str:
    return stored_connections.find(served.warehouse, UUID(connection_id)).connection.token


def test_what_is_stored_is_shown_without_its_secrets(served, made):
    listed = call(served, "GET", "", role="editor")

    assert listed.json()["data"] == [made]
    assert made["config"]["repositories"] == ["acme/checkout"]
    assert (made["secret_fields"], made["version"], made["is_paused"]) == (["token"], 1, False)
    assert CANARY not in listed.text
    assert token_of(served, made["connection_id"]) == CANARY


def test_a_change_keeps_the_token_where_the_address_stays(served, made):
    path = f"/{made['connection_id']}"
    changed = call(served, "PUT", path, json={"config": {"repositories": ["acme/checkout", "acme/web"]}, "version": 1})

    assert changed.status_code == 200, changed.text
    assert (changed.json()["data"]["version"], token_of(served, made["connection_id"])) == (2, CANARY)
    again = call(served, "PUT", path, json={"config": GITHUB, "version": 1})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "CHANGED_MEANWHILE")
    moved = call(
        served, "PUT", path, json={"config": {"organization": "acme", "base_url": "https://github.example.com"}}
    )
    assert (moved.status_code, "token" in moved.text) == (400, True)  # else it would go to whoever owns that host
    entries = call(served, "GET", f"{path}/history")
    newest, first = entries.json()["data"]
    assert (newest["action"], newest["author"], newest["version"]) == ("change", "admin@acme.example", 2)
    assert newest["changes"] == {"repositories": [["acme/checkout"], ["acme/checkout", "acme/web"]]}
    assert (first["action"], first["changes"]["token"]) == ("create", "changed")
    assert CANARY not in entries.text


def test_a_webhook_secret_comes_and_goes(served, made):
    path = f"/{made['connection_id']}"
    scope = {"repositories": ["acme/checkout"]}
    added = call(served, "PUT", path, json={"config": {**scope, "webhook_secret": "canary-2"}})
    assert added.json()["data"]["secret_fields"] == ["token", "webhook_secret"]
    gone = call(served, "PUT", path, json={"config": {**scope, "webhook_secret": None}})
    assert gone.json()["data"]["secret_fields"] == ["token"]
    assert "canary" not in added.text + call(served, "GET", f"{path}/history").text


def test_a_paused_connection_is_resumed(served, made):
    path = f"/{made['connection_id']}"
    paused = call(served, "POST", f"{path}/pause").json()["data"]
    assert (paused["is_paused"], paused["paused_reason"]) == (True, "paused by its owner")
    resumed = call(served, "POST", f"{path}/resume").json()["data"]
    assert (resumed["is_paused"], resumed["paused_reason"]) == (False, None)
    actions = [entry["action"] for entry in call(served, "GET", f"{path}/history").json()["data"]]
    assert actions == ["resume", "pause", "create"]


def test_what_is_taken_away_is_gone_at_once_and_its_name_is_free(served, made):
    path = f"/{made['connection_id']}"
    assert call(served, "DELETE", path).status_code == 200
    assert [call(served, method, path).status_code for method in ("GET", "DELETE")] == [404, 404]
    assert call(served, "POST", f"{path}/test").status_code == 404
    with served.warehouse.connect("loader") as database:
        sealed = database.execute(
            "select secrets from app.connection where connection_id = %s", [made["connection_id"]]
        )
        assert sealed.fetchall() == [(None,)]
    again = call(served, "POST", "", json={"source": "github", "name": "shop", "config": GITHUB})
    assert again.status_code == 201
    call(served, "DELETE", f"/{again.json()['data']['connection_id']}")
    assert removal.finish(served.warehouse) == 2


@pytest.mark.parametrize("suffix", ["", "/history", "/pause", "/resume", "/test", "PUT", "DELETE"])
def test_nobody_else_reaches_a_connection(served, made, suffix):
    method = suffix if suffix.isupper() else "GET" if suffix in ("", "/history") else "POST"
    path = f"/{made['connection_id']}{'' if suffix.isupper() else suffix}"
    options = {"json": {"config": GITHUB}} if method == "PUT" else {}

    assert call(served, method, path, slug="globex", **options).status_code == 404
    assert call(served, method, path, role="viewer", **options).status_code == 403
    assert call(served, "GET", f"/{made['connection_id']}").json()["data"] == made


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"source": "githup", "config": GITHUB}, 400, "Did you mean github"),
        ({"source": "github", "config": {"token": CANARY}}, 400, "repositories or an organization"),
        ({"source": "github", "config": {"organization": "acme"}}, 400, "token"),
        ({"source": "github", "config": {**GITHUB, "is_admin": True}}, 400, "is_admin"),
        (
            {"source": "github", "config": {**GITHUB, "base_url": "https://127.0.0.1"}},
            400,
            "not on the public internet",
        ),
        ({"source": "github", "config": {**GITHUB, "base_url": "http://127.0.0.1:5432"}}, 400, "https"),
        ({"source": "github", "config": {**GITHUB, "base_url": ["x"]}}, 400, "base_url"),
        ({"source": "github", "config": GITHUB, "name": "a\x00b"}, 400, "NUL"),
        ({"source": "github", "config": GITHUB, "tenant_id": "x"}, 400, "tenant_id"),
        ({"source": "git", "config": {"path": "/etc"}}, 400, "only the operator"),
        ({"source": "open_meteo", "config": {"archive_url": "https://10.0.0.1"}}, 400, "archive_url"),
    ],
)
def test_what_cannot_be_connected_says_why(served, body, status, words):
    answer = call(served, "POST", "", json=body)

    assert (answer.status_code, words in answer.text) == (status, True), answer.text
    assert CANARY not in answer.text


def test_the_documents_paths_are_the_same(served, made):
    def ask(method: str, path: str, **options):
        headers = {"Authorization": f"Bearer {served.token()}"}
        return served.client.request(method, path, headers=headers, **options)

    key = made["connection_id"]
    assert ask("GET", f"/data/sources/{served.acme.tenant_id}").content == call(served, "GET", "").content
    assert ask("GET", f"/data/sources/{served.globex.tenant_id}").status_code == 404
    wrong = {"source": "githup", "config": {}}
    assert ask("POST", "/data/sources", json=wrong).content == call(served, "POST", "", json=wrong).content
    changed = ask("PUT", f"/data/sources/{key}", json={"config": {"repositories": ["acme/web"]}})
    assert changed.json()["data"] == call(served, "GET", f"/{key}").json()["data"]
    assert ask("DELETE", f"/data/sources/{key}").status_code == 200
    assert ask("DELETE", f"/data/sources/{key}").content == call(served, "DELETE", f"/{key}").content


def test_a_name_is_taken_once(served, made):
    answer = call(served, "POST", "", json={"source": "github", "name": "shop", "config": GITHUB})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "EXISTS")


def test_the_kinds_say_what_a_config_has(served):
    kinds = {kind["source"]: kind["schema"] for kind in call(served, "GET", "/kinds").json()["data"]}
    assert kinds["github"]["properties"]["token"]["writeOnly"] is True
    assert kinds["github"]["required"] == ["token"]


def test_a_test_says_what_the_token_may_not_do(served, simulator):
    config = {"organization": "acme", "token": "github-acme", "base_url": f"{simulator.url}/github"}
    simulator.fault("/github/repos/*/actions/runs", "403_permission", right="actions=read")
    made = call(served, "POST", "", json={"source": "github", "name": "tested", "config": config}).json()["data"]
    found = call(served, "POST", f"/{made['connection_id']}/test")
    simulator.clear_faults()
    refused = call(served, "POST", "/test", json={"source": "github", "config": {**config, "token": CANARY}})

    assert found.json()["data"]["is_working"] is False
    wrong = [one for one in found.json()["data"]["resources"] if not one["is_readable"]]
    assert [(one["resource"], one["error_class"], one["next_step"]) for one in wrong] == [
        ("workflow_runs", "permission", "give the token the permission actions=read.")
    ]
    findings = refused.json()["data"]["resources"]
    assert [one["is_readable"] for one in findings] == [False, *[None] * (len(findings) - 1)]
    assert (findings[0]["error_class"], CANARY in refused.text) == ("credentials", False)
    assert "github-acme" not in found.text


@pytest.mark.parametrize("source", ["jira", "hubspot", "gdelt", "open_meteo", "exchange_rates", "geonames"])
def test_every_source_can_be_tried(served, simulator, source):
    config = next(one for one in demo.configs(demo.DEMOS[0], simulator.url) if one["source"] == source)
    answer = call(
        served, "POST", "/test", json={"source": source, "config": {k: v for k, v in config.items() if k != "source"}}
    )

    assert answer.json()["data"]["is_working"] is True, answer.text


def test_a_repository_joins_a_connection(served, made):
    def ask(method: str, path: str = "", user=("acme", "admin"), **options):
        headers = {"Authorization": f"Bearer {served.token(*user)}"}
        return served.client.request(method, f"/api/v1/repositories{path}", headers=headers, **options)

    wanted = {"connection_id": made["connection_id"], "full_name": "acme/web"}
    added = ask("POST", json=wanted)
    assert (added.status_code, added.json()["data"]["full_name"]) == (201, "acme/web")
    assert [one["full_name"] for one in ask("GET").json()["data"]] == ["acme/checkout", "acme/web"]
    path = f"/{added.json()['data']['id']}"
    assert ask("GET", path).json()["data"] == added.json()["data"]
    assert token_of(served, made["connection_id"]) == CANARY
    assert ask("POST", json={**wanted, "full_name": "Acme/Web"}).status_code == 409
    assert ask("POST", json={**wanted, "full_name": "no slash"}).status_code == 400
    assert ask("POST", f"{path}/analyze").status_code == 503  # no Dagster runs here
    for method, where, options in (("POST", "", {"json": wanted}), ("GET", path, {}), ("POST", f"{path}/analyze", {})):
        assert ask(method, where, user=("globex", "admin"), **options).status_code == 404
