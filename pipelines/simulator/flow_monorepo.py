"""Monorepo: one main, several services, each brought to production (and then to the second one) by itself."""

from datetime import date
from random import Random

from pipelines.simulator.calendar import HOUR
from pipelines.simulator.deliveries import Change
from pipelines.simulator.deployments import content_of
from pipelines.simulator.flow import Flow
from pipelines.simulator.records import Deployment, Service

TICKS = (3, 7)  # hours after opening


class MonorepoFlow(Flow):
    def landed(self, change: Change) -> None:
        chance = self.company.random("landed", change.sha)
        for service in self.company.services:
            if service.name in change.services:
                self.company.at(self.company.now + chance.randint(240, 900), self.stage, service)

    def stage(self, service: Service) -> None:
        line = self.line(service, service.environments[0])
        content = self.main_now(service)
        if line.running is None and self.has_news(service, line.environment, content.position):
            self.deploy(service, line.environment, content, f"Deploy {service.name}")

    def plan_working_day(self, day: date, chance: Random) -> None:
        opening = self.company.calendar.opening(day)
        for service in self.company.services:
            for hours in TICKS:
                self.company.at(opening + hours * HOUR + chance.randint(-1800, 1800), self.promote, service)

    def after_success(self, deployment: Deployment, chance: Random) -> None:
        service = self.company.service(deployment.service)
        staging, production, *others = service.environments
        if deployment.environment == staging:
            self.company.at(self.company.now + 60, self.stage, service)
        elif deployment.environment == production and not deployment.is_rollback:
            for environment in others:
                wait = self.company.now + chance.randint(1500, 4500)
                self.company.at(wait, self.follow, service, environment, deployment)

    def promote(self, service: Service) -> None:
        """Bring staging's latest success to production, where it holds anything new for this service."""
        staged = self.line(service, service.environments[0]).latest
        line = self.line(service, service.environments[1])
        if staged is None or line.latest is None or service.name in self.frozen:
            return
        if self.has_news(service, line.environment, staged.position):
            self.deploy(service, line.environment, content_of(self.company, staged), f"Release {service.name}")

    def follow(self, service: Service, environment: str, leader: Deployment) -> None:
        """The second production gets what the first one has had for a while, unless that turned out to be bad."""
        line = self.line(service, environment)
        if service.name in self.frozen or line.latest is None or leader.position <= line.position:
            return
        self.deploy(service, environment, content_of(self.company, leader), f"Release {service.name} in Europe")
