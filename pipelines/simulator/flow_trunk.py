"""Trunk: every change on main goes to staging, and from there to production several times a day."""

from datetime import date
from random import Random

from pipelines.simulator.calendar import HOUR
from pipelines.simulator.deliveries import Change
from pipelines.simulator.deployments import Content, content_of
from pipelines.simulator.flow import Flow
from pipelines.simulator.records import Deployment, Service

AT_ONCE = 0.8  # of staging's successes go on to production at once, the others with the day's last tick
REDEPLOYS_PER_DAY = 0.05


class TrunkFlow(Flow):
    def landed(self, change: Change) -> None:
        chance = self.company.random("landed", change.repository, change.sha)
        for service in self.company.services:
            if service.name in change.services:
                self.company.at(self.company.now + chance.randint(150, 500), self.stage, service)

    def stage(self, service: Service) -> None:
        line = self.line(service, service.environments[0])
        content = self.main_now(service)
        if line.latest is None or line.latest.sha == content.sha or line.running is not None:
            return
        self.deploy(service, line.environment, content, f"Deploy {service.name}")

    def plan_working_day(self, day: date, chance: Random) -> None:
        company = self.company
        for service in company.services:
            company.at(company.calendar.closing(day) - chance.randint(HOUR, 2 * HOUR), self.promote, service)
            if chance.random() < REDEPLOYS_PER_DAY:
                at = company.calendar.opening(day) + chance.randint(0, 8 * HOUR)
                company.at(at, self.deploy_once_more, service)
        if day.weekday() == 4:
            company.at(company.calendar.opening(day) + 2 * HOUR, self.publish_pages)

    def after_success(self, deployment: Deployment, chance: Random) -> None:
        service = self.company.service(deployment.service)
        if deployment.environment == service.environments[0]:
            if deployment.sha != self.company.repository_of(service).head:  # main moved on meanwhile
                self.company.at(self.company.now + 60, self.stage, service)
            if chance.random() < AT_ONCE:
                wait = self.company.now + chance.randint(60, 900)
                self.company.at(self.company.calendar.work_after(wait, 0), self.promote, service)
        elif deployment.environment == service.environments[1] and not deployment.is_rollback:
            self.company.at(self.company.now + chance.randint(600, 3600), self.promote, service)

    def promote(self, service: Service) -> None:
        """Bring staging's latest success to production."""
        staged = self.line(service, service.environments[0]).latest
        line = self.line(service, service.environments[1])
        if staged is None or line.latest is None or service.name in self.frozen:
            return
        if staged.position > line.position:
            content = content_of(self.company, staged)
            ref = content.sha if self.company.random("ref", content.sha).random() < 0.3 else content.ref
            content = Content(content.sha, ref, content.position)
            self.deploy(service, line.environment, content, f"Release {service.name}")

    def deploy_once_more(self, service: Service) -> None:
        """The same commit with another configuration."""
        latest = self.line(service, service.environments[1]).latest
        if latest is not None and service.name not in self.frozen:
            content = content_of(self.company, latest)
            self.deploy(service, service.environments[1], content, "New configuration")

    def publish_pages(self) -> None:
        """Documentation goes to GitHub Pages: a deployment that is none of the product's."""
        service = self.company.services[-1]
        self.deploy(service, "github-pages", self.main_now(service), "Publish documentation")
