"""A company's Jira: engineering's planned work and incidents as issues, and what the teams do besides.

A tracker listens to its company: what became of work items, pull requests and incidents since it listened last is put
on its agenda at the instants at which it happened. So it is as determined as the company itself.
"""

from random import Random
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from pipelines.simulator import tracker_words as words
from pipelines.simulator.agenda import Agenda
from pipelines.simulator.calendar import DAY, HOUR
from pipelines.simulator.customers import Customers
from pipelines.simulator.days import draw
from pipelines.simulator.records import Incident, Person, PullRequest, WorkItem
from pipelines.simulator.tracker_board import Board
from pipelines.simulator.tracker_edits import Edits
from pipelines.simulator.tracker_records import Issue, Status
from pipelines.simulator.tracker_site import Site

if TYPE_CHECKING:
    from pipelines.simulator.company import Company
    from pipelines.simulator.world import World

PRIORITY_OF_SEVERITY = {5: "Highest", 4: "High", 3: "Medium", 2: "Low", 1: "Lowest"}
PRIORITY_WEIGHTS = {"Highest": 4, "High": 18, "Medium": 52, "Low": 20, "Lowest": 6}
POINTS = (1.0, 2.0, 3.0, 5.0, 8.0)
POINTS_WEIGHTS = (22, 28, 26, 17, 7)
OWN_PER_DAY = 0.55  # issues without code, a working day and project
REOPENED_SHARE = 0.1

_trackers: "WeakKeyDictionary[Company, Tracker]" = WeakKeyDictionary()


def tracker_of(world: "World", slug: str) -> "Tracker | None":
    """The tracker of a company, as of the world's now; None where there is no such company."""
    company = world.company(slug)
    if company is None:
        return None
    tracker = _trackers.get(company)
    if tracker is None:
        tracker = _trackers[company] = Tracker(company)
    tracker.edits.listen(world.amendments)
    tracker.live()
    return tracker


