"""A company's Jira and its customers: engineering's work and incidents, and what people do besides.

A tracker listens to its company: what became of work items, pull requests and incidents since it listened last is put
on its agenda at the instants at which it happened. So it is as determined as the company itself.
"""

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from pipelines.simulator.agenda import Agenda
from pipelines.simulator.customers import Customers
from pipelines.simulator.records import Incident, PullRequest, WorkItem
from pipelines.simulator.tracker_board import Board
from pipelines.simulator.tracker_chores import Chores
from pipelines.simulator.tracker_edits import Edits
from pipelines.simulator.tracker_engineering import Engineering
from pipelines.simulator.tracker_site import Site

if TYPE_CHECKING:
    from pipelines.simulator.company import Company
    from pipelines.simulator.world import World

_trackers: "WeakKeyDictionary[World, dict[str, Tracker]]" = WeakKeyDictionary()


def tracker_of(world: "World", slug: str) -> "Tracker | None":
    """The tracker of a company, as of the world's now; None where there is no such company."""
    company = world.company(slug)
    if company is None:
        return None
    trackers = _trackers.setdefault(world, {})
    tracker = trackers.get(slug)
    if tracker is None or tracker.company is not company:  # the clock was set back: the company lives anew
        tracker = trackers[slug] = Tracker(company)
    tracker.edits.listen(world.amendments)
    tracker.live()
    return tracker


class Tracker:
    """Jira and the customers of one company, which share one agenda."""

    def __init__(self, company: "Company") -> None:
        self.company = company
        self.agenda = Agenda(company.founded_at)
        self.site = Site(company, self.agenda)
        boards = {project.key: Board(company, self.site, project) for project in self.site.projects}
        self.customers = Customers(company, self.site)
        self.engineering = Engineering(company, self.site, boards, self.customers)
        self.chores = Chores(company, self.site)
        self.edits = Edits(company.slug, self.site, self.customers)
        self._seen_items = self._seen_pulls = self._seen_incidents = 0
        self._open_items: dict[int, tuple[WorkItem, set[str]]] = {}
        self._open_incidents: dict[int, Incident] = {}
        self._open_pulls: dict[int, PullRequest] = {}

    def live(self) -> None:
        """Catch up with the company."""
        if self.agenda.now < self.company.now:
            self._listen()
        self.agenda.run(self.company.now)

    def _listen(self) -> None:
        company, engineering, report = self.company, self.engineering, self.agenda.report
        for item in company.work_items[self._seen_items :]:
            report(item.created_at, ("item", item.number, 0), engineering.plan_item, item)
            self._open_items[item.number] = (item, set())
        self._seen_items = len(company.work_items)
        for number, (item, told) in list(self._open_items.items()):
            for order, stage in enumerate(("started_at", "review_at", "done_at", "dropped_at"), 1):
                at = getattr(item, stage)
                if at is not None and stage not in told:
                    told.add(stage)
                    report(at, ("item", number, order), engineering.advance_item, item, stage)
            if item.done_at is not None or item.dropped_at is not None:
                del self._open_items[number]
        for incident in company.incidents[self._seen_incidents :]:
            report(incident.started_at, ("incident", incident.incident_id, 0), engineering.open_incident, incident)
            self._open_incidents[incident.incident_id] = incident
        self._seen_incidents = len(company.incidents)
        for number, incident in list(self._open_incidents.items()):
            if incident.resolved_at is not None:
                report(incident.resolved_at, ("incident", number, 1), engineering.close_incident, incident)
                del self._open_incidents[number]
        for pull in company.pull_requests[self._seen_pulls :]:
            report(pull.created_at, ("pull", pull.pull_request_id, 0), engineering.link_pull, pull)
            if pull.work_item is not None:
                self._open_pulls[pull.pull_request_id] = pull
        self._seen_pulls = len(company.pull_requests)
        for number, pull in list(self._open_pulls.items()):
            if pull.closed_at is not None:
                del self._open_pulls[number]
                if pull.merged_at is None:
                    report(pull.closed_at, ("pull", number, 1), engineering.give_up, pull)
