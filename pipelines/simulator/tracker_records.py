"""What a Jira site consists of: issues with their histories, sprints with what really happened in them.

Every instant is whole seconds since 1970, UTC. Only what has happened is there.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from pipelines.simulator.records import Incident, Person, WorkItem

NEW, INDETERMINATE, DONE = "new", "indeterminate", "done"


class Status(NamedTuple):
    """A step of the workflow; `category` is Jira's key: new, indeterminate or done."""

    status_id: str
    name: str
    category: str


class Change(NamedTuple):
    """One field's change as a changelog shows it; `field_id` "" for what is no field (RemoteIssueLink)."""

    field: str
    field_id: str
    before: str | None
    before_text: str | None
    after: str | None
    after_text: str | None


@dataclass(slots=True)
class History:
    history_id: int
    author: Person
    at: int
    changes: tuple[Change, ...]


@dataclass(slots=True)
class Worklog:
    worklog_id: int
    author: Person
    started_at: int
    created_at: int
    seconds: int


@dataclass(slots=True)
class RemoteLink:
    link_id: int
    url: str
    title: str
    created_at: int


@dataclass(slots=True)
class Ledger:
    """A sprint's bookkeeping, written down while it is lived. Points are those of the moment; None counts as 0."""

    committed: dict[str, float] = field(default_factory=dict)  # by issue key
    added: list[tuple[str, float]] = field(default_factory=list)
    removed: list[tuple[str, float]] = field(default_factory=list)
    completed: dict[str, float] = field(default_factory=dict)
    wont_do: dict[str, float] = field(default_factory=dict)  # those of `completed` that were decided against
    carried: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Sprint:
    sprint_id: int
    board_id: int
    name: str
    goal: str
    created_at: int
    start_at: int | None = None  # None: not started
    end_at: int | None = None  # planned, known from the start
    complete_at: int | None = None
    ledger: Ledger = field(default_factory=Ledger)

    @property
    def state(self) -> str:
        return "future" if self.start_at is None else "active" if self.complete_at is None else "closed"


@dataclass(slots=True)
class Issue:
    """A Jira issue as it is now, with how it became so."""

    issue_id: int
    number: int
    key: str
    project_key: str
    kind: str  # story | task | bug | subtask | incident
    summary: str
    description: str | None
    component: str
    reporter: Person
    created_at: int
    updated_at: int
    status: Status
    priority: str
    points: float | None = None
    assignee: Person | None = None
    labels: list[str] = field(default_factory=list)
    parent: "Issue | None" = None
    children: list["Issue"] = field(default_factory=list)
    sprints: list[Sprint] = field(default_factory=list)  # closed ones stay
    resolution: str | None = None  # Done | Won't Do | Duplicate
    resolved_at: list[int] = field(default_factory=list)  # every time it became done
    reopened_at: list[int] = field(default_factory=list)
    category_changed_at: int = 0
    histories: list[History] = field(default_factory=list)  # oldest first
    worklogs: list[Worklog] = field(default_factory=list)
    remote_links: list[RemoteLink] = field(default_factory=list)
    work_item: WorkItem | None = None
    incident: Incident | None = None
    plan: int = 0  # the plan in force: steps of an older one do not happen
    is_by_hand: bool = False  # somebody set its status by hand: it does not follow the code any more

    @property
    def is_done(self) -> bool:
        return self.status.category == DONE

    @property
    def open_sprint(self) -> Sprint | None:
        """The future or active sprint that it is in."""
        return next((sprint for sprint in self.sprints if sprint.complete_at is None), None)
