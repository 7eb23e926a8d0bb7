"""A Jira site: its projects and issues, and the only ways in which an issue changes, each leaving its history."""

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from pipelines.simulator import tracker_words as words
from pipelines.simulator.agenda import Agenda
from pipelines.simulator.records import Person
from pipelines.simulator.tracker_records import Change, History, Issue, RemoteLink, Sprint, Status, Worklog
from pipelines.simulator.tracker_removals import Removals

if TYPE_CHECKING:
    from pipelines.simulator.company import Company

# Keys that planning did not give away begin here: planned work has the numbers below.
FIRST_OTHER_NUMBER = 100_000


@dataclass(slots=True)
class Project:
    project_id: int
    key: str
    name: str
    board_id: int
    last_number: int


class Site:
    """Issues in order of creation. All changes go through `change`, so histories and updated times are complete."""

    def __init__(self, company: "Company", agenda: Agenda) -> None:
        self.company = company
        self.agenda = agenda
        self.workflow = words.WORKFLOWS[company.style]
        self.statuses = {status.status_id: status for status in self.workflow[1:]}
        self.issues: list[Issue] = []
        self.by_name: dict[str, Issue] = {}  # by key and by id
        self.sprints: list[Sprint] = []
        self.deleted: set[str] = set()  # issue ids that somebody deleted by hand
        self.removals = Removals()  # of other kinds
        self._histories = self._others = 0
        key = company.slug.upper()[:10]
        self.projects = [Project(10000, key, company.slug.capitalize(), 1, FIRST_OTHER_NUMBER)]
        if company.style == "monorepo":
            self.projects.append(Project(10001, f"{key[:7]}OPS", f"{company.slug.capitalize()} Operations", 2, 0))

    @property
    def operations(self) -> Project:
        """The project of what engineering did not plan: incidents, chores, customers' bugs."""
        return self.projects[-1]

    def create(
        self, project: Project, kind: str, summary: str, reporter: Person, component: str, **given: object
    ) -> Issue:
        """A new issue, now. `number` among what is given keeps a number that planning gave away."""
        number = given.pop("number", None)
        if number is None:
            project.last_number += 1
            number = project.last_number
        assert isinstance(number, int)
        now = self.agenda.now
        issue = Issue(
            issue_id=10_000 + len(self.issues),
            number=number,
            key=f"{project.key}-{number}",
            project_key=project.key,
            kind=kind,
            summary=summary,
            component=component,
            reporter=reporter,
            created_at=now,
            updated_at=now,
            status=self.workflow.todo,
            category_changed_at=now,
            **{"description": None, "priority": "Medium", **given},  # type: ignore[arg-type]
        )
        self.issues.append(issue)
        self.by_name[issue.key] = self.by_name[str(issue.issue_id)] = issue
        if issue.parent is not None:
            issue.parent.children.append(issue)
        return issue

    def change(self, issue: Issue, author: Person, *changes: Change) -> None:
        """Write a history entry of now."""
        self._histories += 1
        issue.histories.append(History(100_000 + self._histories, author, self.agenda.now, changes))
        issue.updated_at = self.agenda.now

    def move(self, issue: Issue, status: Status, author: Person, resolution: str = "Done") -> None:
        """Another status; what becomes done gets a resolution, what is reopened loses it."""
        before = issue.status
        if status == before:
            return
        changes = [Change("status", "status", before.status_id, before.name, status.status_id, status.name)]
        was_done, now = issue.is_done, self.agenda.now
        issue.status = status
        if before.category != status.category:
            issue.category_changed_at = now
        after = (resolution if status != self.workflow.dropped else "Won't Do") if issue.is_done else None
        if after != issue.resolution:
            changes.append(self._resolution(issue.resolution, after))
            issue.resolution = after
        if issue.is_done and not was_done:
            issue.resolved_at.append(now)
        elif was_done and not issue.is_done:
            issue.reopened_at.append(now)
        self.change(issue, author, *changes)

    def _resolution(self, before: str | None, after: str | None) -> Change:
        ids = words.RESOLUTIONS
        return Change(
            "resolution", "resolution", ids[before] if before else None, before, ids[after] if after else None, after
        )

    def assign(self, issue: Issue, person: Person) -> None:
        before = issue.assignee
        if before is person:
            return
        issue.assignee = person
        old, name = (account_id(before), before.name) if before else (None, None)
        self.change(issue, person, Change("assignee", "assignee", old, name, account_id(person), person.name))

    def estimate(self, issue: Issue, points: float | None, author: Person) -> None:
        """Story points have text alone, no ids."""
        _, field = words.CUSTOM_FIELDS[self.company.style]
        name = words.POINTS_NAMES[self.company.style]
        change = Change(name, field, None, written(issue.points), None, written(points))
        issue.points = points
        self.change(issue, author, change)

    def prioritise(self, issue: Issue, priority: str, author: Person) -> None:
        ids = words.PRIORITIES
        before, issue.priority = issue.priority, priority
        if before != priority:
            self.change(issue, author, Change("priority", "priority", ids[before], before, ids[priority], priority))

    def rename(self, issue: Issue, summary: str, author: Person) -> None:
        before, issue.summary = issue.summary, summary
        self.change(issue, author, Change("summary", "summary", None, before, None, summary))

    def put_into(self, issue: Issue, sprints: list[Sprint], author: Person) -> None:
        """Set the sprints of an issue; the history holds comma lists of ids and names."""
        field, _ = words.CUSTOM_FIELDS[self.company.style]
        before, issue.sprints = issue.sprints, sprints
        self.change(issue, author, Change("Sprint", field, *_listed(before), *_listed(sprints)))

    def rank(self, issue: Issue, author: Person) -> None:
        """Noise: somebody drags an issue up the board."""
        self.change(issue, author, Change("Rank", "customfield_10019", "", "", "", "Ranked higher"))

    def link(self, issue: Issue, url: str, title: str, author: Person) -> None:
        """A link to somewhere else, which leaves a history entry that is no field's."""
        link_id = issue.issue_id * 100 + len(issue.remote_links)
        issue.remote_links.append(RemoteLink(link_id, url, title, self.agenda.now))
        text = f'This issue links to "{title} (Web Link)"'
        self.change(issue, author, Change("RemoteIssueLink", "", None, None, str(link_id), text))

    def log_work(self, issue: Issue, author: Person, hours: float, chance: Random) -> None:
        """A worklog of now about some hours just before."""
        now, seconds = self.agenda.now, round(hours * 4) * 900 or 900
        spent = sum(log.seconds for log in issue.worklogs)
        worklog_id = issue.issue_id * 10 + len(issue.worklogs)
        issue.worklogs.append(Worklog(worklog_id, author, now - seconds - chance.randrange(600), now, seconds))
        before, after = str(spent) if spent else None, str(spent + seconds)
        self.change(
            issue,
            author,
            Change("timespent", "timespent", before, before, after, after),
            Change("WorklogId", "", None, None, str(worklog_id), str(worklog_id)),
        )


def account_id(person: Person) -> str:
    """As Atlassian writes them: with a colon inside."""
    return f"557058:{person.account_id:012d}"


def written(points: float | None) -> str | None:
    """Points as a changelog writes them: 3, 0.5, or nothing."""
    return None if points is None else f"{points:g}"


def _listed(sprints: list[Sprint]) -> tuple[str, str]:
    return ", ".join(str(sprint.sprint_id) for sprint in sprints), ", ".join(sprint.name for sprint in sprints)
