"""Zendesk's objects: a company's customers and their tickets, as its support desk would look there."""

from collections.abc import Iterator
from typing import Any

from pipelines.simulator.clock import iso
from pipelines.simulator.customer_records import Contact, Customer, Owner, Ticket
from pipelines.simulator.customers import Customers

# Stage of a HubSpot pipeline → Zendesk's status.
STATUSES = {
    "1": "new", "2": "pending", "3": "open", "4": "solved",
    "1081554120": "new", "1081554121": "open", "1081554122": "solved",
}  # fmt: skip
PRIORITIES = {None: None, "LOW": "low", "MEDIUM": "normal", "HIGH": "high"}
JIRA_KEY_FIELD = 360_001_234_567  # of the demo: the ticket field that names a Jira issue
MERGED_TAG = "closed_by_merge"
SMALL = 10_000_000  # HubSpot's ids without their first digits


def ticket_id(ticket: Ticket) -> int:
    return ticket.ticket_id % SMALL


def changed_at(ticket: Ticket) -> int:
    """When anything changed, what the ticket itself does not count included."""
    return max(ticket.updated_at, ticket.merged_at or 0, ticket.archived_at or 0)


def status(ticket: Ticket) -> str:
    """A merged ticket is closed, a deleted one is exported as such."""
    if ticket.archived_at is not None:
        return "deleted"
    return STATUSES[ticket.stage.stage_id] if ticket.merged_into is None else "closed"


def ticket_json(ticket: Ticket, with_metrics: bool) -> dict[str, Any]:
    contact, tags = ticket.contacts[0], [ticket.category.lower()] if ticket.category else []
    solved = ticket.closed_at if ticket.merged_into is None else ticket.merged_at
    shown = {
        "id": ticket_id(ticket),
        "url": f"https://example.zendesk.com/api/v2/tickets/{ticket_id(ticket)}.json",
        "via": {"channel": {"EMAIL": "email", "CHAT": "chat", "PHONE": "voice"}.get(ticket.source_type, "web")},
        "subject": ticket.subject,
        "description": ticket.content or ticket.subject,
        "type": "incident" if ticket.incident else None,
        "priority": PRIORITIES.get(ticket.priority, ticket.priority),
        "status": status(ticket),
        "tags": [*tags, *([MERGED_TAG] if ticket.merged_into else [])],
        "requester_id": contact.contact_id % SMALL,
        "assignee_id": ticket.owner.user_id if ticket.owner else None,
        "organization_id": contact.customer.company_id % SMALL,
        "custom_fields": [{"id": JIRA_KEY_FIELD, "value": ticket.jira_issue_key}],
        "created_at": iso(ticket.created_at),
        "updated_at": iso(max(ticket.updated_at, ticket.merged_at or 0)),
        "generated_timestamp": changed_at(ticket),
    }
    metrics = {"ticket_id": ticket_id(ticket), "solved_at": iso(solved) if solved else None}
    return shown | ({"metric_set": metrics} if with_metrics else {})


def events(ticket: Ticket) -> Iterator[dict[str, Any]]:
    """What happened to a ticket, oldest first: each update with the fields that it set."""
    stages, priorities = (ticket.history.get(name, []) for name in ("hs_pipeline_stage", "hs_ticket_priority"))
    steps: list[tuple[int, str, str | None]] = [(at, "status", STATUSES[stage or ""]) for at, stage in stages]
    steps += [(at, "priority", PRIORITIES.get(value, value)) for at, value in priorities]
    if ticket.merged_at is not None:
        steps.append((ticket.merged_at, "status", "closed"))
    before: dict[str, Any] = {}
    for number, (at, name, value) in enumerate(sorted(steps, key=lambda step: step[0])):
        event_id = (ticket_id(ticket) * 1_000 + number) * 10
        change = {"id": event_id + 1, "via": "Web form", name: value, "event_type": "Create"}
        if name in before:
            change |= {"previous_value": before[name], "event_type": "Change"}
        before[name] = value
        yield {
            "id": event_id,
            "ticket_id": ticket_id(ticket),
            "timestamp": at,
            "created_at": iso(at),
            "updater_id": ticket.owner.user_id if ticket.owner else None,
            "event_type": "Audit",
            "child_events": [change],
        }


def organization_json(customer: Customer) -> dict[str, Any]:
    return {
        "id": customer.company_id % SMALL,
        "name": customer.name,
        "domain_names": [customer.domain],
        "created_at": iso(customer.created_at),
        "updated_at": iso(customer.created_at),
    }


def contact_json(contact: Contact) -> dict[str, Any]:
    name = f"{contact.first_name} {contact.last_name}"
    organization = contact.customer.company_id % SMALL
    return _user(contact.contact_id % SMALL, name, contact.email, "end-user", contact.created_at, organization, True)


def agent_json(owner: Owner) -> dict[str, Any]:
    name = f"{owner.first_name} {owner.last_name}"
    return _user(owner.user_id, name, owner.email, "agent", owner.created_at, None, not owner.is_archived)


def _user(
    user_id: int, name: str, email: str, role: str, created_at: int, organization_id: int | None, active: bool
) -> dict[str, Any]:
    return {
        "id": user_id,
        "name": name,
        "email": email,
        "role": role,
        "organization_id": organization_id,
        "active": active,
        "created_at": iso(created_at),
        "updated_at": iso(created_at),
    }


def find(customers: Customers, record_id: str) -> Ticket | None:
    """The ticket of that Zendesk id."""
    return next((ticket for ticket in customers.tickets if str(ticket_id(ticket)) == record_id), None)


def as_properties(ticket: Ticket, changes: dict[str, Any]) -> dict[str, Any]:
    """What somebody changes of a ticket (`status`, `priority`, `subject`), by the names that its history has."""
    properties = dict(changes)
    if "status" in changes:
        stages = [stage.stage_id for stage in ticket.pipeline.stages if STATUSES[stage.stage_id] == changes["status"]]
        properties["hs_pipeline_stage"] = stages[0]
    if "priority" in changes:
        properties["hs_ticket_priority"] = {shown: kept for kept, shown in PRIORITIES.items()}[changes["priority"]]
    return properties
