"""A tenant's configuration over HTTP: kept with its versions by admins, refused with the field, brought back."""

from typing import Any
from uuid import uuid4

import pytest

from pipelines import contracts
from pipelines.configuration.kinds import KINDS
from tests.api.real_contracts import insert

ANN = "admin@acme.example"
DEPLOYS = {"origin": "workflow_runs", "pattern": "deploy-*"}
WHOLE = {
    "origin": "workflow_runs", "repository": "*", "pattern": ["deploy-*"], "environment": None, "service": None,
    "is_deployment": True,
}  # fmt: skip


def call(served, method: str, path: str, slug: str = "acme", role: str = "admin", **options: Any):
    headers = {"Authorization": f"Bearer {served.token(slug, role)}", **options.pop("headers", {})}
    return served.client.request(method, f"/api/v1/configuration{path}", headers=headers, **options)


def put(served, kind: str, rows: list[dict[str, Any]], reason: str = "as we agreed", **options: Any):
    return call(served, "PUT", f"/{kind}", json={"rows": rows, "reason": reason}, **options)


def test_a_list_is_replaced_as_a_whole_and_every_version_stays(real):
    before = call(real, "GET", "/deployment_rules")
    made = put(real, "deployment_rules", [DEPLOYS], headers={"If-Match": before.headers["etag"]})
    late = put(real, "deployment_rules", [], headers={"If-Match": before.headers["etag"]})
    again = put(real, "deployment_rules", [WHOLE])
    emptied = put(real, "deployment_rules", [], "a mistake", headers={"If-Match": '"1"'})
    back = call(real, "POST", "/deployment_rules/restore", json={"version": 1, "reason": "no mistake"})

    assert (before.headers["etag"], before.json()["data"]["rows"]) == ('"0"', [])
    assert (made.status_code, made.headers["etag"], made.json()["data"]["rows"]) == (200, '"1"', [WHOLE])
    assert (late.status_code, late.json()["error"]["code"]) == (412, "CHANGED_MEANWHILE")
    assert again.json()["data"]["version"] == 1  # the same rows are no change
    assert (emptied.json()["data"]["version"], back.json()["data"]["version"]) == (2, 3)
    assert call(real, "GET", "/deployment_rules").json()["data"]["rows"] == [WHOLE]
    listed = call(real, "GET", "/deployment_rules/versions").json()["data"]
    assert [(one["version"], one["reason"], one["author"], one["restored_from"]) for one in listed] == [
        (3, "no mistake", ANN, 1), (2, "a mistake", ANN, None), (1, "as we agreed", ANN, None),
    ]  # fmt: skip
    assert call(real, "GET", "/deployment_rules/versions/1").json()["data"] == [WHOLE]
    for never in (9, 2**40):
        assert call(real, "GET", f"/deployment_rules/versions/{never}").status_code == 404
    with real.warehouse.connect("loader") as database:
        news = database.execute(
            "select count(*) from app.load_package where load_id like 'configuration-%%' and tenant_id = %s",
            [real.acme.tenant_id],
        ).fetchone()
        audited = database.execute(
            "select version, changes from app.audit_entry where subject = 'configuration' order by entry_id"
        ).fetchall()
    assert news == (3,)  # the next build works the tenant out anew
    assert audited == [
        (1, {"deployment_rules": [0, 1]}), (2, {"deployment_rules": [1, 0]}), (3, {"deployment_rules": [0, 1]}),
    ]  # fmt: skip


def test_another_tenants_configuration_is_neither_seen_nor_changed(real):
    put(real, "environment_rules", [{"pattern": "blue", "environment_class": "production"}])
    theirs = [{"pattern": "green", "environment_class": "production"}]

    assert call(real, "GET", "/environment_rules", slug="globex").json()["data"]["rows"] == []
    assert call(real, "GET", "/environment_rules/versions", slug="globex").json()["data"] == []
    put(real, "environment_rules", theirs, slug="globex")
    assert call(real, "GET", "/environment_rules").json()["data"]["rows"][0]["pattern"] == "blue"


