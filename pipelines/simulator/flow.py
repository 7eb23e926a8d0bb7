"""How changes get from main to production: what the three styles share. Each style has a module of its own."""

from datetime import date
from random import Random
from typing import TYPE_CHECKING

from pipelines.simulator.calendar import HOUR
from pipelines.simulator.deliveries import Change, Line
from pipelines.simulator.deployments import Content, content_of, deploy
from pipelines.simulator.records import Deployment, Incident, PullRequest, Service

if TYPE_CHECKING:
    from pipelines.simulator.company import Company


class Flow:
    """A company's way of delivery. The company's events call these methods when something happened."""

    def __init__(self, company: "Company") -> None:
        self.company = company
        self.frozen: set[str] = set()  # services that are broken in production
        self.is_begun = False

    # -- what the styles fill in

    def landed(self, change: Change) -> None:
        """Main has a new change."""

    def plan_working_day(self, day: date, chance: Random) -> None:
        """What is delivered at fixed times of the day."""

    def after_success(self, deployment: Deployment, chance: Random) -> None:
        """A deployment succeeded."""

    def promote(self, service: Service) -> None:
        """Bring to production what may go there now."""
        raise NotImplementedError

    def deliver_repair(self, incident: Incident, pull: PullRequest, change: Change) -> None:
        """The repair of a broken production is on main: bring it out at once."""
        self.company.at(self.company.now + 60, self.deliver_now, incident)

    # -- what they share

    def plan_day(self, day: date, chance: Random) -> None:
        """The first working day brings the first deployment of everything."""
        if not self.is_begun:
            self.is_begun = True
            self.company.at(self.company.calendar.opening(day) + HOUR, self.first_deployments)
        else:
            self.plan_working_day(day, chance)

    def first_deployments(self) -> None:
        for service in self.company.services:
            for environment in service.environments:
                self.deploy(service, environment, self.main_now(service), "First deployment")

    def main_now(self, service: Service) -> Content:
        """Main's head and all that it holds."""
        repository = self.company.repository_of(service)
        return Content(repository.head, "main", self.company.deliveries.position(repository.name))

    def line(self, service: Service, environment: str) -> Line:
        return self.company.deliveries.line(service.name, environment, service.repository)

    def deploy(
        self, service: Service, environment: str, content: Content, why: str, mends: Incident | None = None
    ) -> Deployment | None:
        return deploy(self.company, service, environment, content, why, mends)

    def deliver_now(self, incident: Incident) -> None:
        """Straight to production, past staging."""
        service = self.company.service(incident.service)
        self.deploy(service, incident.environment, self.main_now(service), f"Repair {service.name}", incident)

    def repaired_in_peace(self, incident: Incident, pull: PullRequest, change: Change) -> None:
        """After a rollback, the mended main may go out again."""
        self.thaw(incident.service)

    def freeze(self, service: str) -> None:
        self.frozen.add(service)

    def thaw(self, service: str) -> None:
        self.frozen.discard(service)
        found = self.company.service(service)
        self.company.at(self.company.now + 1800, self.promote, found)

    def finished(self, deployment: Deployment) -> None:
        """A pipeline ended: go on, or try again what was not delivered."""
        if deployment.environment == "github-pages":
            return
        chance = self.company.random("finished", deployment.deployment_id)
        if deployment.result == "success":
            self.after_success(deployment, chance)
        elif deployment.remediates is None:
            wait = chance.randint(600, 2700)
            self.company.at(self.company.now + wait, self.try_again, deployment)

    def try_again(self, deployment: Deployment) -> None:
        """The same once more, unless something newer is out or under way, or production is frozen."""
        service = self.company.service(deployment.service)
        line = self.line(service, deployment.environment)
        if deployment.is_production and service.name in self.frozen:
            return
        newest = line.latest
        if newest is None or newest.created_at < deployment.created_at:
            self.deploy(service, deployment.environment, content_of(self.company, deployment), deployment.description)

    def has_news(self, service: Service, environment: str, position: int) -> bool:
        """Whether main holds, up to there, something for this service that its environment has not got."""
        line = self.line(service, environment)
        history = self.company.deliveries.history.get(service.repository, [])
        return any(service.name in change.services for change in history[line.position : position])
