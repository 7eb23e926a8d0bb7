"""The DORA metrics over HTTP, against the rows of the marts that hold them."""

from datetime import date, timedelta

import pytest

from api.dora_reading import METRICS
from pipelines import contracts
from tests.api.real_contracts import insert

MONDAY = date(2026, 3, 2)
# Of one period: 4 deployments, 1 a rollback, 2 change failures, 3 of 5 changes timed, 1 of 2 incidents measured.
FIGURES = {
    "is_complete": True, "observed_days": 1, "deployment_count": 4, "deployment_days": 1, "deployments_per_day": 4.0,
    "n": 3, "change_count": 5, "coverage": 0.6, "lead_time_p50_seconds": 3600.0, "lead_time_p75_seconds": 5400.0,
    "lead_time_p90_seconds": 7200.0, "rollback_count": 1, "change_failure_count": 2, "change_failure_rate": 2 / 3,
    "rework_count": 1, "rework_rate": 0.25, "incident_count": 2, "restored_count": 1, "restore_p50_seconds": 1800.0,
    "restore_p75_seconds": 1900.0, "restore_p90_seconds": 2000.0,
}  # fmt: skip
QUIET = {"is_complete": True, "deployments_per_day": 0.0}
NOTHING = {"value": None, "p75": None, "p90": None, "n": 0, "numerator": None, "coverage": None}
EXPECTED = {  # by path: the name in dora_summary, its unit, and the figures of a period as above
    "lead-time": ("lead_time", "seconds", {"value": 3600.0, "p75": 5400.0, "p90": 7200.0, "n": 3, "coverage": 0.6}),
    "deployment-frequency": ("deployment_frequency", "deployments a day", {"value": 4.0, "n": 4, "numerator": 4}),
    "mttr": ("time_to_restore", "seconds", {"value": 1800.0, "p75": 1900.0, "p90": 2000.0, "n": 1, "coverage": 0.5}),
    "change-failure-rate": ("change_failure_rate", "ratio", {"value": 2 / 3, "n": 3, "numerator": 2}),
    "rework-rate": ("rework_rate", "ratio", {"value": 0.25, "n": 4, "numerator": 1}),
}
PATHS = list(EXPECTED)


@pytest.fixture(scope="module")
def told(real):
    """A service of acme over three days, a week and a month; all of acme; a service of globex; two definitions."""
    marts = contracts.read(real.services.registry.manifest)
    day = timedelta(1)
    rows = [(real.acme, "service", "shop", "day", MONDAY + n * day, MONDAY + n * day, one)
            for n, one in enumerate((FIGURES, QUIET, {**FIGURES, "lead_time_p50_seconds": 60.0}))]  # fmt: skip
    rows += [
        (real.acme, "service", "shop", "week", MONDAY, MONDAY + 6 * day, {**FIGURES, "lead_time_p50_seconds": 1.0}),
        (real.acme, "service", "shop", "month", date(2026, 3, 1), date(2026, 3, 31), FIGURES),
        (real.acme, "tenant", "all", "day", MONDAY, MONDAY, {**FIGURES, "lead_time_p50_seconds": 9.0}),
        (real.globex, "service", "theirs", "day", MONDAY, MONDAY, {**FIGURES, "lead_time_p50_seconds": 7.0}),
        (real.globex, "service", "theirs", "month", date(2026, 3, 1), date(2026, 3, 31), FIGURES),
        (real.globex, "tenant", "all", "day", MONDAY, MONDAY, {**FIGURES, "lead_time_p50_seconds": 8.0}),
    ]
    with real.warehouse.connect("transformer") as database:
        for tenant, kind, scope, period, first, last, figures in rows:
            key = {"scope_kind": kind, "scope": scope, "period_kind": period, "first_day": first, "last_day": last}
            insert(database, marts["dora_periods"], tenant, {**key, **figures})
        for window in (7, 30, 90):
            for metric, ours, other in (("lead_time", 3600.0, 120.0), ("recovery_time", 50.0, None)):
                for definition, value in (("clearsignal", ours), ("devlake", other)):
                    given = {
                        "scope_kind": "service", "scope": "shop", "window_days": window, "metric": metric,
                        "definition": definition, "value": value and value * window, "unit": "seconds", "n": window,
                        "meaning": f"{metric} by {definition}", "as_of": MONDAY,
                        "difference": "It rounds up." if definition == "devlake" else None,
                    }  # fmt: skip
                    insert(database, marts["dora_definitions"], real.acme, given)
        summary = {"scope_kind": "tenant", "scope": "all", "window_days": 30, "metric": "lead_time", "value": 3600.0}
        insert(database, marts["dora_summary"], real.acme, {**summary, "unit": "seconds", "n": 4, "as_of": MONDAY})
    return real


