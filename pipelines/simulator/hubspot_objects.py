"""HubSpot's records of a lived portal: every property is a string or null."""

import time
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from pipelines.simulator.customer_records import PIPELINES, Contact, Customer, Owner, Ticket
from pipelines.simulator.customers import Customers

History = dict[str, list[tuple[int, str | None]]]


@dataclass(frozen=True, slots=True)
class Record:
    """A ticket, company or contact. Instants in seconds since 1970; `history` oldest first."""

    record_id: int
    created_at: int
    updated_at: int
    archived_at: int | None
    properties: dict[str, str | None]
    history: History = field(default_factory=dict)
    associations: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # type → (id, association type)


def iso(instant: int) -> str:
    """As HubSpot writes an instant: 2026-04-28T15:33:15.000Z."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(instant))


def ticket_record(ticket: Ticket) -> Record:
    closed = iso(ticket.closed_at) if ticket.closed_at is not None else None
    properties: dict[str, str | None] = {
        "hs_object_id": str(ticket.ticket_id),
        "subject": ticket.subject,
        "content": ticket.content,
        "hs_pipeline": ticket.pipeline.pipeline_id,
        "hs_pipeline_stage": ticket.stage.stage_id,
        "hs_ticket_priority": ticket.priority,
        "hs_ticket_category": ticket.category,
        "hubspot_owner_id": str(ticket.owner.owner_id) if ticket.owner else None,
        "source_type": ticket.source_type,
        "createdate": iso(ticket.created_at),
        "hs_lastmodifieddate": iso(ticket.updated_at),
        "closed_date": closed,
        "time_to_close": str((ticket.closed_at - ticket.created_at) * 1000) if ticket.closed_at is not None else None,
        "hs_is_closed": "true" if ticket.is_closed else "false",
        "hs_merged_object_ids": ";".join(str(other.ticket_id) for other in ticket.merged) or None,
        "hs_num_times_contacted": str(len(ticket.history.get("hs_pipeline_stage", [])) - 1),
        "jira_issue_key": ticket.jira_issue_key,
    }
    companies = [(str(c.customer.company_id), "ticket_to_company") for c in ticket.contacts]
    if ticket.has_duplicate_association:
        companies.append((companies[0][0], "ticket_to_company_unlabeled"))
    contacts = [(str(c.contact_id), "ticket_to_contact") for c in ticket.contacts]
    history: History = {"subject": [(ticket.created_at, ticket.subject)], **ticket.history}
    return Record(
        ticket.ticket_id,
        ticket.created_at,
        ticket.updated_at,
        ticket.archived_at,
        properties,
        history,
        {"companies": companies, "contacts": contacts},
    )


def company_record(customer: Customer) -> Record:
    properties: dict[str, str | None] = {
        "hs_object_id": str(customer.company_id),
        "name": customer.name,
        "domain": customer.domain,
        "industry": customer.industry,
        "createdate": iso(customer.created_at),
        "hs_lastmodifieddate": iso(customer.created_at),
    }
    return Record(customer.company_id, customer.created_at, customer.created_at, None, properties)


def contact_record(contact: Contact) -> Record:
    """A contact's modified date is `lastmodifieddate`, unlike everybody else's."""
    company = str(contact.customer.company_id)
    properties: dict[str, str | None] = {
        "hs_object_id": str(contact.contact_id),
        "email": contact.email,
        "firstname": contact.first_name,
        "lastname": contact.last_name,
        "associatedcompanyid": company,
        "createdate": iso(contact.created_at),
        "lastmodifieddate": iso(contact.created_at),
    }
    associations = {"companies": [(company, "contact_to_company")]}
    return Record(contact.contact_id, contact.created_at, contact.created_at, None, properties, {}, associations)


def owner_json(owner: Owner) -> dict[str, Any]:
    return {
        "id": str(owner.owner_id),
        "email": owner.email,
        "type": "PERSON",
        "firstName": owner.first_name,
        "lastName": owner.last_name,
        "userId": owner.user_id,
        "userIdIncludingInactive": owner.user_id,
        "createdAt": iso(owner.created_at),
        "updatedAt": iso(owner.created_at),
        "archived": owner.is_archived,
    }


def pipeline_json(number: int) -> dict[str, Any]:
    """The default pipeline was made with the portal: its dates are those of 1970."""
    pipeline = PIPELINES[number]
    dates = {"createdAt": iso(0), "updatedAt": iso(0)}
    stages = [
        {
            "id": stage.stage_id,
            "label": stage.label,
            "displayOrder": order,
            "metadata": {
                "ticketState": "CLOSED" if stage.is_closed else "OPEN",
                "isClosed": str(stage.is_closed).lower(),
            },
            "archived": False,
            **dates,
        }
        for order, stage in enumerate(pipeline.stages)
    ]
    return {
        "id": pipeline.pipeline_id,
        "label": pipeline.label,
        "displayOrder": number,
        "stages": stages,
        "archived": False,
        **dates,
    }


_records: "WeakKeyDictionary[Customers, dict[int, tuple[int, Record]]]" = WeakKeyDictionary()


class LivedStore:
    """A company's portal as of now."""

    def __init__(self, customers: Customers) -> None:
        self.customers = customers
        self._kept = _records.setdefault(customers, {})
        self.slug = customers.company.slug
        self.token: str | None = f"hubspot-{self.slug}"

    def records(self, kind: str) -> list[Record]:
        """All of a kind by id. A merged ticket is gone; an archived one is there as such."""
        customers = self.customers
        if kind == "tickets":
            return [
                self._ticket(ticket)
                for ticket in customers.tickets
                if ticket.merged_into is None and str(ticket.ticket_id) not in customers.deleted
            ]
        if kind == "companies":
            return [company_record(c) for c in customers.customers if self._is_there(kind, c.company_id)]
        return [contact_record(c) for c in customers.contacts if self._is_there(kind, c.contact_id)]

    def _is_there(self, kind: str, record_id: object) -> bool:
        return ("hubspot", kind, str(record_id)) not in self.customers.removed

    def _ticket(self, ticket: Ticket) -> Record:
        """Made anew only where the ticket changed: a long list is read in many pages."""
        version, record = self._kept.get(ticket.ticket_id, (-1, None))
        if record is None or version != ticket.version:
            record = ticket_record(ticket)
            self._kept[ticket.ticket_id] = (ticket.version, record)
        return record

    def owners(self) -> list[dict[str, Any]]:
        return [owner_json(one) for one in self.customers.owners if self._is_there("owners", one.owner_id)]

    def pipelines(self, object_type: str) -> list[dict[str, Any]]:
        found = [pipeline_json(n) for n in range(len(PIPELINES))] if object_type in ("tickets", "ticket", "0-5") else []
        return [one for one in found if self._is_there("pipelines", one["id"])]
