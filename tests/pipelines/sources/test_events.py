"""What an event of Jira or HubSpot points at, and whose GitHub repository counts."""

from typing import Any

import pytest

from pipelines.connections import GitHub, HubSpot, Jira
from pipelines.credentials import Token
from pipelines.sources import github_events, hubspot_events, jira_events
from pipelines.sources.events import Stale
from pipelines.sources.reading import Gone, Request, Rows
from pipelines.sync_error import SyncError

TOKEN = Token("t")


@pytest.mark.parametrize(
    ("event", "body", "ids"),
    [
        ("jira:issue_created", {"issue": {"id": "10001"}}, ["10001"]),
        ("comment_created", {"comment": {}, "issue": {"id": 10002}}, ["10002"]),
        ("worklog_updated", {"worklog": {"issueId": "10003"}}, ["10003"]),
        ("issuelink_deleted", {"issueLink": {"sourceIssueId": 1, "destinationIssueId": 2}}, ["1", "2"]),
        ("user_created", {"user": {}}, []),
    ],
)
def test_a_jira_event_points_at_its_issues(event: str, body: dict, ids: list[str]) -> None:
    assert jira_events.change(None, event, body).stale == tuple(Stale("issues", one) for one in ids)


@pytest.mark.parametrize("issue_id", ["../../myself", "1?x", "", "-1", "ACME-1"])
def test_an_issue_id_that_is_no_number_is_no_address(issue_id: str) -> None:
    with pytest.raises(ValueError, match="no number"):
        jira_events.change(None, "jira:issue_updated", {"issue": {"id": issue_id}})


@pytest.mark.parametrize(
    ("event", "body", "stale"),
    [
        ("ticket.propertyChange", {"objectId": 7}, [("tickets", "7")]),
        ("contact.privacyDeletion", {"objectId": 8}, [("contacts", "8")]),
        ("company.merge", {"primaryObjectId": 1, "mergedObjectIds": [2, 3]}, [("companies", n) for n in "123"]),
        ("ticket.associationChange", {"associationType": "TICKET_TO_DEAL", "fromObjectId": 4, "toObjectId": 5},
         [("tickets", "4")]),
        ("deal.creation", {"objectId": 9}, []),
    ],
)  # fmt: skip
def test_a_hubspot_event_points_at_its_objects(event: str, body: dict, stale: list) -> None:
    assert list(hubspot_events.change(None, event, body).stale) == stale


@pytest.mark.parametrize(
    ("scope", "is_read"),
    [({"organization": "Acme"}, True), ({"repositories": ("acme/SHOP",)}, True), ({"organization": "ac"}, False),
     ({"repositories": ("acme/shop2", "other/shop")}, False)],
)  # fmt: skip
def test_only_repositories_of_the_connection_count(scope: dict[str, Any], is_read: bool) -> None:
    body = {"repository": {"full_name": "acme/shop"}}
    assert bool(github_events.change(GitHub(token=TOKEN, **scope), "push", body)) == is_read


class Answering:
    """A client that knows some paths."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers

    def json(self, path: str, params: Any = None) -> Any:
        name = path.rpartition("/")[2]
        if name not in self.answers:
            raise SyncError("not_found", path, http_status=404)
        return self.answers[name]


def request(connection: Any, **answers: Any) -> Request:
    return Request(connection, Answering(**answers), None)  # type: ignore[arg-type]


def test_an_issue_that_left_the_connections_projects_is_gone() -> None:
    jira = Jira(base_url="https://x.example", email="e", token=TOKEN, projects=("SHOP",))
    moved = request(jira, field=[], **{"5": {"id": "5", "key": "OTHER-1", "fields": {}}})
    assert list(jira_events.again(moved, Stale("issues", "5"))) == [Gone("issues", ("5",))]
    assert list(jira_events.again(request(jira, field=[]), Stale("issues", "6"))) == [Gone("issues", ("6",))]


def test_a_contact_is_read_by_its_id_or_is_gone() -> None:
    found = {"id": "8", "properties": {"email": "a@b.example", "createdate": None, "lastmodifieddate": None},
             "createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-01T00:00:00Z"}  # fmt: skip
    hubspot = HubSpot(token=TOKEN)
    (read,) = hubspot_events.again(request(hubspot, **{"8": found}), Stale("contacts", "8"))
    assert isinstance(read, Rows) and read.rows[0]["email"] == "a@b.example"
    assert list(hubspot_events.again(request(hubspot), Stale("contacts", "9"))) == [Gone("contacts", ("9",))]


def test_a_repository_that_no_sync_has_finished_is_left_to_the_sync() -> None:
    connection = GitHub(token=TOKEN, organization="acme")
    assert list(github_events.again(request(connection), Stale("code", "acme/shop"))) == []