def read(served, path, query="service=shop", **caller):
    answer = served.get(f"/api/v1/dora/{path}?{query}", **caller)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def values(found):
    return [(one["first_day"], one["value"]) for one in found["points"]]


@pytest.mark.parametrize("path", PATHS)
def test_the_figures_of_each_day_are_the_marts(told, path):
    name, unit, figures = EXPECTED[path]
    found = read(told, path, role="viewer")
    first, quiet, _ = found["points"]

    assert (found["metric"], found["unit"], found["definition"]) == (name, unit, "clearsignal")
    assert (found["scope_kind"], found["scope"], found["grain"]) == ("service", "shop", "day")
    day = {"first_day": "2026-03-02", "last_day": "2026-03-02", "is_complete": True}
    assert first == {**day, **NOTHING, **figures}
    expected = 0.0 if path == "deployment-frequency" else None
    assert (quiet["first_day"], quiet["value"], quiet["n"]) == ("2026-03-03", expected, 0)


def test_what_a_metric_means_is_said_in_the_contracts_words(told):
    listed = next(mart for mart in told.get("/api/v1/marts").json()["data"] if mart["name"] == "dora_periods")
    words = {column["name"]: column["description"] for column in listed["columns"]}

    for metric in METRICS:
        assert read(told, metric.path)["meaning"] == words[metric.value]


def test_a_week_is_not_made_of_its_days_but_read(told):
    asked = "service=shop&from=2026-03-04&to=2026-03-04"

    assert values(read(told, "lead-time", asked)) == [("2026-03-04", 60.0)]
    assert values(read(told, "lead-time", f"{asked}&grain=week")) == [("2026-03-02", 1.0)]
    month = read(told, "lead-time", f"{asked}&grain=month")
    assert values(month) == [("2026-03-01", 3600.0)]
    assert (month["first_day"], month["last_day"]) == ("2026-03-01", "2026-03-31")


def test_without_a_service_it_is_all_of_the_tenant(told):
    for slug, value in (("acme", 9.0), ("globex", 8.0)):
        found = read(told, "lead-time", "", slug=slug)
        assert (found["scope_kind"], found["scope"], values(found)) == ("tenant", "all", [("2026-03-02", value)])
    assert read(told, "lead-time", "grain=month")["points"] == []


def test_pages_together_are_the_whole(told):
    whole, gathered, cursor = read(told, "lead-time")["points"], [], ""
    for _ in range(3):
        page = told.get(f"/api/v1/dora/lead-time?service=shop&limit=1{cursor}").json()
        gathered += page["data"]["points"]
        cursor = f"&cursor={page['meta']['next_cursor']}"

    assert gathered == whole
    assert page["meta"]["next_cursor"] is None
    assert told.get("/api/v1/dora/lead-time?service=shop&limit=1&cursor=x").status_code == 400


def test_another_definition_answers_its_windows_beside_ours(told):
    found = read(told, "lead-time", "service=shop&definition=devlake")

    assert (found["points"], found["grain"], found["first_day"]) == ([], None, None)
    assert (found["meaning"], found["difference"]) == ("lead_time by devlake", "It rounds up.")
    assert [(one["window_days"], one["value"], one["clearsignal_value"]) for one in found["windows"]] == [
        (7, 840.0, 25_200.0), (30, 3600.0, 108_000.0), (90, 10_800.0, 324_000.0),
    ]  # fmt: skip
    rows = told.get("/api/v1/marts/dora_definitions?metric=lead_time&definition=devlake").json()["data"]
    assert [one["value"] for one in found["windows"]] == [row["value"] for row in rows]


