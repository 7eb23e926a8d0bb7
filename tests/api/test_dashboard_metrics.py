"""The KPIs of a tenant, over HTTP and against the marts' own rows."""

from datetime import date, timedelta

import pytest

from pipelines import contracts
from tests.api.real_contracts import NOW, insert

UNKNOWN = "00000000-0000-4000-8000-000000000000"
OURS, OTHER = "/api/v1/dashboard/metrics", "/dashboard/metrics"
TODAY = NOW.date()  # the tenants' time zone is UTC
LINE = {("deployments", "shop"): {1: 4.0, 2: 0.0, 5: 3.0, 40: 7.0}, ("open_issues", "jira"): {0: 12.0}}  # days ago


@pytest.fixture(scope="module")
def told(real):
    """Two series and a headline of acme, others of globex; a member of both."""
    marts = contracts.read(real.services.registry.manifest)
    with real.warehouse.connect("transformer") as database:
        for tenant, factor in ((real.acme, 1), (real.globex, 10)):
            for (metric, entity), days in LINE.items():
                for ago, value in days.items():
                    given = {"metric": metric, "entity": entity, "day": TODAY - timedelta(ago), "value": value * factor}
                    insert(database, marts["kpi_daily"], tenant, {**given, "n": ago})
            for scope_kind, scope, window in (("tenant", "all", 30), ("tenant", "all", 7), ("service", "shop", 30)):
                given = {
                    "scope_kind": scope_kind, "scope": scope, "window_days": window, "definition_id": "lead_time",
                    "value": 3600.0 * factor * window, "previous_value": 7200.0 * window, "change_ratio": -0.5,
                    "target": None, "is_target_met": None, "n": 8, "unit": "seconds", "as_of": TODAY,
                }  # fmt: skip
                insert(database, marts["executive_kpis"], tenant, given)
    with real.warehouse.connect("loader") as database:
        database.execute(
            "insert into app.membership (tenant_id, user_id, role)"
            """ select %s, user_id, 'viewer' from app."user" where email = 'editor@acme.example'""",
            [real.globex.tenant_id],
        )
    return real


def metrics(served, query="", **caller):
    return served.get(f"{OURS}/{served.acme.tenant_id}{query}", **caller)


def test_each_series_tells_its_newest_day_the_one_before_and_a_line(told):
    deployments, issues = metrics(told, role="viewer").json()["data"]["metrics"]

    assert {**deployments, "series": None} == {
        "metric": "deployments", "entity": "shop", "unit": "count", "day": str(TODAY - timedelta(1)),
        "is_day_over": True, "value": 4.0, "n": 1, "previous_day": str(TODAY - timedelta(2)), "previous_value": 0.0,
        "delta": 4.0, "series": None,
    }  # fmt: skip
    assert [(one["day"], one["value"]) for one in deployments["series"]] == [
        (str(TODAY - timedelta(ago)), value) for ago, value in ((5, 3.0), (2, 0.0), (1, 4.0))
    ]
    assert (issues["value"], issues["previous_value"], issues["delta"]) == (12.0, None, None)
    assert issues["is_day_over"] is False  # the data end within that day


def test_a_longer_window_has_a_longer_line_and_its_own_headlines(told):
    month, week, quarter = (metrics(told, f"?window_days={days}").json()["data"] for days in (30, 7, 90))

    assert [len(one["metrics"][0]["series"]) for one in (week, month, quarter)] == [3, 3, 4]
    assert [(one["definition_id"], one["value"], one["delta"]) for one in month["headlines"]] == [
        ("lead_time", 108_000.0, -108_000.0)
    ]
    assert week["headlines"][0]["value"] == 25_200.0
    assert quarter["headlines"] == []


def test_series_come_in_pages(told):
    first = metrics(told, "?limit=1").json()
    cursor = first["meta"]["next_cursor"]
    second = metrics(told, f"?limit=1&cursor={cursor}").json()

    assert [one["data"]["metrics"][0]["metric"] for one in (first, second)] == ["deployments", "open_issues"]
    assert second["meta"]["next_cursor"] is None
    theirs = told.get(f"{OURS}/{told.globex.tenant_id}?limit=1&cursor={cursor}", slug="globex")
    assert (theirs.status_code, theirs.json()["error"]["code"]) == (400, "INVALID_CURSOR")
    assert metrics(told, f"?limit=1&window_days=7&cursor={cursor}").status_code == 400


@pytest.mark.parametrize("prefix", [OURS, OTHER])
def test_a_membership_counts_and_nothing_else(told, prefix):
    path = f"{prefix}/{told.globex.tenant_id}"
    member, stranger, unknown = told.get(path, role="editor"), told.get(path), told.get(f"{prefix}/{UNKNOWN}")

    assert member.json()["data"]["metrics"][0]["value"] == 40.0
    assert (stranger.status_code, unknown.status_code) == (404, 404)
    assert stranger.content == unknown.content
    for key in (told.globex.tenant_id, UNKNOWN):
        assert told.post(prefix, json={"business_id": str(key)}).status_code == 404
    assert told.get(f"{prefix}/acme").status_code == 404
    assert told.client.get(path).status_code == 401


@pytest.mark.parametrize("prefix", [OURS, OTHER])
def test_a_post_answers_the_same_with_a_status_beside_it(told, prefix):
    answer = told.post(prefix, json={"business_id": str(told.acme.tenant_id)}, role="viewer")

    assert answer.status_code == 200
    assert answer.json() == {**metrics(told).json(), "status": "ok"}


@pytest.mark.parametrize(
    "body", [{}, {"business_id": 5}, {"business_id": "acme"}, {"business_id": UNKNOWN, "x": 1}, [], None]
)
def test_a_body_that_names_no_tenant_is_refused(told, body):
    answers = [told.post(prefix, json=body) for prefix in (OURS, OTHER)]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize("query", ["?window_days=31", "?limit=0", "?limit=x", "?limit=201", "?days=7", "?cursor=x"])
def test_a_parameter_that_cannot_be_is_refused_by_name(told, query):
    answer = metrics(told, query)

    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["field"] == query[1:].split("=")[0]


@pytest.mark.parametrize("query", ["", "?window_days=7", "?limit=1", "?limit=x"])
def test_the_documents_path_answers_the_same_bytes(told, query):
    ours, other = (told.get(f"{prefix}/{told.acme.tenant_id}{query}") for prefix in (OURS, OTHER))

    assert (other.status_code, other.content) == (ours.status_code, ours.content)
    assert other.headers.get("etag") == ours.headers.get("etag")


def test_both_mounts_are_described(told):
    paths = told.client.get("/openapi.json").json()["paths"]

    for path, method in (("/{business_id}", "get"), ("", "post")):
        ours, other = paths[OURS + path][method], paths[OTHER + path][method]
        assert other.get("parameters") == ours.get("parameters")
        assert other["summary"] == f"The same as {method.upper()} {OURS}{path}"
        assert list(other["responses"]) == ["200", "400", "401", "503"]


def test_what_was_never_measured_is_no_zero(told):
    with told.warehouse.connect("transformer") as database:
        mart = contracts.read(told.services.registry.manifest)["executive_kpis"]
        given = {"scope_kind": "tenant", "scope": "all", "window_days": 90, "definition_id": "recovery_time"}
        insert(database, mart, told.globex, {**given, "value": None, "previous_value": 5.0, "as_of": date(2026, 1, 1)})
    headline = told.get(f"{OURS}/{told.globex.tenant_id}?window_days=90", slug="globex").json()["data"]["headlines"][0]

    assert (headline["value"], headline["previous_value"], headline["delta"]) == (None, 5.0, None)
