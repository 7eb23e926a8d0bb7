"""Answers that are made of several marts: of one publish, and only of what is published."""

import pytest

from pipelines import contracts
from tests.api.real_contracts import insert


@pytest.fixture(scope="module")
def told(real):
    """One point of a series."""
    mart = contracts.read(real.services.registry.manifest)["kpi_daily"]
    with real.warehouse.connect("transformer") as database:
        point = {"metric": "deployments", "entity": "shop", "day": "2026-03-02", "value": 1.0, "n": 1}
        insert(database, mart, real.acme, point)
    return real


def test_the_version_of_an_answer_is_that_of_its_rows(told):
    before = told.get("/api/v1/series?metric=deployments").json()
    with told.warehouse.connect_as_administrator(autocommit=True) as database:  # a publish that nobody heard of yet
        database.execute("update marts.kpi_daily set value = 2")
        database.execute("update app.mart_version set version = 2 where mart = 'kpi_daily'")
    after = told.get("/api/v1/series?metric=deployments&entity=shop").json()

    assert (before["meta"]["version"], before["data"]["points"][0]["value"]) == (1, 1.0)
    assert (after["meta"]["version"], after["data"]["points"][0]["value"]) == (2, 2.0)


def test_a_kept_answer_goes_with_the_version_that_it_is_of(told):
    asked = "/api/v1/series?metric=deployments&limit=5"
    first, again = told.get(asked), told.get(asked)
    with told.warehouse.connect_as_administrator(autocommit=True) as database:
        database.execute("update marts.kpi_daily set value = 3")
        database.execute("update app.mart_version set version = 3 where mart = 'kpi_daily'")
    told.services.versions._known.clear()
    newer = told.get(asked, headers={"If-None-Match": first.headers["etag"]})

    assert first.content == again.content
    assert (newer.status_code, newer.json()["data"]["points"][0]["value"]) == (200, 3.0)


@pytest.mark.parametrize(("mart", "path"), [
    ("executive_kpis", "dashboard/metrics/{}"), ("dora_definitions", "dora/lead-time?definition=devlake"),
    ("dora_periods", "dora/lead-time"), ("kpi_daily", "series?metric=deployments"),
])  # fmt: skip
def test_what_is_not_published_yet_says_so(told, mart, path):
    with told.warehouse.connect_as_administrator(autocommit=True) as database:
        database.execute("delete from app.mart_version where mart = %s", [mart])
    told.services.versions._known.clear()
    answer = told.get("/api/v1/" + path.format(told.acme.tenant_id))

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "NOT_PUBLISHED")
    assert mart in answer.json()["error"]["message"]
    assert answer.headers["retry-after"]
