"""What the marts tell of one repository, over HTTP and against the mart's own rows."""

from uuid import uuid4

import pytest

from pipelines import contracts
from tests.api.real_contracts import insert

UNKNOWN = "00000000-0000-4000-8000-000000000000"
PATHS = ("/api/v1/repositories/{}/summary", "/api/v1/fast/repositories/{}/summary")
METRICS = {
    "contributors": {"value": 5.0, "unit": "people", "n": 40, "coverage": None},
    "branch_lifetime": {"value": None, "unit": "seconds", "n": 0, "coverage": None},
    "reviewed_share": {"value": 0.75, "unit": "ratio", "n": 12, "coverage": 1.0},
}


@pytest.fixture(scope="module")
def told(real):
    """Both tenants read a repository acme/shop, each with figures of its own; acme/new was never loaded."""
    mart = contracts.read(real.services.registry.manifest)["repository_summary"]
    with real.warehouse.connect("loader") as database:
        for tenant in (real.acme, real.globex):
            database.execute(
                "insert into app.connection (tenant_id, connection_id, source, name, config)"
                """ values (%s, %s, 'github', 'own', '{"repositories": ["acme/shop", "acme/new"]}')""",
                [tenant.tenant_id, uuid4()],
            )
    with real.warehouse.connect("transformer") as database:
        for tenant, window, factor in ((real.acme, 90, 1), (real.acme, 30, 2), (real.globex, 90, 3)):
            for name, figure in METRICS.items():
                value = figure["value"] and figure["value"] * factor
                given = {**figure, "value": value, "metric": name, "window_days": window, "as_of": "2026-03-02"}
                insert(database, mart, tenant, {"repository": "acme/shop", **given})
    return real


def known(served, slug="acme"):
    return {one["full_name"]: one["id"] for one in served.get("/api/v1/repositories", slug).json()["data"]}


def test_a_summary_is_the_marts_rows_as_one(told):
    key = known(told)["acme/shop"]
    answer = told.get(f"/api/v1/repositories/{key}/summary", role="viewer")
    shorter = told.get(f"/api/v1/repositories/{key}/summary?window_days=30").json()["data"]

    assert answer.json()["data"] == {
        "id": key, "repository": "acme/shop", "window_days": 90, "as_of": "2026-03-02", "metrics": METRICS,
    }  # fmt: skip
    assert answer.json()["meta"]["version"] == 1
    assert (shorter["window_days"], shorter["metrics"]["contributors"]["value"]) == (30, 10.0)
    assert (
        told.get(f"/api/v1/repositories/{key}/summary", headers={"If-None-Match": answer.headers["etag"]}).content
        == b""
    )


def test_each_tenant_sees_its_own_figures_of_a_name_that_both_have(told):
    theirs = told.get(f"/api/v1/repositories/{known(told, 'globex')['acme/shop']}/summary", slug="globex")

    assert theirs.json()["data"]["metrics"]["contributors"]["value"] == 15.0


def test_before_the_first_load_nothing_is_measured(told):
    data = told.get(f"/api/v1/repositories/{known(told)['acme/new']}/summary").json()["data"]

    assert (data["repository"], data["as_of"], data["metrics"]) == ("acme/new", None, {})


@pytest.mark.parametrize("path", PATHS)
def test_anothers_repository_and_an_unknown_one_look_alike(told, path):
    theirs = known(told, "globex")["acme/shop"]
    answers = [told.get(path.format(key)) for key in (theirs, UNKNOWN)]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content
    assert told.get(path.format("acme/shop")).status_code == 404
    assert told.client.get(path.format(theirs)).status_code == 401


@pytest.mark.parametrize("query", ["window_days=31", "window_days=many", "window=30", "window_days=30&window_days=90"])
def test_a_window_that_is_none_is_refused_by_name(told, query):
    answer = told.get(f"/api/v1/repositories/{known(told)['acme/shop']}/summary?{query}")

    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["field"] == query.split("=")[0]


@pytest.mark.parametrize("query", ["", "?window_days=30", "?window_days=x"])
def test_the_documents_path_answers_the_same_bytes(told, query):
    ours, other = (told.get(path.format(known(told)["acme/shop"]) + query) for path in PATHS)

    assert (other.status_code, other.content) == (ours.status_code, ours.content)
    assert other.headers.get("etag") == ours.headers.get("etag")
    described = told.client.get("/openapi.json").json()["paths"]
    ours, other = (described[path.format("{repository_id}")]["get"] for path in PATHS)
    assert other["parameters"] == ours["parameters"]
    assert "/api/v1/repositories/{repository_id}/summary" in other["summary"]
