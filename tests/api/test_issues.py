"""The issues most like one issue, over HTTP."""

from uuid import UUID

import pytest

from pipelines import contracts
from tests.api.real_contracts import insert

ASKED, NEAR, FAR, THEIRS, NOBODYS = map(UUID, (f"{number:032x}" for number in range(1, 6)))


@pytest.fixture(scope="module")
def told(real):
    """An issue of acme with two that are like it, and one of globex."""
    marts = contracts.read(real.services.registry.manifest)
    with real.warehouse.connect("transformer") as database:
        for tenant, key in ((real.acme, ASKED), (real.globex, THEIRS)):
            insert(database, marts["issues"], tenant, {"issue_id": key, "id": key})
        for rank, key, distance in ((2, FAR, 0.6), (1, NEAR, 0.1)):
            given = {
                "issue_id": ASKED,
                "rank": rank,
                "similar_issue_id": key,
                "summary": "Wrong total",
                "source": "jira",
            }
            insert(database, marts["similar_issues"], real.acme, {**given, "distance": distance, "key": f"SHOP-{rank}"})
    return real


def test_similar_issues_come_nearest_first(told):
    found = told.get(f"/api/v1/issues/{ASKED}/similar", role="viewer").json()["data"]

    assert [(one["id"], one["distance"], one["summary"]) for one in found] == [
        (str(NEAR), 0.1, "Wrong total"), (str(FAR), 0.6, "Wrong total"),
    ]  # fmt: skip
    assert len(told.get(f"/api/v1/issues/{ASKED}/similar?limit=1").json()["data"]) == 1


@pytest.mark.parametrize(("path", "status"), [
    (f"{NOBODYS}/similar", 404), (f"{THEIRS}/similar", 404), ("SHOP-1/similar", 404), (f"{ASKED}/similar?limit=0", 400),
    (f"{ASKED}/similar?limt=2", 400),
])  # fmt: skip
def test_what_is_not_there_or_not_a_number_is_refused(told, path, status):
    assert told.get(f"/api/v1/issues/{path}").status_code == status
