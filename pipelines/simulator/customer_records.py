"""What a HubSpot portal holds: companies, contacts, owners, and tickets with what became of them."""

from dataclasses import dataclass, field
from typing import NamedTuple

from pipelines.simulator.records import Incident


class Stage(NamedTuple):
    """A step of a pipeline. Ids are HubSpot's: "1" in the default pipeline, nine digits elsewhere."""

    stage_id: str
    label: str
    is_closed: bool


class Pipeline(NamedTuple):
    pipeline_id: str
    label: str
    stages: tuple[Stage, ...]


SUPPORT = Pipeline(
    "0",
    "Support Pipeline",
    (
        Stage("1", "New", False),
        Stage("2", "Waiting on contact", False),
        Stage("3", "Waiting on us", False),
        Stage("4", "Closed", True),
    ),
)
ONBOARDING = Pipeline(
    "740112250",
    "Onboarding & training",
    (
        Stage("1081554120", "Requested", False),
        Stage("1081554121", "Scheduled", False),
        Stage("1081554122", "Held", True),
    ),
)
PIPELINES = (SUPPORT, ONBOARDING)


@dataclass(frozen=True, slots=True)
class Owner:
    owner_id: int
    user_id: int
    first_name: str
    last_name: str
    email: str
    created_at: int
    is_archived: bool = False


@dataclass(frozen=True, slots=True)
class Customer:
    """A company that pays."""

    company_id: int
    name: str
    domain: str
    industry: str
    created_at: int


@dataclass(frozen=True, slots=True)
class Contact:
    contact_id: int
    first_name: str
    last_name: str
    email: str
    customer: Customer
    created_at: int


@dataclass(slots=True)
class Ticket:
    """A ticket as it is now. `history` holds the values of a property, oldest first, with their instants."""

    ticket_id: int
    subject: str
    content: str | None
    pipeline: Pipeline
    stage: Stage
    priority: str | None  # LOW | MEDIUM | HIGH
    category: str | None
    owner: Owner | None
    source_type: str
    contacts: list[Contact]
    created_at: int
    updated_at: int
    has_duplicate_association: bool = False
    closed_at: int | None = None
    archived_at: int | None = None
    merged_into: "Ticket | None" = None
    merged_at: int | None = None
    merged: list["Ticket"] = field(default_factory=list)
    jira_issue_key: str | None = None
    incident: Incident | None = None
    resolved_at: list[int] = field(default_factory=list)
    reopened_at: list[int] = field(default_factory=list)
    history: dict[str, list[tuple[int, str | None]]] = field(default_factory=dict)
    version: int = 0  # counts its changes

    @property
    def is_closed(self) -> bool:
        return self.stage.is_closed

    @property
    def is_there(self) -> bool:
        """Whether it is still a ticket of its own: neither archived nor merged into another."""
        return self.archived_at is None and self.merged_into is None