class Tracker:
    """Jira and the customers of one company, which share one agenda."""

    def __init__(self, company: "Company") -> None:
        self.company = company
        self.agenda = Agenda(company.founded_at)
        self.site = Site(company, self.agenda)
        self.boards = {project.key: Board(company, self.site, project) for project in self.site.projects}
        self.customers = Customers(company, self.site)
        self.edits = Edits(company.slug, self.site, self.customers)
        self._seen_items = self._seen_pulls = self._seen_incidents = 0
        self._open_items: dict[int, tuple[WorkItem, set[str]]] = {}
        self._open_incidents: dict[int, Incident] = {}
        self._open_pulls: dict[int, PullRequest] = {}
        self.issue_of_item: dict[int, Issue] = {}
        self.issue_of_incident: dict[int, Issue] = {}
        self._own = company.random("tracker", "own")
        self.agenda.at(company.founded_at + 60, self._day)

    def live(self) -> None:
        """Catch up with the company."""
        if self.agenda.now < self.company.now:
            self._listen()
        self.agenda.run(self.company.now)

    # -- what engineering reports

    def _listen(self) -> None:
        company, report = self.company, self.agenda.report
        for item in company.work_items[self._seen_items :]:
            report(item.created_at, ("item", item.number, 0), self._plan_item, item)
            self._open_items[item.number] = (item, set())
        self._seen_items = len(company.work_items)
        for number, (item, told) in list(self._open_items.items()):
            for order, stage in enumerate(("started_at", "review_at", "done_at", "dropped_at"), 1):
                at = getattr(item, stage)
                if at is not None and stage not in told:
                    told.add(stage)
                    report(at, ("item", number, order), self._advance_item, item, stage)
            if item.done_at is not None or item.dropped_at is not None:
                del self._open_items[number]
        for incident in company.incidents[self._seen_incidents :]:
            report(incident.started_at, ("incident", incident.incident_id, 0), self._break, incident)
            self._open_incidents[incident.incident_id] = incident
        self._seen_incidents = len(company.incidents)
        for number, incident in list(self._open_incidents.items()):
            if incident.resolved_at is not None:
                report(incident.resolved_at, ("incident", number, 1), self._mend, incident)
                del self._open_incidents[number]
        for pull in company.pull_requests[self._seen_pulls :]:
            report(pull.created_at, ("pull", pull.pull_request_id, 0), self._link_pull, pull)
            if pull.work_item is not None:
                self._open_pulls[pull.pull_request_id] = pull
        self._seen_pulls = len(company.pull_requests)
        for number, pull in list(self._open_pulls.items()):
            if pull.closed_at is not None:
                del self._open_pulls[number]
                if pull.merged_at is None:
                    report(pull.closed_at, ("pull", number, 1), self._give_up, pull)

    def _plan_item(self, item: WorkItem) -> None:
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
            points=_points(chance, item.kind),
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

    def _advance_item(self, item: WorkItem, stage: str) -> None:
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
        for subtask in [other for other in self.site.issues if other.parent is issue and not other.is_done]:
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

    def _break(self, incident: Incident) -> None:
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

    def _mend(self, incident: Incident) -> None:
        issue = self.issue_of_incident.get(incident.incident_id)
        if issue is not None and not issue.is_by_hand:
            self.site.move(issue, self.site.workflow.done, issue.assignee or issue.reporter)
        self.customers.recover(incident)

    def _link_pull(self, pull: PullRequest) -> None:
        """The integration links a pull request whose branch or title names an issue."""
        issue = self.site.by_key.get(pull.issue_key or "")
        if pull.incident_id is not None:
            issue = self.issue_of_incident.get(pull.incident_id, issue)
        if issue is not None:
            url = f"https://github.com/{pull.repository}/pull/{pull.number}"
            self.site.link(issue, url, f"{pull.repository}#{pull.number} {pull.title}", pull.author)

    def _give_up(self, pull: PullRequest) -> None:
        """A pull request was closed without a merge: sooner or later somebody decides against its issue."""
        assert pull.work_item is not None
        issue = self.issue_of_item[pull.work_item.number]
        hours = self.company.random("tracker", "given up", pull.pull_request_id).uniform(0.2, 12)
        at = self.company.calendar.work_after(self.agenda.now, hours)
        self.agenda.at(at, self._drop, issue, issue.assignee or issue.reporter)

    def _drop(self, issue: Issue, person: Person) -> None:
        if not issue.is_done:
            self.site.move(issue, self.site.workflow.dropped, person)

    # -- what the teams do besides

    def _day(self) -> None:
        """Issues that no code answers to: chores, questions, bugs that were none."""
        company, chance = self.company, self._own
        day = company.calendar.day_of(self.agenda.now + DAY // 2)
        self.agenda.at(company.calendar.day_start(day) + DAY + 3 * HOUR, self._day)
        if company.calendar.is_working_day(day):
            for _ in range(draw(chance, OWN_PER_DAY * len(self.boards))):
                at = chance.randrange(company.calendar.opening(day), company.calendar.closing(day))
                self.agenda.at(at, self._note_down)

    def _note_down(self) -> None:
        chance = self._own
        kind = chance.choices(("story", "task", "bug"), (25, 50, 25))[0]
        texts = {"story": words.STORIES, "task": words.TASKS, "bug": words.BUGS}
        service = chance.choice(self.company.services)
        thing = chance.choice(words.THINGS)
        summary = chance.choice(texts[kind]).format(thing=thing, component=service.component)
        self.site.create(
            self.site.operations,
            kind,
            summary[0].upper() + summary[1:],
            chance.choice(self.company.humans),
            service.component,
            description=None if chance.random() < 0.5 else f"Asked for in the weekly meeting: {thing}.",
            priority=chance.choices(list(PRIORITY_WEIGHTS), list(PRIORITY_WEIGHTS.values()))[0],
            points=_points(chance, kind),
        )


def _points(chance: Random, kind: str) -> float | None:
    """An estimate; some issues, bugs more often, have none."""
    if chance.random() < (0.4 if kind == "bug" else 0.12):
        return None
    return chance.choices(POINTS, POINTS_WEIGHTS)[0]
