"""Jira's JSON of a lived site: Cloud REST v3 and the Agile API."""

import time
from datetime import UTC, datetime
from typing import Any

from pipelines.simulator import tracker_words as words
from pipelines.simulator.records import Person
from pipelines.simulator.tracker_records import History, Issue, Sprint, Status, Worklog
from pipelines.simulator.tracker_site import Project, Site, account_id

CATEGORIES = {
    "new": (2, "To Do", "blue-gray"),
    "indeterminate": (4, "In Progress", "yellow"),
    "done": (3, "Done", "green"),
}
GERMAN_CATEGORIES = {"new": "Zu erledigen", "indeterminate": "In Arbeit", "done": "Fertig"}


def zulu(instant: int | None) -> str | None:
    """As the Agile API writes an instant: 2026-04-28T15:33:15.000Z."""
    return None if instant is None else time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(instant))


def document(text: str | None) -> dict[str, Any] | None:
    """Plain text in Atlassian's document format, a paragraph for each line."""
    if text is None:
        return None
    paragraphs = [
        {"type": "paragraph", "content": [{"type": "text", "text": line}]} for line in text.splitlines() if line
    ]
    return {"type": "doc", "version": 1, "content": paragraphs}


class JiraObjects:
    """`base` is the address of the site, such as https://acme.atlassian.net: it stands in every `self`."""

    def __init__(self, site: Site, base: str) -> None:
        self.site = site
        self.base = base
        self.zone = site.company.calendar.zone
        self.sprint_field, self.points_field = words.CUSTOM_FIELDS[site.company.style]
        self.is_german = site.workflow.language == "de"

    def at(self, instant: int | None) -> str | None:
        """An instant in the token owner's zone: 2026-04-28T15:33:15.000+0200, without a colon."""
        if instant is None:
            return None
        return datetime.fromtimestamp(instant, UTC).astimezone(self.zone).strftime("%Y-%m-%dT%H:%M:%S.000%z")

    def user(self, person: Person | None) -> dict[str, Any] | None:
        if person is None:
            return None
        return {
            "self": f"{self.base}/rest/api/3/user?accountId={account_id(person)}",
            "accountId": account_id(person),
            "displayName": person.name,
            "active": True,
            "timeZone": str(self.zone),
            "accountType": "app" if person.is_bot else "atlassian",
        }

    def status(self, status: Status) -> dict[str, Any]:
        number, name, colour = CATEGORIES[status.category]
        return {
            "self": f"{self.base}/rest/api/3/status/{status.status_id}",
            "description": "",
            "iconUrl": f"{self.base}/images/icons/statuses/generic.png",
            "name": status.name,
            "untranslatedName": status.name,
            "id": status.status_id,
            "statusCategory": {
                "self": f"{self.base}/rest/api/3/statuscategory/{number}",
                "id": number,
                "key": status.category,
                "colorName": colour,
                "name": GERMAN_CATEGORIES[status.category] if self.is_german else name,
            },
        }

    def issue_type(self, kind: str) -> dict[str, Any]:
        type_id, level, english, german = words.ISSUE_TYPES[kind]
        return {
            "self": f"{self.base}/rest/api/3/issuetype/{type_id}",
            "id": type_id,
            "description": "",
            "iconUrl": f"{self.base}/images/icons/issuetypes/{kind}.png",
            "name": german if self.is_german else english,
            "untranslatedName": english,
            "subtask": kind == "subtask",
            "hierarchyLevel": level,
        }

    def priority(self, name: str) -> dict[str, Any]:
        number = words.PRIORITIES[name]
        icon = f"{self.base}/images/icons/priorities/{name.lower()}.svg"
        return {"self": f"{self.base}/rest/api/3/priority/{number}", "iconUrl": icon, "name": name, "id": number}

    def project(self, project: Project) -> dict[str, Any]:
        return {
            "self": f"{self.base}/rest/api/3/project/{project.project_id}",
            "id": str(project.project_id),
            "key": project.key,
            "name": project.name,
            "projectTypeKey": "software",
            "simplified": False,
        }

    def board(self, project: Project) -> dict[str, Any]:
        return {
            "id": project.board_id,
            "self": f"{self.base}/rest/agile/1.0/board/{project.board_id}",
            "name": f"{project.key} board",
            "type": "scrum",
            "location": {
                "projectId": project.project_id,
                "displayName": f"{project.name} ({project.key})",
                "projectName": project.name,
                "projectKey": project.key,
                "projectTypeKey": "software",
                "name": f"{project.name} ({project.key})",
            },
            "isPrivate": False,
        }

    def sprint(self, sprint: Sprint) -> dict[str, Any]:
        """Future sprints have no dates, active ones no completeDate."""
        dates = {"startDate": sprint.start_at, "endDate": sprint.end_at, "completeDate": sprint.complete_at}
        return {
            "id": sprint.sprint_id,
            "self": f"{self.base}/rest/agile/1.0/sprint/{sprint.sprint_id}",
            "state": sprint.state,
            "name": sprint.name,
            **{name: zulu(at) for name, at in dates.items() if at is not None},
            "createdDate": zulu(sprint.created_at),
            "originBoardId": sprint.board_id,
            "goal": sprint.goal,
        }

    def sprint_in_field(self, sprint: Sprint) -> dict[str, Any]:
        """A sprint inside an issue: no `self`, and `boardId` instead of `originBoardId`."""
        shown = self.sprint(sprint)
        kept = ("id", "name", "state", "goal", "startDate", "endDate", "completeDate")
        return {name: shown[name] for name in kept if name in shown} | {"boardId": sprint.board_id}

    def fields(self, issue: Issue) -> dict[str, Any]:
        """All fields of an issue."""
        project = next(project for project in self.site.projects if project.key == issue.project_key)
        return {
            "summary": issue.summary,
            "description": document(issue.description),
            "issuetype": self.issue_type(issue.kind),
            "project": self.project(project),
            "status": self.status(issue.status),
            "priority": self.priority(issue.priority),
            "resolution": self.resolution(issue.resolution),
            "labels": list(issue.labels),
            "components": [self.component(issue.component)],
            "assignee": self.user(issue.assignee),
            "reporter": self.user(issue.reporter),
            "creator": self.user(issue.reporter),
            "created": self.at(issue.created_at),
            "updated": self.at(issue.updated_at),
            "resolutiondate": self.at(issue.resolved_at[-1]) if issue.is_done else None,
            "statuscategorychangedate": self.at(issue.category_changed_at),
            "duedate": None,
            "issuelinks": [],
            "subtasks": [self.reference(child) for child in issue.children],
            "worklog": self.first_worklogs(issue),
            "timespent": sum(log.seconds for log in self.worklogs(issue)) or None,
            "fixVersions": [],
            "versions": [],
            "workratio": -1,
            "customfield_10019": f"0|i{issue.issue_id:05d}:",
            self.sprint_field: [self.sprint_in_field(sprint) for sprint in issue.sprints] or None,
            self.points_field: issue.points,
            **({"parent": self.reference(issue.parent)} if issue.parent else {}),
        }

    def worklogs(self, issue: Issue) -> list[Worklog]:
        return self.site.removals.left("worklogs", issue.worklogs, "worklog_id")

    def first_worklogs(self, issue: Issue) -> dict[str, Any]:
        """The first twenty stand in the issue itself; a search brings them where they are asked for."""
        found = [self.worklog(issue, log) for log in self.worklogs(issue)]
        return {"startAt": 0, "maxResults": 20, "total": len(found), "worklogs": found[:20]}

    def worklog(self, issue: Issue, log: Worklog) -> dict[str, Any]:
        author, hours, minutes = self.user(log.author), log.seconds // 3600, log.seconds % 3600 // 60
        spent = [f"{hours}h"] * bool(hours) + [f"{minutes}m"] * bool(minutes)
        return {
            "self": f"{self.base}/rest/api/3/issue/{issue.issue_id}/worklog/{log.worklog_id}",
            "id": str(log.worklog_id),
            "issueId": str(issue.issue_id),
            "author": author,
            "updateAuthor": author,
            "created": self.at(log.created_at),
            "updated": self.at(log.created_at),
            "started": self.at(log.started_at),
            "timeSpent": " ".join(spent),
            "timeSpentSeconds": log.seconds,
        }

    def reference(self, issue: Issue) -> dict[str, Any]:
        """An issue inside another one."""
        return {
            "id": str(issue.issue_id),
            "key": issue.key,
            "self": f"{self.base}/rest/api/3/issue/{issue.issue_id}",
            "fields": {
                "summary": issue.summary,
                "status": self.status(issue.status),
                "priority": self.priority(issue.priority),
                "issuetype": self.issue_type(issue.kind),
            },
        }

    def resolution(self, name: str | None) -> dict[str, Any] | None:
        if name is None:
            return None
        number = words.RESOLUTIONS[name]
        german = {"Done": "Fertig", "Won't Do": "Won't Do", "Duplicate": "Duplikat"}[name]
        link = f"{self.base}/rest/api/3/resolution/{number}"
        return {"self": link, "id": number, "description": "", "name": german if self.is_german else name}

    def component(self, name: str) -> dict[str, Any]:
        names = [service.component for service in self.site.company.services]
        number = str(10_100 + names.index(name)) if name in names else "10100"
        return {"self": f"{self.base}/rest/api/3/component/{number}", "id": number, "name": name}

    def history(self, history: History) -> dict[str, Any]:
        items = []
        for change in history.changes:
            item: dict[str, Any] = {"field": change.field, "fieldtype": "jira"}
            if change.field_id:
                item |= {"fieldId": change.field_id}
                item["fieldtype"] = "custom" if change.field_id.startswith("customfield") else "jira"
            item |= {"from": change.before, "fromString": change.before_text}
            items.append(item | {"to": change.after, "toString": change.after_text})
        author, at = self.user(history.author), self.at(history.at)
        return {"id": str(history.history_id), "author": author, "created": at, "items": items}
