"""A company's Jira, HubSpot and Zendesk, told by a test event by event and written to raw as a sync would."""

from itertools import count
from typing import Any
from uuid import UUID, uuid4

from pipelines import tenants
from tests.dbt_project.company import at
from tests.dbt_project.project import Project

_ids = count(20_000)
SOURCES = ("jira", "hubspot", "zendesk")
CATEGORIES = {"To Do": "new", "Doing": "indeterminate", "Done": "done", "Fertig": "done"}
STATUS_IDS = {name: str(number) for number, name in enumerate(CATEGORIES, 1)}
POINTS, SPRINT, TEAM = "customfield_10016", "customfield_10020", "customfield_10031"


def status(name: str) -> dict[str, Any]:
    """A status as Jira shows it inside an issue."""
    return {"id": STATUS_IDS[name], "name": name, "statusCategory": {"key": CATEGORIES[name]}}


class Tracker:
    """One tenant with a Jira site, a HubSpot portal and a Zendesk desk. Events are collected and written by `sync`."""

    def __init__(self, project: Project, slug: str, time_zone: str = "UTC") -> None:
        self.project = project
        self.tenant_id: UUID = tenants.create(project.warehouse, slug, slug.title(), time_zone).tenant_id
        self.connections = {source: uuid4() for source in SOURCES}
        self.new: dict[str, dict[str, list[dict[str, Any]]]] = {source: {} for source in SOURCES}
        for name, category in CATEGORIES.items():
            self.add("jira", "statuses", id=STATUS_IDS[name], name=name, category_key=category)
        maker = "com.pyxis.greenhopper.jira"
        schemas = {SPRINT: f"{maker}:gh-sprint", POINTS: f"{maker}:jsw-story-points"}
        for field, name in {SPRINT: "Sprint", POINTS: "Story point estimate", TEAM: "Team"}.items():
            self.add("jira", "fields", id=field, name=name, custom=True, schema_custom=schemas.get(field))
        stages = [
            {"id": "1", "label": "New", "is_closed": "false"},
            {"id": "4", "label": "Closed", "is_closed": "true"},
        ]
        self.add("hubspot", "pipelines", id="0", label="Support", object_type="tickets", stages=stages)

    def add(self, source: str, table: str, **row: Any) -> dict[str, Any]:
        self.new[source].setdefault(table, []).append(row)
        return row

    def issue(self, key: str, created: float, state: str = "To Do", **fields: Any) -> dict[str, Any]:
        """A Jira issue that has been in `state` since it was created, until it is moved."""
        number = str(next(_ids))
        return self.add("jira", "issues", **{
            "id": number, "key": key, "project_key": key.split("-")[0], "summary": f"Issue {key}",
            "issuetype": {"name": "Story", "subtask": False}, "status": status(state), "priority": {"name": "Medium"},
            "labels": [], "components": [], "created": at(created), "updated": at(created), "sprints": [],
            "custom_fields": {}, "url": f"https://example.atlassian.net/browse/{key}", **fields,
        })  # fmt: skip

    def change(self, issue: dict[str, Any], hours: float, **item: Any) -> None:
        """An entry of the issue's changelog."""
        items = [{"field": "Rank", "fieldtype": "custom"}, item]
        self.add("jira", "changelogs", id=str(next(_ids)), issue_id=issue["id"], created=at(hours), items=items)
        issue["updated"] = at(hours)

    def move(self, issue: dict[str, Any], hours: float, to: str) -> None:
        """Move it to another status."""
        before, issue["status"] = issue["status"], status(to)
        issue["statuscategorychangedate"] = at(hours)
        self.change(issue, hours, field="status", fieldId="status", **{
            "from": before["id"], "fromString": before["name"], "to": STATUS_IDS[to], "toString": to,
        })  # fmt: skip

    def estimate(self, issue: dict[str, Any], hours: float, points: float) -> None:
        before, issue["story_points"] = issue.get("story_points"), points
        self.change(issue, hours, field="Story point estimate", fieldId=POINTS, **{
            "from": None, "fromString": None if before is None else str(before), "to": None, "toString": str(points),
        })  # fmt: skip

    def sprint(self, name: str, started: float | None, closed: float | None = None) -> dict[str, Any]:
        state = "future" if started is None else "active" if closed is None else "closed"
        return self.add(
            "jira", "sprints", id=next(_ids), board_id=1, name=name, state=state,
            start_date=None if started is None else at(started), complete_date=None if closed is None else at(closed),
        )  # fmt: skip

    def put(self, issue: dict[str, Any], hours: float, *sprints: dict[str, Any]) -> None:
        """Set the issue's sprints, as Jira does: its whole list changes."""
        before = ", ".join(str(each["id"]) for each in issue["sprints"])
        issue["sprints"] = [{"id": each["id"], "name": each["name"]} for each in sprints]
        after = ", ".join(str(each["id"]) for each in sprints)
        self.change(issue, hours, field="Sprint", fieldId=SPRINT, **{"from": before, "to": after})

    def ticket(self, subject: str, created: float, closed: float | None = None, **fields: Any) -> dict[str, Any]:
        """A HubSpot ticket, open or closed once."""
        history = [{"stage": "1", "at": at(created).isoformat()}]
        if closed is not None:
            history.append({"stage": "4", "at": at(closed).isoformat()})
        return self.add("hubspot", "tickets", **{
            "id": str(next(_ids)), "subject": subject, "pipeline": "0", "stage": "1" if closed is None else "4",
            "created_at": at(created), "updated_at": at(closed or created), "stage_history": history,
            "closed_at": None if closed is None else at(closed), "company_ids": [], "contact_ids": [], **fields,
        })  # fmt: skip

    def desk_ticket(self, subject: str, *statuses: tuple[float, str], **fields: Any) -> dict[str, Any]:
        """A Zendesk ticket that was given these statuses at these hours."""
        number, before = next(_ids), None
        for hours, name in statuses:
            self.add(
                "zendesk", "status_changes", id=next(_ids), ticket_id=number, status=name, previous_status=before,
                changed_at=at(hours),
            )  # fmt: skip
            before = name
        solved = [hours for hours, name in statuses if name == "solved"]
        return self.add("zendesk", "tickets", **{
            "id": number, "subject": subject, "status": before, "tags": [], "created_at": at(statuses[0][0]),
            "updated_at": at(statuses[-1][0]), "solved_at": at(solved[-1]) if solved else None, **fields,
        })  # fmt: skip

    def again(self, source: str, table: str, row: dict[str, Any]) -> None:
        """Load a row once more, as it is now."""
        self.new[source].setdefault(table, []).append(row)

    def gone(self, source: str, table: str, row: dict[str, Any], hours: float) -> None:
        """The sweep no longer finds the row at the source."""
        self.again(source, table, {**row, "_deleted_at": at(hours)})

    def sync(self, as_of: float) -> None:
        """Load what happened since the last sync; the sources were read up to `as_of` hours."""
        for source, tables in self.new.items():
            if not tables and source == "zendesk":
                continue  # most stories have no such desk, and a source that was read has days of its own
            self.project.load(self.tenant_id, self.connections[source], source, at(as_of), tables)
        self.new = {source: {} for source in SOURCES}

    def rows(self, mart: str, order: str = "1") -> list[dict[str, Any]]:
        return self.project.rows(mart, self.tenant_id, order)

    def flow(self, **group: Any) -> dict[str, tuple[int, int, int, int]]:
        """{day: (created, resolved, reopened, open)} of the groups that fit."""
        found: dict[str, tuple[int, int, int, int]] = {}
        for row in self.rows("issue_flow_daily", "day"):
            if all(row[name] == value for name, value in group.items()):
                names = ("created_count", "resolved_count", "reopened_count", "open_count")
                before = found.get(row["day"].isoformat(), (0, 0, 0, 0))
                found[row["day"].isoformat()] = tuple(a + row[name] for a, name in zip(before, names, strict=True))  # type: ignore[assignment]
        return found
