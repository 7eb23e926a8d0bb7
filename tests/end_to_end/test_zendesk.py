"""A Zendesk ticket, followed from the support desk into the issues that the API tells, and out again."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from pipelines import stored_connections
from pipelines.simulator.played import PLAYED
from pipelines.simulator.zendesk_objects import SMALL
from tests.end_to_end import stack as house

pytestmark = [pytest.mark.slow, pytest.mark.soak]


@pytest.fixture
def desk(copied: house.Stack) -> house.Stack:
    """A filled warehouse whose tenant acme also has its tickets at Zendesk, as the same people filed them."""
    config = {**PLAYED["zendesk"].config(copied.simulator.url, "acme"), "source": "zendesk"}
    stored_connections.add(copied.warehouse, copied.tenants["acme"], "desk", config, allow_private=True)
    copied.sync("zendesk")
    copied.transform()
    return copied


def told(stack: house.Stack) -> dict[str, dict[str, Any]]:
    """The tickets as HubSpot's truth has them, by Zendesk's ids."""
    facts = [fact for fact in stack.truth("acme", "issues") if fact["source"] == "hubspot"]
    return {str(int(fact["id"]) % SMALL): fact for fact in facts}


def rows(api: house.Api) -> dict[str, dict[str, Any]]:
    return {row["key"]: row for row in api.rows("acme", "issues", source="zendesk")}


def happened(facts: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str, str, datetime | None]]:
    for key, fact in facts.items():
        resolved = datetime.fromisoformat(fact["resolved_at"]) if fact["resolved_at"] else None
        yield key, fact["title"], fact["status"], resolved


def shown(found: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str, str, datetime | None]]:
    for key, row in found.items():
        resolved = datetime.fromisoformat(row["resolved_at"]) if row["resolved_at"] else None
        yield key, row["title"], row["status"], resolved


def test_a_zendesk_ticket_is_an_issue_like_any_other(desk: house.Stack) -> None:
    with house.served(desk.warehouse) as api:
        found, facts = rows(api), told(desk)
        assert len(facts) > 10
        merged = {key: row for key, row in found.items() if key not in facts}  # HubSpot shows these no more
        assert all((row["status"], row["is_delivered"]) == ("resolved", False) for row in merged.values())
        assert sorted(shown({key: row for key, row in found.items() if key in facts})) == sorted(happened(facts))
        assert {row["customer"] for row in found.values()} <= {
            name for fact in facts.values() for name in fact["companies"]
        }
        assert api.rows("initech", "issues", source="zendesk") == []
        reopened = sum(len(fact["reopenings"]) for fact in facts.values())
        flow = api.rows("acme", "issue_flow_daily", source="zendesk")
        assert sum(row["reopened_count"] for row in flow) == reopened
        assert sum(row["created_count"] for row in flow) == len(found)

        changed, gone = [key for key in sorted(facts, key=int) if facts[key]["status"] == "open"][:2]
        amend(desk, "edit", changed, status="solved", priority="high", subject="Renamed at the desk")
        amend(desk, "delete", gone)
        desk.simulator.advance(hours=1)
        desk.sync("zendesk")  # an ordinary one: the export tells of what was deleted
        desk.transform()

        after = rows(api)
        assert gone not in after
        renamed = after[changed]
        assert (renamed["title"], renamed["status"], renamed["status_name"]) == (
            "Renamed at the desk", "resolved", "solved",
        )  # fmt: skip
        assert (renamed["severity"], renamed["severity_reason"]) == (4, "priority = high")
        assert renamed["url"].endswith(f"/agent/tickets/{changed}")


def amend(stack: house.Stack, action: str, key: str, **changes: Any) -> None:
    body = {"company": "acme", "provider": "zendesk", "kind": "tickets", "id": key, "changes": changes}
    stack.simulator.post(f"/world/records/{action}", body)
