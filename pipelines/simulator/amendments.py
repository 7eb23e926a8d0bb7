"""Records that a user edited or deleted by hand, over what the companies lived.

A provider's handlers ask for every record: `is_deleted` before they list it, `edited` when they show it. Kinds are the
replay folder's names, such as `pull_requests` or `issues` of provider `github`; ids are compared as text.
"""

from dataclasses import dataclass
from typing import Any

from pipelines.simulator.clock import iso

# What records/delete knows of the trackers, by provider; of each the first kind can be edited too.
AMENDABLE: dict[str, tuple[str, ...]] = {
    "jira": (
        "issues", "projects", "boards", "sprints", "statuses", "issue_types", "priorities", "fields", "worklogs",
        "remotelinks",
    ),
    "hubspot": ("tickets", "companies", "contacts", "owners", "pipelines"),
    "zendesk": ("tickets", "organizations", "users"),
}  # fmt: skip
Key = tuple[str, str, str, str]  # company, provider, kind, id


@dataclass(frozen=True, slots=True)
class Edit:
    changes: dict[str, Any]  # top-level fields of the provider's object
    at: int  # becomes its updated time


class Amendments:
    """What was edited and deleted, by company, provider, kind and id."""

    def __init__(self) -> None:
        self.deleted: dict[Key, int] = {}
        self.edits: dict[Key, Edit] = {}
        self.version = 0

    def delete(self, company: str, provider: str, kind: str, record_id: object, at: int) -> None:
        self.deleted[company, provider, kind, str(record_id)] = at
        self.version += 1

    def edit(self, company: str, provider: str, kind: str, record_id: object, changes: dict[str, Any], at: int) -> None:
        key = (company, provider, kind, str(record_id))
        before = self.edits.get(key)
        self.edits[key] = Edit({**before.changes, **changes} if before else changes, at)
        self.version += 1

    def is_deleted(self, company: str, provider: str, kind: str, record_id: object) -> bool:
        return bool(self.deleted) and (company, provider, kind, str(record_id)) in self.deleted

    def edited(self, company: str, provider: str, kind: str, record_id: object) -> Edit | None:
        return self.edits.get((company, provider, kind, str(record_id))) if self.edits else None

    def apply(self, company: str, provider: str, kind: str, record_id: object, shown: dict[str, Any]) -> dict[str, Any]:
        """The object with its edit; `updated_at`, where it has one, becomes the time of the edit."""
        edit = self.edited(company, provider, kind, record_id)
        if edit is None:
            return shown
        touched = {"updated_at": iso(edit.at)} if "updated_at" in shown else {}
        return {**shown, **touched, **edit.changes}
