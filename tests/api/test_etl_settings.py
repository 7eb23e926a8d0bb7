"""How a tenant is loaded, set in one place: times, values and connections; all of it or nothing, by its admins."""

import pytest

from pipelines import removal

CANARY = "canary-token"
GITHUB = {"token": CANARY, "repositories": ["acme/checkout"]}
PATHS = ("/api/v1/etl/settings", "/app/etl/settings")


def call(served, method, path=PATHS[0], slug="acme", role="admin", **options):
    headers = {"Authorization": f"Bearer {served.token(slug, role)}", **options.pop("headers", {})}
    return served.client.request(method, path, headers=headers, **options)


@pytest.fixture
def made(served):
    """A connection of acme's; gone after the test, with the times that were set."""
    wanted = {"source": "github", "name": "shop", "config": GITHUB}
    answer = call(served, "POST", "/api/v1/connections", json=wanted)
    yield answer.json()["data"]
    call(served, "DELETE", f"/api/v1/connections/{answer.json()['data']['connection_id']}")
    call(served, "DELETE", "/api/v1/schedules/github")
    removal.finish(served.warehouse)


def test_the_settings_are_those_of_the_other_paths(served, made):
    answer = call(served, "GET", role="editor")
    found = answer.json()["data"]

    assert found["schedules"] == call(served, "GET", "/api/v1/schedules").json()["data"]
    assert found["settings"] == call(served, "GET", "/api/v1/configuration/settings").json()["data"]
    assert [(one["name"], one["config"]["repositories"]) for one in found["connections"]] == [
        ("shop", ["acme/checkout"])
    ]
    assert CANARY not in answer.text
    assert call(served, "GET", slug="globex").json()["data"]["connections"] == []
    assert call(served, "GET", role="analyst").status_code == 403


def test_times_values_and_a_connection_change_at_once_and_are_on_record(served, made):
    wanted = {
        "schedules": {"github": "0 6 * * 1-5"},
        "settings": [{"name": "time_zone", "value": "Europe/Berlin"}, {"name": "incident_window_hours", "value": 12}],
        "reason": "We moved.",
        "connections": [
            {"connection_id": made["connection_id"], "is_paused": True, "version": 1,
             "config": {"repositories": ["acme/checkout", "acme/web"]}},
        ],
    }  # fmt: skip
    found = call(served, "PUT", json=wanted).json()["data"]

    mine = next(one for one in found["schedules"] if one["source"] == "github")
    assert (mine["cron"], mine["time_zone"], mine["is_own"]) == ("0 6 * * 1-5", "Europe/Berlin", True)
    assert found["settings"]["rows"] == [
        {"name": "time_zone", "value": "Europe/Berlin"}, {"name": "incident_window_hours", "value": 12}
    ]  # fmt: skip
    (connection,) = found["connections"]
    assert (connection["version"], connection["is_paused"]) == (2, True)
    assert connection["config"]["repositories"] == ["acme/checkout", "acme/web"]
    history = call(served, "GET", f"/api/v1/connections/{made['connection_id']}/history").json()["data"]
    assert [entry["action"] for entry in history] == ["pause", "change", "create"]
    with served.warehouse.connect("loader") as database:
        changes = database.execute("select changes from app.audit_entry where subject = 'schedule'").fetchall()
    assert changes == [({"github": [None, "0 6 * * 1-5"]},)]
    again = call(served, "PUT", json={"schedules": {"github": None}}).json()["data"]
    assert next(one for one in again["schedules"] if one["source"] == "github")["is_own"] is False
    assert (again["settings"]["version"], again["connections"]) == (found["settings"]["version"], found["connections"])


@pytest.mark.parametrize(
    ("wrong", "status", "field"),
    [
        ({"schedules": {"github": "* * * * *"}}, 400, "schedules.github"),
        ({"schedules": {"gitlab": None}}, 400, "schedules.gitlab"),
        ({"settings": [{"name": "time_zone", "value": "Mars"}], "reason": "x"}, 400, "settings[0]"),
        ({"settings": []}, 400, "reason"),
        ({"connections": [{"connection_id": "{made}", "config": {"repositories": ["no slash"]}}]}, 400,
         "connections[0].config"),
        ({"connections": [{"connection_id": "{made}", "config": {}, "version": 7}]}, 409, None),
        ({"connections": [{"connection_id": "00000000-0000-4000-8000-000000000000", "is_paused": True}]}, 404, None),
        ({"colour": "red"}, 400, None),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named_and_nothing_changes(served, made, wrong, status, field):
    for each in wrong.get("connections", ()):
        each["connection_id"] = each["connection_id"].replace("{made}", made["connection_id"])
    before = call(served, "GET").headers["etag"]
    fitting = {"schedules": {"jira": "0 7 * * *"}}

    answer = call(
        served, "PUT", json={**fitting, **wrong, "schedules": {**fitting["schedules"], **wrong.get("schedules", {})}}
    )

    assert answer.status_code == status, answer.text
    if field:
        assert answer.json()["error"]["details"]["field"].startswith(field)
    assert call(served, "GET").headers["etag"] == before


def test_who_read_an_older_state_changes_nothing(served, made):
    old = call(served, "GET").headers["etag"]
    assert (
        call(served, "PUT", json={"schedules": {"github": "0 6 * * *"}}, headers={"If-Match": old}).status_code == 200
    )
    late = call(served, "PUT", json={"schedules": {"github": "0 7 * * *"}}, headers={"If-Match": old})

    assert (late.status_code, late.json()["error"]["code"]) == (412, "CHANGED_MEANWHILE")
    assert call(served, "PUT", json={}, role="editor").status_code == 403


def test_another_tenants_connection_is_not_there(served, made):
    wanted = {"connections": [{"connection_id": made["connection_id"], "is_paused": True}]}

    assert call(served, "PUT", slug="globex", json=wanted).status_code == 404


def test_the_documents_path_answers_the_same_bytes(served, made):
    ours, other = (call(served, "GET", path, follow_redirects=False) for path in PATHS)
    assert (other.status_code, other.content, other.headers["etag"]) == (200, ours.content, ours.headers["etag"])
    ours, other = (call(served, "PUT", path, json={"schedules": {"github": "0 6 * * *"}}) for path in PATHS)
    assert (other.status_code, other.content) == (200, ours.content)
