"""A scrum board: two-week sprints that are planned, started, changed on the way, and closed with what is left over."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING

from pipelines.simulator import tracker_words as words
from pipelines.simulator.calendar import DAY, HOUR
from pipelines.simulator.records import Person
from pipelines.simulator.tracker_records import Issue, Sprint, Status
from pipelines.simulator.tracker_site import Project, Site

if TYPE_CHECKING:
    from pipelines.simulator.company import Company

SPRINT_DAYS = 14
PLANNED_ITEMS_PER_DAY = 1.9  # of the company's planned work, for each working day and three pull requests a day
OWN_PER_SPRINT = 9  # issues without a pull request that a sprint begins with


class Board:
    """The sprints of one project. Chance is the board's own and drawn in order of time."""

    def __init__(self, company: "Company", site: Site, project: Project) -> None:
        self.company = company
        self.site = site
        self.project = project
        self.agenda = site.agenda
        self.chance = company.random("tracker", "board", project.key)
        self.active: Sprint | None = None
        self.next: Sprint | None = None
        self.count = 0
        self.last_close: int | None = None
        first = company.calendar.day_of(company.founded_at) + timedelta(days=1)
        self.first_day = first + timedelta(days=(7 - first.weekday()) % 7)
        self._open_sprint(self.first_day)

    # -- the rhythm

    def _open_sprint(self, day: date) -> None:
        """Prepare the sprint that begins on that day: it stands as future until then."""
        calendar, chance = self.company.calendar, self.chance
        opening = calendar.opening(day)
        created = max(self.agenda.now, opening - 6 * DAY + chance.randrange(4 * HOUR))
        self.agenda.at(created, self._create)
        self.agenda.at(opening + 35 * 60 + chance.randrange(900), self._plan)
        self.agenda.at(opening + HOUR + chance.randrange(600), self._start, day)

    def _create(self) -> None:
        self.count += 1
        sprint_id = len(self.site.sprints) + 1 + 100 * self.project.board_id
        name = f"{self.project.key} Sprint {self.count}"
        goal = self.chance.choice(words.GOALS)
        self.next = Sprint(sprint_id, self.project.board_id, name, goal, self.agenda.now)
        self.site.sprints.append(self.next)

    def _plan(self) -> None:
        """Fill the future sprint: planned work, the oldest first, and some issues of the team's own."""
        assert self.next is not None
        lead = self.chance.choice(self.company.humans)
        room = round(PLANNED_ITEMS_PER_DAY * 10 * self.company.charter.pull_requests_per_day / 3)
        for is_planned, places in ((True, room), (False, OWN_PER_SPRINT)):
            open_ones = [issue for issue in self.backlog if (issue.work_item is not None) == is_planned]
            left_over = sum(issue.open_sprint is not None for issue in open_ones)
            waiting = [issue for issue in open_ones if issue.open_sprint is None]
            begun = [issue for issue in waiting if issue.status != self.site.workflow.todo]
            idle = [issue for issue in waiting if issue.status == self.site.workflow.todo]
            for issue in begun + idle[: max(2, places - left_over - len(begun))]:
                self._enter(issue, self.next, lead.login)

    @property
    def backlog(self) -> list[Issue]:
        """What is not done and can be in a sprint, oldest first."""
        return [
            issue
            for issue in self.site.issues
            if issue.project_key == self.project.key
            and not issue.is_done
            and issue.kind not in ("subtask", "incident")
            and str(issue.issue_id) not in self.site.deleted
        ]

    def members(self, sprint: Sprint) -> list[Issue]:
        return [i for i in self.site.issues if sprint in i.sprints and str(i.issue_id) not in self.site.deleted]

    def _start(self, day: date) -> None:
        """Begin the sprint: what is in it now is what the team commits to."""
        sprint = self.next
        assert sprint is not None
        self.active, self.next = sprint, None
        following = day + timedelta(days=SPRINT_DAYS)
        sprint.start_at = self.agenda.now
        sprint.end_at = self.agenda.now + SPRINT_DAYS * DAY
        members = self.members(sprint)
        sprint.ledger.committed = {issue.key: issue.points or 0 for issue in members}
        close_at = self.company.calendar.opening(following) + self.chance.randrange(900)
        self.agenda.at(close_at, self._close)
        for issue in members:
            self._plan_work(issue, close_at, likely=0.84)
            self._plan_surprises(issue, close_at)
        extra = max(1, round(len(members) * self.chance.uniform(0.03, 0.12)))
        for _ in range(extra):
            self.agenda.at(self._instant(close_at, 0.1, 0.7), self._add_unplanned, close_at)
        self._open_sprint(following)

    def _close(self) -> None:
        """End the sprint: what is not done goes on in the next one, or back to the backlog."""
        sprint, following = self.active, self.next
        assert sprint is not None and following is not None
        sprint.complete_at, self.active = self.agenda.now, None
        ledger, lead = sprint.ledger, self.chance.choice(self.company.humans)
        for issue in self.members(sprint):
            points = issue.points or 0
            if issue.is_done:
                ledger.completed[issue.key] = points
                if issue.resolution == "Won't Do":
                    ledger.wont_do[issue.key] = points
                continue
            ledger.carried[issue.key] = points
            issue.plan += 1
            if self.chance.random() < 0.9:  # the closed sprint stays on the issue, also in the backlog
                self.site.put_into(issue, [*issue.sprints, following], lead)

    # -- what happens in a sprint

    def _instant(self, close_at: int, low: float, high: float) -> int:
        """Some working instant between two shares of what is left of the sprint."""
        calendar = self.company.calendar
        hours = 9 * 10 * (close_at - self.agenda.now) / (SPRINT_DAYS * DAY) * self.chance.uniform(low, high)
        return min(calendar.work_after(self.agenda.now, hours), close_at - 600)

    def _plan_work(self, issue: Issue, close_at: int, likely: float) -> None:
        """When an issue of the team's own is begun and finished; engineering reports on planned work itself."""
        if issue.work_item or issue.is_done:
            return
        flow, plan, fate = self.site.workflow, issue.plan, self.chance.random()
        person = self.chance.choice(self.company.humans)
        begin = self._instant(close_at, 0.0, 0.6)
        if fate < likely:
            done = self.company.calendar.work_after(begin, self.chance.uniform(2, 26))
            status = flow.dropped if self.chance.random() < 0.1 else flow.done
            self.agenda.at(begin, self._step, issue, plan, flow.progress, person)
            if status is flow.done:
                self.agenda.at(begin + (done - begin) * 2 // 3, self._step, issue, plan, flow.review, person)
            self.agenda.at(done, self._step, issue, plan, status, person)
        elif fate < likely + 0.1:  # begun and not finished: the plan ends with the sprint
            self.agenda.at(begin, self._step, issue, plan, flow.progress, person)

    def _plan_surprises(self, issue: Issue, close_at: int) -> None:
        """Estimates change, scope is taken out, cards are dragged about."""
        person = self.chance.choice(self.company.humans)
        at = self._instant(close_at, 0.1, 0.9)
        draw = self.chance.random()
        if draw < 0.08:
            self.agenda.at(at, self._estimate_again, issue, self.chance.choice((1.0, 2.0, 3.0, 5.0, 8.0)), person)
        elif draw < 0.13:
            self.agenda.at(at, self._take_out, issue, person)
        elif draw < 0.35:
            self.agenda.at(at, self._while_open(self.site.rank), issue, person)

    def _while_open(self, action: Callable[..., None]) -> Callable[..., None]:
        def act(issue: Issue, *arguments: object) -> None:
            if not issue.is_done:
                action(issue, *arguments)

        return act

    def _step(self, issue: Issue, plan: int, status: Status, person: Person) -> None:
        if issue.plan != plan or issue.is_done:
            return
        self.site.assign(issue, person)
        self.site.move(issue, status, person)
        if issue.is_done and self.chance.random() < 0.5:
            self.site.log_work(issue, person, self.chance.uniform(0.5, 7), self.chance)

    def _estimate_again(self, issue: Issue, points: float, person: Person) -> None:
        if not issue.is_done and points != issue.points:
            self.site.estimate(issue, points, person)

    def _take_out(self, issue: Issue, person: Person) -> None:
        sprint = self.active
        if sprint is None or sprint not in issue.sprints or issue.is_done:
            return
        if issue.status == self.site.workflow.todo:
            issue.plan += 1
            sprint.ledger.removed.append((issue.key, issue.points or 0))
            self.site.put_into(issue, [other for other in issue.sprints if other is not sprint], person)

    def _add_unplanned(self, close_at: int) -> None:
        """The newest bug of the backlog cannot wait."""
        waiting = [issue for issue in self.backlog if issue.open_sprint is None and not issue.work_item]
        if self.active is not None and waiting:
            issue = next((issue for issue in reversed(waiting) if issue.kind == "bug"), waiting[-1])
            self.add(issue)
            self._plan_work(issue, close_at, likely=0.7)

    def add(self, issue: Issue) -> None:
        """Put an issue into the running sprint: scope that nobody committed to."""
        if self.active is not None and issue.open_sprint is None and not issue.is_done:
            self.active.ledger.added.append((issue.key, issue.points or 0))
            self._enter(issue, self.active, (issue.assignee or issue.reporter).login)

    def _enter(self, issue: Issue, sprint: Sprint, login: str) -> None:
        self.site.put_into(issue, [*issue.sprints, sprint], self.company.person(login))