@pytest.mark.parametrize(
    ("kind", "rows", "field", "words"),
    [
        ("deployment_rules", [DEPLOYS, {"origin": "pushes"}], "rows[1].origin", "one of deployments"),
        ("deployment_rules", [{"origin": "tags", "pattern": "^v"}], "rows[0]", "write a glob"),
        ("deployment_rules", [{"origin": "tags", "patern": "v*"}], "rows[0]", "patern"),
        ("deployment_rules", [{"origin": "tags", "pattern": ["v*", "!v0"]}], "rows[0]", "with is_deployment: false"),
        ("deployment_rules", [{"origin": "tags", "pattern": []}], "rows[0].pattern", "length >= 1"),
        ("environment_rules", [{"pattern": "x", "environment_class": "prod"}], "rows[0].environment_class", "prod"),
        ("environment_rules", [{"pattern": "x", "environment_class": "testing"}] * 2, "rows[1]", "already"),
        ("incident_rules", [{"source": "gitlab", "field": "label", "pattern": "x"}], "rows[0]", "no source"),
        ("settings", [{"name": "time_zone", "value": "Berlin"}], "rows[0]", "no time zone"),
        ("settings", [{"name": "incident_window_hours", "value": -1}], "rows[0].value", "> 0"),
        ("settings", [{"name": "window", "value": 1}], "rows[0].name", "window"),
        ("targets", [{"metric": "lead_time", "value": 0, "valid_from": "2026-01-01"}], "rows[0].value", "> 0"),
        ("targets", [{"metric": "rework_rate", "value": 15, "valid_from": "2026-01-01"}], "rows[0]", "0.15"),
        ("objectives", [{"objective": "a", "starts_on": "2026-02-01", "ends_on": "2026-01-01"}], "rows[0]", "before"),
        ("risk_rules", [{"rule": "boredom"}], "rows[0].rule", "one of open_incident"),
        ("teams", [{"team": "a", "work_days": [0]}], "rows[0].work_days[0]", ">= 1"),
        ("objective_rules", [{"objective": "grow", "field": "label", "pattern": "x"}], "rows[0].objective", "grow"),
    ],
)
def test_a_row_that_cannot_be_is_refused_with_its_field(real, kind, rows, field, words):
    answer = put(real, kind, rows)

    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (400, field), answer.text
    assert words in answer.json()["error"]["message"]


def test_settings_keep_the_zone_where_the_models_read_it(real):
    given = [{"name": "time_zone", "value": "Asia/Tokyo"}, {"name": "incident_window_hours", "value": 48}]
    put(real, "settings", given, slug="globex")

    assert call(real, "GET", "/settings", slug="globex").json()["data"]["rows"] == given
    with real.warehouse.connect("loader") as database:
        (zone,) = database.execute(
            "select time_zone from app.tenant where tenant_id = %s", [real.globex.tenant_id]
        ).fetchone()
    assert zone == "Asia/Tokyo"
    first = call(real, "GET", "/settings/versions", slug="globex").json()["data"][-1]
    assert (first["version"], first["author"], first["row_count"]) == (1, None, 1)  # what was there before


def test_what_other_rows_name_cannot_be_taken_away(real):
    put(real, "objectives", [{"objective": "grow"}])
    put(real, "objective_rules", [{"objective": "grow", "field": "label", "pattern": "growth"}])

    answer = put(real, "objectives", [])
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (400, "rows")
    assert "objective_rules name 'grow'" in answer.json()["error"]["message"]


def test_only_admins_change_it_and_only_what_there_is(real):
    assert put(real, "targets", [], role="editor").status_code == 403
    assert call(real, "GET", "/targets", role="viewer").status_code == 403
    unknown = call(real, "GET", "/deployment_rule")
    assert unknown.status_code == 404 and "Did you mean deployment_rules" in unknown.text
    assert put(real, "targets", [], headers={"If-Match": "newest"}).status_code == 400
    kinds = call(real, "GET", "", role="editor").json()["data"]
    assert all(kind["description"] and kind["without"] and kind["schema"] for kind in kinds)


@pytest.fixture(scope="module")
def published(real):
    """Runs, a deployment and issues of acme to judge."""
    marts = contracts.read(real.services.registry.manifest)
    with real.warehouse.connect("transformer") as database:
        for subject, count in (("deploy-api", 200), ("deploy_web", 12), ("test", 28)):
            given = {
                "origin": "workflow_runs",
                "repository": "acme/shop",
                "subject": subject,
                "environment": "production",
            }
            insert(database, marts["deployment_candidates"], real.acme, {**given, "candidate_count": count})
        for name, class_ in (("blue", "development"), ("qa", "testing")):
            given = {"deployment_id": uuid4(), "environment": name, "environment_class": class_}
            insert(database, marts["deployments"], real.acme, given)
        for priority, labels, count in ((None, ["Outage"], 3), ("Low", [], 40)):
            given = {"class_id": uuid4(), "source": "github", "priority": priority, "labels": labels}
            insert(database, marts["issue_classes"], real.acme, {**given, "issue_count": count})
        for path in ("services/cart/total.py", "services_old/cart.py"):
            insert(database, marts["hotspots"], real.acme, {"repository": "acme/shop", "path": path})
    return real


