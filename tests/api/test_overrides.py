"""Overrides over HTTP: said by admins of the tenant, seen with their author, taken back; and what evidence answers."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from pipelines import contracts
from tests.api.real_contracts import insert

SHIPPED, ROLLED_BACK, THEIRS, INCIDENT = (uuid4() for _ in range(4))
CASES = (  # day in May, numerator, why left out
    (3, True, None), (9, False, None), (12, False, None), (20, None, "rollback"), (21, None, "dismissed"),
)  # fmt: skip


@pytest.fixture(scope="module")
def told(real):
    """Two deployments and an incident of acme, one deployment of globex, and what a figure of acme is made of."""
    marts = contracts.read(real.services.registry.manifest)
    same = {"service": "shop", "repository": "acme/shop", "environment": "production"}
    with real.warehouse.connect("transformer") as database:
        for tenant, key, is_rollback in (
            (real.acme, SHIPPED, False), (real.acme, ROLLED_BACK, True), (real.globex, THEIRS, False),
        ):  # fmt: skip
            given = {**same, "deployment_id": key, "status": "success", "environment_class": "production"}
            insert(database, marts["deployments"], tenant, {**given, "is_rollback": is_rollback})
        insert(database, marts["issues"], real.acme, {"issue_id": INCIDENT, "id": INCIDENT, "is_incident": True})
        for name in ("ada", "Grace", "grace2"):
            week = {"repository": "acme/shop", "week": date(2026, 5, 4), "contributor": name}
            insert(database, marts["contributors_weekly"], real.acme, week)
        for kind, scope, metric, unit in (
            ("tenant", "all", "change_failure_rate", "ratio"), ("service", "shop", "change_failure_rate", "ratio"),
            ("team", "web", "change_failure_rate", "ratio"), ("tenant", "all", "time_to_restore", "seconds"),
        ):  # fmt: skip
            summary = {"scope_kind": kind, "scope": scope, "window_days": 7, "metric": metric, "unit": unit}
            insert(database, marts["dora_summary"], real.acme, {**summary, "as_of": date(2026, 5, 31)})
        for day, seconds in ((30, 3600.0), (31, None)):
            given = {
                "metric": "time_to_restore", "case_kind": "incident", "case_id": f"i{day}", "evidence_id": uuid4(),
                "day": date(2026, 5, day), "happened_at": f"2026-05-{day}T12:00Z", "is_counted": seconds is not None,
            }  # fmt: skip
            measured = {"seconds": seconds} if seconds else {"left_out_because": "censored"}
            insert(database, marts["metric_evidence"], real.acme, {**given, **measured})
        for day, hit, reason in CASES:
            given = {
                **same, "metric": "change_failure_rate", "case_kind": "deployment", "case_id": f"d{day}",
                "evidence_id": uuid4(), "deployment_id": uuid4(), "teams": ["web"],
                "day": date(2026, 5, day), "happened_at": f"2026-05-{day}T12:00Z",
                "is_counted": reason is None, "left_out_because": reason, "is_in_numerator": hit,
                "evidence": piece() if hit else None,
            }  # fmt: skip
            insert(database, marts["metric_evidence"], real.acme, {n: v for n, v in given.items() if v is not None})
        rules = {"rule_kind": "override", "rule_count": 1, "version": "0a1b"}
        insert(database, marts["rules_in_force"], real.acme, rules)
    return real


def piece() -> str:
    return (
        '[{"kind": "incident_link", "confidence": 0.95, "source_ref": "x", "reference": "OPS-7", "reason": null,'
        ' "overruled_by": null, "overruled_because": null}]'
    )


def call(served, method: str, path: str = "", slug: str = "acme", role: str = "admin", **options: Any):
    headers = {"Authorization": f"Bearer {served.token(slug, role)}"}
    return served.client.request(method, f"/api/v1/overrides{path}", headers=headers, **options)


def wanted(**given: Any) -> dict[str, Any]:
    return {"kind": "change_failure", "subject": str(SHIPPED), "value": False, "reason": "a drill", **given}


def test_an_override_is_said_seen_and_taken_back(told):
    made = call(told, "POST", json=wanted(valid_from="2026-05-01"))
    assert made.status_code == 201, made.text
    one = made.json()["data"]
    assert (one["author"], one["valid_from"], one["undone_at"]) == ("admin@acme.example", "2026-05-01", None)
    assert call(told, "POST", json=wanted()).json()["error"]["code"] == "EXISTS"
    assert call(told, "GET", slug="globex").json()["data"] == []
    assert call(told, "DELETE", f"/{one['override_id']}", slug="globex").status_code == 404

    undone = call(told, "DELETE", f"/{one['override_id']}").json()["data"]
    assert undone["undone_by"] == "admin@acme.example" and undone["undone_at"]
    assert call(told, "DELETE", f"/{one['override_id']}").json()["error"]["code"] == "ALREADY_UNDONE"
    assert [each["override_id"] for each in call(told, "GET", "?is_undone=true").json()["data"]] == [one["override_id"]]
    assert call(told, "GET", "?is_undone=false").json()["data"] == []
    with told.warehouse.connect("loader") as database:
        key = UUID(one["override_id"])
        audited = database.execute(
            "select action, user_id is not null, tenant_id from app.audit_entry where subject_id = %s"
            " order by entry_id",
            [key],
        ).fetchall()
        news = database.execute(
            "select tenant_id, build_id from app.load_package where connection_id = %s", [key]
        ).fetchall()
    assert audited == [("create", True, told.acme.tenant_id), ("undo", True, told.acme.tenant_id)]
    assert news == [(told.acme.tenant_id, None)] * 2  # the next build works the tenant out anew


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"kind": "cause"}, "kind", "there is no kind"),
        ({"subject": str(THEIRS)}, "subject", "no deployment of this id"),
        ({"subject": "latest"}, "subject", "is no id"),
        ({"subject": str(ROLLED_BACK), "value": True}, "subject", "is a rollback"),
        ({"kind": "incident_cause", "subject": str(INCIDENT)}, "object", "name the deployment"),
        ({"kind": "incident_cause", "object": str(SHIPPED)}, "subject", "no incident of this id"),
        ({"reason": " "}, "reason", "say why"),
        ({"kind": "same_person", "subject": "ada", "value": True}, "object", "name the contributor"),
        ({"kind": "same_person", "subject": "ada", "object": "ada", "value": False}, "value", "undo the override"),
        ({"kind": "same_person", "subject": "ada", "object": "linus", "value": True}, "object", "no such contributor"),
        ({"kind": "same_person", "subject": "linus", "object": "ada", "value": True}, "subject", "no such contributor"),
        ({"kind": "same_person", "subject": "ADA", "object": "ada", "value": True}, "object", "the same name"),
    ],
)
def test_what_does_not_exist_or_cannot_be_is_refused_with_the_field(told, changes, field, words):
    answer = call(told, "POST", json=wanted(**changes))

    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (400, field)
    assert words in answer.json()["error"]["message"]


def test_a_person_is_merged_into_one_who_is_not_merged_away(told):
    def same(alias: str, person: str):
        return call(told, "POST", json=wanted(kind="same_person", subject=alias, object=person, value=True))

    made = same("GRACE2", "grace").json()["data"]
    address = same("Grace@Home.example ", "grace").json()["data"]
    assert [(each["subject"], each["object"]) for each in (made, address)] == [
        ("grace2", "Grace"), ("grace@home.example", "Grace"),
    ]  # fmt: skip
    assert same("grace2", "ada").json()["error"]["code"] == "EXISTS"
    assert "Do: name Grace" in same("ada", "grace2").json()["error"]["message"]
    assert "the other way round" in same("grace", "ada").json()["error"]["message"]

    assert call(told, "DELETE", f"/{made['override_id']}").status_code == 200
    assert same("grace2", "ada").status_code == 201


def test_only_admins_decide(told):
    assert call(told, "POST", role="editor", json=wanted()).status_code == 403
    assert call(told, "GET", role="editor").status_code == 403


def test_the_evidence_of_a_month_says_what_is_in_the_figure_and_what_is_not(told):
    asked = (
        "/api/v1/evidence/change_failure_rate?scope_kind=service&scope=shop&first_day=2026-05-01&last_day=2026-05-31"
    )
    answer = told.get(asked, role="viewer")
    found = answer.json()["data"]

    assert (found["value"], found["n"], found["numerator"]) == (pytest.approx(1 / 3), 3, 1)
    assert found["left_out"] == [{"reason": reason, "case_count": 1} for reason in ("dismissed", "rollback")]
    assert [case["case_id"] for case in found["cases"]] == ["d3", "d12", "d9", "d21", "d20"]
    assert [each["reference"] for each in found["cases"][0]["evidence"]] == ["OPS-7"]
    assert found["rules"] == [{"rule_kind": "override", "version": "0a1b", "rule_count": 1}]
    every = told.get(found["all_cases"]).json()["data"]
    assert {row["case_id"] for row in every} == {case["case_id"] for case in found["cases"]}


def test_a_window_ends_with_the_newest_day_and_the_cases_can_be_fewer(told):
    found = told.get("/api/v1/evidence/change_failure_rate?window_days=21&limit=1").json()["data"]

    assert (found["first_day"], found["last_day"]) == ("2026-05-11", "2026-05-31")
    assert (found["value"], found["n"], len(found["cases"])) == (0, 1, 1)


def test_a_team_is_a_scope_and_all_its_cases_can_be_asked_for(told):
    found = told.get("/api/v1/evidence/change_failure_rate?scope_kind=team&scope=web&window_days=31").json()["data"]

    assert (found["value"], found["n"]) == (pytest.approx(1 / 3), 3)
    assert len(told.get(found["all_cases"]).json()["data"]) == len(CASES)


def test_an_open_incident_is_shown_as_censored_and_is_not_in_the_figure(told):
    found = told.get("/api/v1/evidence/time_to_restore").json()["data"]

    assert (found["value"], found["n"], found["numerator"]) == (3600, 1, None)
    assert found["left_out"] == [{"reason": "censored", "case_count": 1}]
    assert [(case["case_id"], case["deployment_id"], case["service"]) for case in found["cases"]] == [
        ("i30", None, None), ("i31", None, None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("change_failure", 404, "change_failure_rate"),
        ("change_failure_rate?scope_kind=service&scope=shopp", 404, "shop"),
        ("change_failure_rate?scope_kind=squad", 400, "scope_kind"),
        ("change_failure_rate?first_day=2026-06-01", 400, "later"),
        ("change_failure_rate?window=7", 400, "window_days"),
    ],
)
def test_what_evidence_does_not_know_it_says_with_the_likely_name(told, path, status, words):
    answer = told.get(f"/api/v1/evidence/{path}")

    assert answer.status_code == status and words in answer.text


def test_evidence_of_another_tenant_is_no_evidence(told):
    answer = told.get("/api/v1/evidence/change_failure_rate?scope_kind=service&scope=shop", slug="globex")

    assert answer.status_code == 404
