"""What engineering does, as Jira sees it: planned work becomes issues, pull requests are linked, incidents opened."""

from random import Random
from typing import TYPE_CHECKING

from pipelines.simulator import tracker_words as words
from pipelines.simulator.calendar import DAY, HOUR
from pipelines.simulator.customers import Customers
from pipelines.simulator.records import Incident, Person, PullRequest, WorkItem
from pipelines.simulator.tracker_board import Board
from pipelines.simulator.tracker_chores import PRIORITY_WEIGHTS, estimate_of
from pipelines.simulator.tracker_records import Issue, Status
from pipelines.simulator.tracker_site import Site

if TYPE_CHECKING:
    from pipelines.simulator.company import Company

PRIORITY_OF_SEVERITY = {5: "Highest", 4: "High", 3: "Medium", 2: "Low", 1: "Lowest"}
REOPENED_SHARE = 0.1


class Engineering:
    """Called with what happened, at the instants at which it happened. Chance comes from streams of each object."""

    def __init__(self, company: "Company", site: Site, boards: dict[str, Board], customers: Customers) -> None:
        self.company = company
        self.site = site
        self.agenda = site.agenda
        self.boards = boards
        self.customers = customers
        self.issue_of_item: dict[int, Issue] = {}
        self.issue_of_incident: dict[int, Issue] = {}

    def plan_item(self, item: WorkItem) -> None:
        chance = self.company.random("tracker", "item", item.number)
        issue = self.site.create(
            self.site.projects[0],
            item.kind,
            item.title,
            item.reporter,
            item.service.component,
            number=item.number,
            description=None if chance.random() < 0.4 else f"{item.title} of {item.service.component}.",
            priority=chance.choices(list(PRIORITY_WEIGHTS), list(PRIORITY_WEIGHTS.values()))[0],
            points=estimate_of(chance, item.kind),
            work_item=item,
        )
        self.issue_of_item[item.number] = issue
        if item.kind == "story" and chance.random() < 0.15:
            self.agenda.at(self.agenda.now + chance.randrange(HOUR), self._split, issue, chance)

    def _split(self, issue: Issue, chance: Random) -> None:
        """Sub-tasks: in their parent's sprint without saying so, and without points."""
        for summary in chance.sample(words.SUBTASKS, chance.randint(1, 3)):
            self.site.create(self.site.projects[0], "subtask", summary, issue.reporter, issue.component, parent=issue,
                             priority=issue.priority)  # fmt: skip

    def advance_item(self, item: WorkItem, stage: str) -> None:
        issue, flow = self.issue_of_item[item.number], self.site.workflow
        if issue.is_by_hand:
            return
        person = item.assignee or item.reporter
        if stage == "started_at":
            self.site.assign(issue, person)
            self.boards[issue.project_key].add(issue)
        status = {
            "started_at": flow.progress,
            "review_at": flow.review,
            "done_at": flow.done,
            "dropped_at": flow.dropped,
        }
        self._move(issue, status[stage], item)

    def _move(self, issue: Issue, status: Status, item: WorkItem) -> None:
        person = item.assignee or item.reporter
        self.site.move(issue, status, person)
        if not issue.is_done:
            return
        chance = self.company.random("tracker", "done", item.number)
        for subtask in issue.children:
            if not subtask.is_done:
                self.site.move(subtask, status, person)
        if chance.random() < 0.3:
            self.site.log_work(issue, person, chance.uniform(0.5, 8), chance)
        if status == self.site.workflow.done and chance.random() < REOPENED_SHARE:
            back = self.agenda.now + chance.randrange(4 * HOUR, 5 * DAY)
            again = self.company.calendar.work_after(back, chance.uniform(2, 20))
            self.agenda.at(back, self._reopen, issue, person)
            self.agenda.at(again, self.site.move, issue, self.site.workflow.done, person)

    def _reopen(self, issue: Issue, person: Person) -> None:
        if issue.is_done:
            self.site.move(issue, self.site.workflow.progress, person)

    def open_incident(self, incident: Incident) -> None:
        """An incident is an issue from the instant at which somebody noticed."""
        if incident.tracked_in != "jira":
            self.customers.suffer(incident, None)
            return
        chance = self.company.random("tracker", "incident", incident.incident_id)
        person, link = chance.choice(self.company.humans), chance.random()
        text = f"{incident.title}. Environment: {incident.environment}."
        deployment = incident.deployment_id
        if deployment is not None and 0.5 <= link < 0.75:
            text += f" Began after deployment {deployment} of {incident.repository}."
        issue = self.site.create(
            self.site.operations,
            "incident",
            incident.title,
            person,
            self.company.service(incident.service).component,
            description=text,
            priority=PRIORITY_OF_SEVERITY[incident.severity],
            labels=["incident", incident.environment.lower(), f"cause-{incident.cause.replace('_', '-')}"],
            incident=incident,
        )
        self.issue_of_incident[incident.incident_id] = issue
        self.agenda.at(self.agenda.now + chance.randint(60, 300), self._take_up, issue, person)
        if deployment is not None and link < 0.5:
            url = f"https://api.github.com/repos/{incident.repository}/deployments/{deployment}"
            self.agenda.at(self.agenda.now + chance.randint(300, 2400), self.site.link, issue, url,
                           f"Deployment {deployment}", person)  # fmt: skip
        self.customers.suffer(incident, issue)

    def _take_up(self, issue: Issue, person: Person) -> None:
        if not issue.is_done:
            self.site.assign(issue, person)
            self.site.move(issue, self.site.workflow.progress, person)

    def close_incident(self, incident: Incident) -> None:
        issue = self.issue_of_incident.get(incident.incident_id)
        if issue is not None and not issue.is_by_hand:
            self.site.move(issue, self.site.workflow.done, issue.assignee or issue.reporter)
        self.customers.recover(incident)

    def link_pull(self, pull: PullRequest) -> None:
        """The integration links a pull request whose branch or title names an issue."""
        issue = self.site.by_name.get(pull.issue_key or "")
        if pull.incident_id is not None:
            issue = self.issue_of_incident.get(pull.incident_id, issue)
        if issue is not None:
            url = f"https://github.com/{pull.repository}/pull/{pull.number}"
            self.site.link(issue, url, f"{pull.repository}#{pull.number} {pull.title}", pull.author)

    def give_up(self, pull: PullRequest) -> None:
        """A pull request was closed without a merge: sooner or later somebody decides against its issue."""
        assert pull.work_item is not None
        issue = self.issue_of_item[pull.work_item.number]
        hours = self.company.random("tracker", "given up", pull.pull_request_id).uniform(0.2, 12)
        at = self.company.calendar.work_after(self.agenda.now, hours)
        self.agenda.at(at, self._drop, issue, issue.assignee or issue.reporter)

    def _drop(self, issue: Issue, person: Person) -> None:
        if not issue.is_done:
            self.site.move(issue, self.site.workflow.dropped, person)