def tried(served, kind: str, rows: list[dict[str, Any]], slug: str = "acme") -> dict[str, Any]:
    answer = call(served, "POST", f"/{kind}/preview", slug, json={"rows": rows})
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def test_deployment_rules_are_previewed_on_the_runs(published):
    told = tried(published, "deployment_rules", [{**DEPLOYS, "repository": "acme/*"}, DEPLOYS, {"origin": "tags"}])

    assert told["summary"] == "The rows match 200 of 240 runs, deployments, releases and tags."
    assert told["rows"] == [{"row": 0, "matched": 200}, {"row": 1, "matched": 0}, {"row": 2, "matched": 0}]
    assert told["changes"] == [
        {"name": "workflow_runs acme/shop: deploy-api", "count": 200, "now": "none", "then": "a deployment"}
    ]
    assert tried(published, "deployment_rules", [{**DEPLOYS, "pattern": "deploy_*"}])["matched"] == 12
    assert tried(published, "deployment_rules", [DEPLOYS], slug="globex")["total"] == 0


def test_a_rule_that_excludes_is_previewed_before_those_that_include(published):
    listed = {"origin": "workflow_runs", "pattern": ["deploy-*", "deploy_*"]}
    told = tried(published, "deployment_rules", [{**DEPLOYS, "is_deployment": False}, listed])

    assert told["summary"].endswith("match 212 of 240 runs, deployments, releases and tags. 200 of them are excluded.")
    assert (told["matched"], told["excluded"]) == (212, 200)
    assert told["rows"] == [{"row": 0, "matched": 200}, {"row": 1, "matched": 12}]
    assert [(change["name"].split()[-1], change["then"]) for change in told["changes"]] == [
        ("deploy-api", "excluded"), ("deploy_web", "a deployment"),
    ]  # fmt: skip
    assert tried(published, "deployment_rules", [listed])["excluded"] == 0


def test_environment_rules_are_previewed_with_the_default_ones_behind_them(published):
    told = tried(published, "environment_rules", [{"pattern": "BLUE", "environment_class": "production"}])

    assert (told["matched"], told["total"]) == (1, 2)
    assert told["changes"] == [{"name": "blue", "count": 1, "now": "development", "then": "production"}]


def test_every_kind_is_previewed(published):
    for kind in KINDS:
        assert "Nothing is published" not in tried(published, kind, [])["summary"], kind


def test_service_paths_are_previewed_on_the_files_that_were_analysed(published):
    rows = [{"repository": "acme/*", "path": path, "service": "cart"} for path in ("services/cart/*", "servises/*")]
    told = tried(published, "service_paths", rows)

    assert told["summary"] == "The rows match 1 of 2 files whose complexity is measured."
    assert told["rows"] == [{"row": 0, "matched": 1}, {"row": 1, "matched": 0}]
    assert told["changes"] == []


def test_incident_rules_are_previewed_without_the_default_ones(published):
    rule = {"source": "github", "field": "priority", "pattern": "l*"}
    told = tried(published, "incident_rules", [rule])
    by_default = tried(published, "incident_rules", [])

    assert (told["matched"], told["total"], told["excluded"]) == (40, 43, 0)
    assert tried(published, "incident_rules", [{**rule, "is_incident": False}])["excluded"] == 40
    assert [change["name"] for change in told["changes"]] == ["github: Low"]
    assert [change["name"] for change in by_default["changes"]] == ["github: Outage"]
    wrong = call(published, "POST", "/incident_rules/preview", json={"rows": [{**rule, "field": "title"}]})
    assert wrong.json()["error"]["details"]["field"] == "rows[0].field"


def test_a_team_has_its_people_work_and_hours_and_keeps_its_holidays(real):
    web = {"team": "web", "members": ["Ann", "bob@acme.example"], "repositories": ["acme/*"], "starts_at": "08:00"}
    projects = [{"source": "jira", "project": "WEB"}]
    put(real, "teams", [{**web, "projects": projects}, {"team": "api"}])
    put(real, "holidays", [{"day": "2026-12-25"}, {"day": "2026-07-04", "team": "web", "name": "Fourth"}])
    whole = {"time_zone": None, "work_days": [1, 2, 3, 4, 5], "ends_at": "17:00"}

    api, shown = call(real, "GET", "/teams").json()["data"]["rows"]
    assert (api["team"], api["members"]) == ("api", [])
    assert shown == {**web, **whole, "projects": projects, "members": ["ann", "bob@acme.example"]}
    again = put(real, "teams", [{**web, "projects": projects}, {"team": "api"}])
    assert again.json()["data"]["version"] == 1  # teams have no order
    put(real, "teams", [{**web, "time_zone": "Asia/Tokyo"}])
    assert [one["team"] for one in call(real, "GET", "/holidays").json()["data"]["rows"]] == ["web", None]
    refused = put(real, "teams", [{"team": "api"}])
    assert refused.status_code == 400 and "the holidays name 'web'" in refused.json()["error"]["message"]
    nobody = put(real, "holidays", [{"day": "2026-12-25", "team": "sales"}])
    assert nobody.json()["error"]["details"]["field"] == "rows[0].team"
    late = put(real, "teams", [{**web, "ends_at": "07:00"}])
    assert "ends before it starts" in late.json()["error"]["message"]