def test_the_mttr_of_other_definitions_is_their_recovery_time(told):
    found = read(told, "mttr", "service=shop&definition=devlake")

    assert found["metric"] == "recovery_time"
    assert [(one["value"], one["clearsignal_value"]) for one in found["windows"]] == [
        (None, 350.0), (None, 1500.0), (None, 4500.0),
    ]  # fmt: skip


@pytest.mark.parametrize(("query", "field", "said"), [
    ("lead-time?definition=devlake&grain=day", "grain", "windows"),
    ("lead-time?definition=gitlab&from=2026-03-01", "from", "windows"),
    ("mttr?definition=fourkeys&to=2026-03-01", "to", "windows"),
    ("mttr?definition=fourkeys&limit=1", "limit", "windows"),
    ("rework-rate?definition=devlake", "definition", "only clearsignal"),
    ("lead-time?definition=google", "definition", ""), ("lead-time?grain=year", "grain", ""),
    ("lead-time?from=2026-02-30", "from", "no such day"), ("lead-time?to=soon", "to", "YYYY-MM-DD"),
    ("lead-time?from=2026-03-02&to=2026-03-01", "from", "later"), ("lead-time?from=1990-01-01", "from", "3660"),
    ("lead-time?limit=0", "limit", ""), ("lead-time?limit=x", "limit", ""),
    ("lead-time?sevice=shop", "sevice", "service"),
])  # fmt: skip
def test_what_cannot_be_asked_is_refused_by_name(told, query, field, said):
    answer = told.get(f"/api/v1/dora/{query}")

    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (400, field)
    assert said in answer.json()["error"]["details"]["issue"]


@pytest.mark.parametrize("definition", ["clearsignal", "devlake"])
def test_another_tenants_service_looks_like_one_that_is_not(told, definition):
    asked = f"/api/v1/dora/lead-time?definition={definition}&service="
    theirs, nobodys = told.get(f"{asked}theirs"), told.get(f"{asked}there")

    assert (theirs.status_code, nobodys.status_code) == (404, 404)
    assert theirs.text.replace("theirs", "there") == nobodys.text
    assert "shop" in told.get(f"{asked}shap").json()["error"]["message"]
    assert told.get("/api/v1/dora/speed").status_code == 404
    assert told.client.get(f"{asked}shop").status_code == 401


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("query", ["service=shop", "grain=week&limit=1", "definition=devlake&service=shop", "grain=x"])
def test_the_documents_path_answers_the_same_bytes(told, path, query):
    ours, other = (told.get(f"/api/v1/{at}/{path}?{query}") for at in ("dora", "metrics/dora"))

    assert (other.status_code, other.content) == (ours.status_code, ours.content)
    assert other.headers.get("etag") == ours.headers.get("etag")


def test_each_path_is_described_at_both_mounts(told):
    paths = told.client.get("/openapi.json").json()["paths"]

    for path in PATHS:
        ours, other = paths[f"/api/v1/dora/{path}"]["get"], paths[f"/api/v1/metrics/dora/{path}"]["get"]
        assert [one["name"] for one in ours["parameters"]] == [
            "service", "from", "to", "grain", "definition", "limit", "cursor",
        ]  # fmt: skip
        assert other["parameters"] == ours["parameters"]
        assert other["summary"] == f"The same as GET /api/v1/dora/{path}"


def test_all_at_once_is_the_summary(told):
    answers = [told.get(f"/api/v1/{path}?window_days=30") for path in ("dora", "metrics/dora", "marts/dora_summary")]

    assert answers[0].json()["data"][0]["value"] == 3600.0
    assert {answer.content for answer in answers} == {answers[0].content}
