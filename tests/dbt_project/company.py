"""A company's GitHub, told by a test event by event and written to raw as a sync would."""

from datetime import UTC, datetime, timedelta
from hashlib import sha1
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from pipelines import tenants
from tests.dbt_project.project import Project

START = datetime(2026, 3, 2, 8, tzinfo=UTC)  # a Monday
_ids = count(1000)


def at(hours: float) -> datetime:
    """So many hours after the story's start."""
    return START + timedelta(hours=hours)


def sha(name: str) -> str:
    """A commit's full sha, from the name that the test gives it."""
    return sha1(name.encode(), usedforsecurity=False).hexdigest()


class Company:
    """One tenant with one repository. Events are collected and written by `sync`."""

    def __init__(self, project: Project, slug: str, time_zone: str) -> None:
        self.project = project
        self.tenant_id: UUID = tenants.create(project.warehouse, slug, slug.title(), time_zone).tenant_id
        self.connection_id, self.repository = uuid4(), f"{slug}/shop"
        self.new: dict[str, list[dict[str, Any]]] = {}
        self.recorded: dict[str, str] = {}  # a commit's sha here → the sha of what it was made after

    def add(self, table: str, **row: Any) -> dict[str, Any]:
        row = {"repository": self.repository, **row}
        self.new.setdefault(table, []).append(row)
        return row

    def commit(
        self, name: str, hours: float, parents: tuple[str, ...] = (), message: str = "", bot: bool = False
    ) -> dict[str, Any]:
        return self.add(
            "commits", sha=sha(name), message=message or name, authored_at=at(hours), committed_at=at(hours),
            parents=[sha(parent) for parent in parents],
            author={"login": "renovate[bot]" if bot else "ada", "type": "Bot" if bot else "User"},
        )  # fmt: skip

    def pull_request(
        self, number: int, opened: float, commits: dict[str, float], merged: float | None = None,
        merge_sha: str | None = None, **fields: Any,
    ) -> dict[str, Any]:  # fmt: skip
        """`commits` maps the names of the branch's commits to the hours of their author dates."""
        for position, (name, hours) in enumerate(commits.items()):
            self.add(
                "pull_request_commits", pull_request_number=number, sha=sha(name), position=position,
                authored_at=at(hours), committed_at=at(hours), message=name, parents=[],
                author={"login": "ada", "type": "User"},
            )  # fmt: skip
        return self.add("pull_requests", **{
            "id": next(_ids), "number": number, "title": f"PR {number}", "state": "closed" if merged else "open",
            "user": {"login": "ada", "type": "User"}, "draft": False, "created_at": at(opened),
            "updated_at": at(merged or opened), "closed_at": None if merged is None else at(merged),
            "merged_at": None if merged is None else at(merged), "merge_commit_sha": merge_sha and sha(merge_sha),
            "head": {"ref": f"topic-{number}", "sha": sha(list(commits)[-1]) if commits else None},
            "base": {"ref": "main"}, "labels": [], "additions": 10, "deletions": 2, "changed_files": 1, **fields,
        })  # fmt: skip

    def review(self, number: int, hours: float, state: str = "APPROVED", login: str = "grace") -> None:
        self.add(
            "reviews", id=next(_ids), pull_request_number=number, user={"login": login, "type": "User"}, state=state,
            submitted_at=at(hours),
        )  # fmt: skip

    def deploy(
        self, commit: str, started: float, finished: float | None, state: str = "success",
        environment: str = "Production", **fields: Any,
    ) -> dict[str, Any]:  # fmt: skip
        """A GitHub deployment with its statuses."""
        row = self.add("deployments", **{
            "id": next(_ids), "sha": sha(commit), "ref": "main", "environment": environment, "payload": {},
            "creator": {"login": "ada", "type": "User"}, "created_at": at(started), "updated_at": at(started), **fields,
        })  # fmt: skip
        self.status(row, started, "in_progress")
        if finished is not None:
            self.status(row, finished, state)
        return row

    def status(self, deployment: dict[str, Any], hours: float, state: str) -> None:
        self.add(
            "deployment_statuses", id=next(_ids), deployment_id=deployment["id"], state=state, created_at=at(hours)
        )

    def incident(self, number: int, opened: float, closed: float | None = None, **fields: Any) -> dict[str, Any]:
        """A GitHub issue that the default rules take for an incident."""
        return self.add("issues", **{
            "id": next(_ids), "number": number, "title": "Checkout is down", "body": "", "state_reason": None,
            "user": {"login": "ada", "type": "User"}, "state": "open" if closed is None else "closed",
            "labels": [{"name": "incident"}], "assignees": [], "comments": 0, "created_at": at(opened),
            "updated_at": at(closed or opened), "closed_at": None if closed is None else at(closed), **fields,
        })  # fmt: skip

    def ticket(self, number: int, hours: float, subject: str, **fields: Any) -> None:
        """A customer's ticket at HubSpot, loaded at once."""
        row = {"id": str(number), "subject": subject, "created_at": at(hours), "updated_at": at(hours), **fields}
        self.project.load(self.tenant_id, self.tenant_id, "hubspot", at(hours), {"tickets": [row]})

    def jira_issue(self, number: int, key: str, hours: float, *links: str) -> None:
        """An issue in Jira, loaded at once with the addresses that it links to."""
        row = {"id": str(number), "key": key, "project_key": key.split("-")[0], "summary": f"Issue {key}",
               "created": at(hours), "updated": at(hours)}  # fmt: skip
        urls = [{"id": str(number * 10 + n), "issue_id": str(number), "url": url} for n, url in enumerate(links)]
        self.project.load(self.tenant_id, self.tenant_id, "jira", at(hours), {"issues": [row], "remotelinks": urls})

    def gone(self, table: str, row: dict[str, Any], hours: float) -> None:
        """The sweep no longer finds the row at the source."""
        self.new.setdefault(table, []).append({**row, "_deleted_at": at(hours)})

    def sync(self, as_of: float) -> None:
        """Load what happened since the last sync; the source was read up to `as_of` hours."""
        self.project.load(self.tenant_id, self.connection_id, "github", at(as_of), self.new)
        self.new = {}

    def rows(self, mart: str, order: str = "1") -> list[dict[str, Any]]:
        return self.project.rows(mart, self.tenant_id, order)
