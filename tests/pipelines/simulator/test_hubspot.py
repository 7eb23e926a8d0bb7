"""HubSpot's lists, searches and shapes as the real one has them."""

import httpx
import pytest

from pipelines.simulator.company import Charter
from pipelines.simulator.hubspot_objects import Record
from pipelines.simulator.hubspot_search import Refused, comparable, search
from pipelines.simulator.server import running

TICKETS = "/crm/v3/objects/tickets"


@pytest.fixture(scope="module")
def simulator():
    with running([Charter("acme", days=150)]) as found:
        yield found


@pytest.fixture(scope="module")
def portal(simulator):
    headers = {"Authorization": "Bearer hubspot-acme"}
    with httpx.Client(base_url=f"{simulator.url}/hubspot/acme", headers=headers, timeout=30) as found:
        yield found


def listed(portal: httpx.Client, path: str = TICKETS, **query) -> list[dict]:
    found, after = [], None
    while True:
        page = portal.get(path, params={"limit": 50, **query, **({"after": after} if after else {})}).json()
        found += page["results"]
        if "paging" not in page:
            return found
        after = page["paging"]["next"]["after"]


def record(number: int, **properties: str | None) -> Record:
    return Record(number, number, number, None, {"hs_object_id": str(number), **properties})


def found_by(records: list[Record], *filters: dict) -> list[int]:
    _, page, _ = search(records, {"filterGroups": [{"filters": list(filters)}], "limit": 100})
    return [one.record_id for one in page]


def test_a_list_is_paged_to_its_end_and_doubles_nothing(simulator, portal):
    ids = [ticket["id"] for ticket in listed(portal)]
    truth = [fact["id"] for fact in simulator.truth("acme", "issues") if fact["source"] == "hubspot"]

    assert len(ids) == len(set(ids)) > 100
    assert sorted(ids) == sorted(truth)


def test_archived_tickets_are_only_in_the_archived_list(portal):
    archived, present = listed(portal, archived="true"), listed(portal)

    assert archived and all(ticket["archived"] and ticket["archivedAt"] for ticket in archived)
    assert not {ticket["id"] for ticket in archived} & {ticket["id"] for ticket in present}
    assert portal.get(f"{TICKETS}/{archived[0]['id']}").status_code == 404


def test_properties_are_strings_or_null_and_only_those_asked_for(portal):
    tickets = listed(portal, properties="subject,hs_ticket_priority,jira_issue_key,nonsense")

    for ticket in tickets:
        assert set(ticket["properties"]) == {"subject", "hs_ticket_priority", "jira_issue_key", "nonsense",
                                             "hs_object_id", "createdate", "hs_lastmodifieddate"}  # fmt: skip
        assert all(value is None or isinstance(value, str) for value in ticket["properties"].values())
    assert any(ticket["properties"]["jira_issue_key"] for ticket in tickets)
    assert 0.5 < sum(ticket["properties"]["hs_ticket_priority"] is None for ticket in tickets) / len(tickets) < 0.72


def test_the_stage_history_is_newest_first_and_ends_where_the_ticket_is(portal):
    for ticket in listed(portal, propertiesWithHistory="hs_pipeline_stage"):
        history = ticket["propertiesWithHistory"]["hs_pipeline_stage"]
        stamps = [entry["timestamp"] for entry in history]
        assert stamps == sorted(stamps, reverse=True)
        assert history[0]["value"] == ticket["properties"]["hs_pipeline_stage"]
        assert history[-1]["timestamp"] == ticket["createdAt"]


def test_associations_may_be_doubled_and_come_only_when_asked(portal):
    asked = [t.get("associations", {}) for t in listed(portal, associations="companies,contacts")]
    companies = [[one["id"] for one in found["companies"]["results"]] for found in asked]

    assert any(len(ids) != len(set(ids)) for ids in companies)
    assert not any("associations" in ticket for ticket in listed(portal))


def test_merged_tickets_live_on_as_ids_alone(portal):
    merged = [t["properties"]["hs_merged_object_ids"] for t in listed(portal, properties="hs_merged_object_ids")]
    gone = {one for ids in merged if ids for one in ids.split(";")}

    assert gone
    assert all(portal.get(f"{TICKETS}/{one}").status_code == 404 for one in gone)


