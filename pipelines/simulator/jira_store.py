"""Where the Jira handlers get their objects from: a company's life here, a recording in replay_jira.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from pipelines.simulator.jira_fields import all_fields
from pipelines.simulator.jira_objects import JiraObjects
from pipelines.simulator.tracker_records import Issue

if TYPE_CHECKING:
    from pipelines.simulator.tracker import Tracker


@dataclass(frozen=True, slots=True)
class Row:
    """What a search sees of an issue. Instants in seconds since 1970."""

    issue_id: int
    key: str
    project_key: str
    project_id: str
    created: int
    updated: int
    issue_type: str
    status: str
    status_category: str  # new | indeterminate | done
    labels: tuple[str, ...]
    sprint_ids: tuple[int, ...]
    source: Any

    @property
    def number(self) -> int:
        return int(self.key.rsplit("-", 1)[1])


class Store(Protocol):
    """A Jira site. Everything is Jira's own JSON but the rows of issues."""

    slug: str
    token: str | None  # None: any token is good
    base: str
    time_zone: str

    def myself(self) -> dict[str, Any]: ...
    def projects(self) -> list[dict[str, Any]]: ...
    def statuses(self) -> list[dict[str, Any]]: ...
    def issue_types(self) -> list[dict[str, Any]]: ...
    def priorities(self) -> list[dict[str, Any]]: ...
    def all_fields(self) -> list[dict[str, Any]]: ...
    def boards(self) -> list[dict[str, Any]]: ...
    def sprints(self, board_id: int | None) -> list[dict[str, Any]]: ...
    def estimation_field(self, board_id: int) -> tuple[str, str] | None: ...
    def rows(self) -> Sequence[Row]: ...
    def find(self, name: str) -> Row | None: ...  # by id or key
    def fields(self, row: Row) -> dict[str, Any]: ...
    def histories(self, row: Row) -> list[dict[str, Any]]: ...  # oldest first
    def worklogs(self, row: Row) -> list[dict[str, Any]]: ...
    def remote_links(self, row: Row) -> list[dict[str, Any]]: ...


class LivedStore:
    """A company's site as of now."""

    def __init__(self, tracker: "Tracker") -> None:
        self.tracker = tracker
        self.site = tracker.site
        self.slug = tracker.company.slug
        self.token: str | None = f"jira-{self.slug}"
        self.base = f"https://{self.slug}.atlassian.net"
        self.time_zone = tracker.company.charter.time_zone
        self.objects = JiraObjects(self.site, self.base)

    def myself(self) -> dict[str, Any]:
        return {
            "self": f"{self.base}/rest/api/3/user?accountId=557058:000000000001",
            "accountId": "557058:000000000001",
            "accountType": "atlassian",
            "displayName": "Clearsignal",
            "active": True,
            "timeZone": self.time_zone,
            "locale": "de_DE" if self.objects.is_german else "en_US",
        }

    def projects(self) -> list[dict[str, Any]]:
        extra = {"expand": "description,lead,issueTypes,url,projectKeys,permissions,insight", "style": "classic"}
        shown = self.site.removals.left("projects", self.site.projects, "project_id")
        return [self.objects.project(p) | extra | {"isPrivate": False, "properties": {}} for p in shown]

    def statuses(self) -> list[dict[str, Any]]:
        found = self.site.removals.left("statuses", list(self.site.statuses.values()), "status_id")
        return [self.objects.status(status) for status in found]

    def issue_types(self) -> list[dict[str, Any]]:
        found = [self.objects.issue_type(kind) for kind in ("story", "task", "bug", "subtask", "incident")]
        return self.site.removals.left("issue_types", found, "id")

    def priorities(self) -> list[dict[str, Any]]:
        shown = [self.objects.priority(name) for name in ("Highest", "High", "Medium", "Low", "Lowest")]
        shown = self.site.removals.left("priorities", shown, "id")
        return [p | {"statusColor": "#cccccc", "description": "", "isDefault": p["name"] == "Medium"} for p in shown]

    def all_fields(self) -> list[dict[str, Any]]:
        return self.site.removals.left("fields", all_fields(self.tracker.company.style), "id")

    def boards(self) -> list[dict[str, Any]]:
        projects = self.site.removals.left("projects", self.site.projects, "project_id")
        return [self.objects.board(project) for project in self.site.removals.left("boards", projects, "board_id")]

    def sprints(self, board_id: int | None) -> list[dict[str, Any]]:
        found = [sprint for sprint in self.site.sprints if board_id in (None, sprint.board_id)]
        found = self.site.removals.left("sprints", found, "sprint_id")
        return [self.objects.sprint(sprint) for sprint in found]

    def estimation_field(self, board_id: int) -> tuple[str, str] | None:
        field = self.objects.points_field
        return field, next(shown["name"] for shown in self.all_fields() if shown["id"] == field)

    def rows(self) -> list[Row]:
        return [self._row(issue) for issue in self.site.issues if self._is_there(issue)]

    def find(self, name: str) -> Row | None:
        issue = self.site.by_name.get(name)
        return self._row(issue) if issue is not None and self._is_there(issue) else None

    def _is_there(self, issue: Issue) -> bool:
        if str(issue.issue_id) in self.site.deleted:
            return False
        return not self.site.removals.found or issue.project_key in {project["key"] for project in self.projects()}

    def _row(self, issue: Issue) -> Row:
        project = next(project for project in self.site.projects if project.key == issue.project_key)
        return Row(
            issue_id=issue.issue_id,
            key=issue.key,
            project_key=issue.project_key,
            project_id=str(project.project_id),
            created=issue.created_at,
            updated=issue.updated_at,
            issue_type=issue.kind,
            status=issue.status.name,
            status_category=issue.status.category,
            labels=tuple(issue.labels),
            sprint_ids=tuple(sprint.sprint_id for sprint in issue.sprints),
            source=issue,
        )

    def fields(self, row: Row) -> dict[str, Any]:
        return self.objects.fields(row.source)

    def histories(self, row: Row) -> list[dict[str, Any]]:
        return [self.objects.history(history) for history in row.source.histories]

    def worklogs(self, row: Row) -> list[dict[str, Any]]:
        return [self.objects.worklog(row.source, log) for log in self.objects.worklogs(row.source)]

    def remote_links(self, row: Row) -> list[dict[str, Any]]:
        return [
            {
                "id": link.link_id,
                "self": f"{self.base}/rest/api/3/issue/{row.key}/remotelink/{link.link_id}",
                "globalId": f"system={link.url}",
                "application": {"type": "com.github", "name": "GitHub"},
                "relationship": "mentioned in",
                "object": {"url": link.url, "title": link.title, "icon": {}, "status": {"resolved": False, "icon": {}}},
            }
            for link in self.site.removals.left("remotelinks", row.source.remote_links, "link_id")
        ]
