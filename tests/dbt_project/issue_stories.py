"""What happens at the trackers of test_issues.py: each a tenant of its own. Hours count from 2026-03-02 08:00 UTC."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from tests.dbt_project.company import Company, at
from tests.dbt_project.tracker import TEAM, Tracker

WEEK = 168  # hours
AS_OF = {"throughput": 6 * WEEK + 10}  # of the others 80 hours
STORIES: dict[str, Callable[[Tracker], Any]] = {}


def story(tell: Callable[[Tracker], Any]) -> Callable[[Tracker], Any]:
    STORIES[tell.__name__] = tell
    return tell


@story
def reopened(shop: Tracker) -> None:
    """Done on the first day, opened again on the second, done on the third."""
    issue = shop.issue("SHOP-1", 0)
    shop.move(issue, 5, "Done")
    shop.move(issue, 26, "Doing")
    shop.move(issue, 50, "Fertig")
    shop.move(issue, 51, "Done")  # from done to done: nothing is resolved again


@story
def work(shop: Tracker) -> None:
    """Five issues of one to five days; one in work since the first day, one put back, one of another project."""
    for number in range(5):
        issue = shop.issue(f"SHOP-{number}", 0)
        shop.move(issue, 1, "Doing")
        shop.move(issue, 2 + 24 * (number % 3), "Done")
    shop.move(shop.issue("SHOP-10", 0), 3, "Doing")
    back = shop.issue("SHOP-11", 0)
    shop.move(back, 30, "Doing")
    shop.move(back, 60, "To Do")
    shop.move(shop.issue("WEB-1", 0), 3, "Doing")
    shop.issue("SHOP-12", 0)


@story
def without_history(shop: Tracker) -> None:
    """Jira shows it done, its changelog was not loaded."""
    shop.issue("SHOP-1", 0, "Done", statuscategorychangedate=at(30), updated=at(60))


@story
def tokyo(shop: Tracker) -> None:
    """08:00 UTC is 17:00 in Tokyo; eight hours later the next day has begun there."""
    shop.issue("SHOP-1", 0)
    shop.issue("SHOP-2", 8)


@story
def tickets(shop: Tracker) -> None:
    shop.add("hubspot", "companies", id="9", name="Acme GmbH")
    shop.ticket("Cannot pay", 1, closed=40, priority="HIGH", company_ids=["9", "9"])
    shop.ticket("Again cannot pay", 2, priority=None)
    shop.ticket("In the bin", 3, archived=True)


@story
def outcomes(shop: Tracker) -> None:
    for number, resolution in enumerate([{"name": "Done"}, {"name": "Won't Do"}, None], 1):
        issue = shop.issue(f"SHOP-{number}", 0, resolution=resolution)
        shop.move(issue, 5, "Done")
    shop.issue("SHOP-4", 0, issuetype={"name": "Störung", "untranslatedName": "Incident"}, priority=None)
    shop.issue("SHOP-5", 0, custom_fields={TEAM: {"id": "7", "name": "Payments"}})


@story
def priorities(shop: Tracker) -> None:
    shop.add("hubspot", "companies", id="1", name="One")
    shop.add("hubspot", "companies", id="2", name="Two")
    shop.issue("SHOP-1", 0, priority={"name": "Low"})
    shop.issue("SHOP-2", 0, priority={"name": "Highest"})
    shop.issue("SHOP-3", 0, priority={"name": "Low"})
    for company in ("1", "2", "2"):
        shop.ticket("It hurts", 1, company_ids=[company], jira_issue_key="SHOP-3")
    shop.move(shop.issue("SHOP-4", 0), 5, "Done")


@story
def desk(shop: Tracker) -> None:
    """At Zendesk: one ticket is reopened, solved again and closed; one is merged away; one names a Jira issue."""
    shop.add("zendesk", "organizations", id=7, name="Bakery")
    shop.add("zendesk", "users", id=8, name="Ann Baker", organization_id=7)
    asked = {"requester_id": 8, "organization_id": 7}
    steps = ((0, "new"), (2, "solved"), (25, "open"), (26, "pending"), (50, "solved"), (74, "closed"))
    shop.desk_ticket("The oven is cold", *steps, type="incident", priority="normal", **asked)
    shop.desk_ticket("Cold oven", (1, "new"), (3, "closed"), tags=["closed_by_merge"], priority="urgent")
    shop.issue("SHOP-1", 0)
    shop.desk_ticket("Still cold", (4, "new"), jira_issue_key="SHOP-1", **asked)


@story
def throughput(shop: Tracker) -> None:
    """Six complete weeks of one project, and one at another site whose epic has the same key."""
    epic = {"issuetype": {"name": "Epic", "subtask": False}}
    shop.issue("SHOP-100", 0, **epic)
    for number, (hours, fields) in enumerate([
        (5, {"story_points": 3.0}), (100, {}), (101, {"resolution": {"name": "Won't Do"}}), (2 * WEEK + 64, {}),
        (102, {"issuetype": {"name": "Sub-task", "subtask": True}}), (6 * WEEK + 1, {}),
    ]):  # fmt: skip
        shop.move(shop.issue(f"SHOP-{number}", 0, **fields), hours, "Done")
    running = shop.sprint("Now", 5 * WEEK)
    for number in (7, 8):
        shop.put(shop.issue(f"SHOP-{number}", 0, parent={"key": "SHOP-100"}), 5 * WEEK + 1, running)
    shop.sync(AS_OF["throughput"])
    shop.connections["jira"] = uuid4()
    shop.issue("SHOP-100", 0, project_key="WEB", **epic)
    shop.issue("SHOP-7", 0, project_key="WEB", parent={"key": "SHOP-100"})


@story
def reports(shop: Tracker) -> None:
    """One problem reported six times, in four ways; three that are none."""
    shop.add("hubspot", "companies", id="1", name="Blue Harbor")
    shop.add("hubspot", "companies", id="2", name="Cedar Clinics GmbH")
    words = "Checkout shows the wrong total for discount codes"
    shop.issue(
        "SHOP-1", 0, issuetype={"name": "Bug"}, summary="Rounding of discounts", components=[{"name": "Checkout"}]
    )
    shop.issue("SHOP-2", 9, summary=words, components=[{"name": "Checkout"}])  # a story: planned work
    shop.issue("SHOP-3", 9, summary="Look at it", components=[{"name": "Search"}])
    shop.issue("SHOP-4", 9, issuetype={"name": "Bug"}, summary="It is about money",
               issuelinks=[{"type": {"name": "Duplicate"}, "outwardIssue": {"id": "1", "key": "SHOP-1"}}])  # fmt: skip
    shop.ticket(words, 1, company_ids=["1"], jira_issue_key="SHOP-1")
    shop.ticket(words, 2, company_ids=["2"])
    shop.ticket(words, 3, content="Cedar Clinics is waiting. Says Cedar Clinics.")
    shop.ticket("Search shows the wrong total for discount codes", 4)
    shop.ticket("Something else", 5, content="As in SHOP-1, I think.", company_ids=["1"])
    shop.ticket("A list of all", 6, content="SHOP-1, SHOP-2, SHOP-3, SHOP-4")


@story
def seasons(shop: Tracker) -> None:
    """The data end on Thursday 2026-03-05; the month before had 28 days, its last four weeks four Mondays."""
    for number, days in enumerate((30, 29, 20, 13, 3), 1):
        shop.issue(f"SHOP-{number}", -24 * days, components=[{"name": "Checkout"}] if number < 3 else [])
    shop.move(shop.issue("SHOP-6", -24 * 12), -24 * 11, "Done")
    again = shop.ticket("Late again", -24 * 2, closed=-24)
    again["stage_history"].append({"stage": "1", "at": at(1).isoformat()})
    again.update(stage="1", closed_at=None, updated_at=at(1), jira_issue_key="SHOP-5")


def label_issues(shop: Company) -> None:
    shop.incident(1, 0, 3, labels=[{"name": "bug"}, {"name": "priority: critical"}, {"name": "area: checkout"}])
    shop.incident(2, 1, labels=[], state_reason=None, body=f"Duplicate of #1, see {shop.repository}#2")
    shop.sync(30)