def test_a_search_finds_what_changed_since(portal):
    everything = listed(portal)
    dates = sorted(ticket["properties"]["hs_lastmodifieddate"] for ticket in everything)
    middle = dates[len(dates) // 2]
    asked = {
        "filterGroups": [{"filters": [{"propertyName": "hs_lastmodifieddate", "operator": "GTE",
                                       "value": str(int(comparable(middle)))}]}],
        "sorts": [{"propertyName": "hs_lastmodifieddate", "direction": "ASCENDING"}],
        "limit": 200,
    }  # fmt: skip
    answer = portal.post(f"{TICKETS}/search", json=asked).json()

    assert answer["total"] == sum(date >= middle for date in dates)
    found = [one["properties"]["hs_lastmodifieddate"] for one in answer["results"]]
    assert found == sorted(found) and found[0] == middle


def test_a_wrong_name_of_the_modified_date_finds_nothing(portal):
    asked = {"filterGroups": [{"filters": [{"propertyName": "lastmodifieddate", "operator": "GTE", "value": "0"}]}]}

    assert portal.post(f"{TICKETS}/search", json=asked).json()["total"] == 0
    assert portal.post("/crm/v3/objects/contacts/search", json=asked).json()["total"] > 0


def test_filters_mean_what_they_say():
    records = [record(1, size="5", name="Ann"), record(2, size="12", name=None), record(3, size=None, name="Bo")]

    assert found_by(records, {"propertyName": "size", "operator": "GT", "value": "5"}) == [2]
    assert found_by(records, {"propertyName": "size", "operator": "BETWEEN", "value": "5", "highValue": "12"}) == [1, 2]
    assert found_by(records, {"propertyName": "name", "operator": "HAS_PROPERTY"}) == [1, 3]
    assert found_by(records, {"propertyName": "name", "operator": "NOT_HAS_PROPERTY"}) == [2]
    assert found_by(records, {"propertyName": "hs_object_id", "operator": "IN", "values": ["1", "3"]}) == [1, 3]
    assert found_by(records, {"propertyName": "name", "operator": "NEQ", "value": "ann"}) == [2, 3]


def test_a_search_ends_at_ten_thousand():
    records = [record(number) for number in range(1, 12_001)]
    total, page, after = search(records, {"limit": 200, "after": "9800"})

    assert (total, len(page), after) == (12_000, 200, None)
    with pytest.raises(Refused, match="10000"):
        search(records, {"limit": 200, "after": "9801"})


@pytest.mark.parametrize("asked", [{"limit": 201}, {"filterGroups": [{"filters": []}] * 6}, {"after": "x"}])
def test_more_than_a_search_allows_is_refused(portal, asked):
    answer = portal.post(f"{TICKETS}/search", json=asked)
    assert (answer.status_code, answer.json()["category"]) == (400, "VALIDATION_ERROR")


def test_history_makes_pages_smaller(portal):
    assert portal.get(TICKETS, params={"limit": 100}).status_code == 200
    assert portal.get(TICKETS, params={"limit": 100, "propertiesWithHistory": "subject"}).status_code == 400


def test_another_companys_token_is_refused(simulator):
    for token in ("hubspot-globex", "-", "hubspot-acm"):
        answer = httpx.get(f"{simulator.url}/hubspot/acme{TICKETS}", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401
        assert answer.json()["category"] == "INVALID_AUTHENTICATION"


def test_archived_owners_are_listed_apart(portal):
    present, archived = portal.get("/crm/v3/owners").json(), portal.get("/crm/v3/owners?archived=true").json()
    assert [len(present["results"]), len(archived["results"])] == [4, 1]


def test_tickets_name_issues_that_exist(simulator, portal):
    keys = {t["properties"]["jira_issue_key"] for t in listed(portal, properties="jira_issue_key")} - {None}
    known = {fact["key"] for fact in simulator.truth("acme", "issues") if fact["source"] == "jira"}
    assert keys and keys <= known
