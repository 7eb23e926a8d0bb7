"""One deployment from request to result: its statuses, its workflow run, its entry in the books."""

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from pipelines.simulator import incidents, workflows
from pipelines.simulator.deliveries import Change
from pipelines.simulator.names import DEPLOY_BOT
from pipelines.simulator.records import Deployment, DeploymentStatus, Incident, Person, Service

if TYPE_CHECKING:
    from pipelines.simulator.company import Company

FAILURES, CANCELLED = 0.15, 0.08
BOT_CREATORS = 0.17


@dataclass(frozen=True, slots=True)
class Content:
    """What is deployed: a commit, and how much of the history it holds."""

    sha: str
    ref: str
    position: int  # of main's history, exclusive
    extras: tuple[Change, ...] = ()  # on the release branch besides


def content_of(company: "Company", deployment: Deployment) -> Content:
    """The same content again: to promote, to roll back to, to deploy once more."""
    extras = company.deliveries.extras.get(deployment.deployment_id, ())
    return Content(deployment.sha, deployment.ref, deployment.position, extras)


def deploy(
    company: "Company", service: Service, environment: str, content: Content, why: str, mends: Incident | None = None
) -> Deployment | None:
    """Start a deployment, None where one is running for that service and environment already."""
    line = company.deliveries.line(service.name, environment, service.repository)
    if line.running is not None:
        return None
    repository = company.repositories[service.repository]
    deployment_id = company.next_id("deployment")
    chance = company.random("deployment", deployment_id)
    creator = company.person(DEPLOY_BOT) if chance.random() < BOT_CREATORS else chance.choice(company.humans)
    deployment = Deployment(
        deployment_id=deployment_id,
        repository=repository.name,
        service=service.name,
        environment=environment,
        sha=content.sha,
        ref=content.ref,
        payload=_payload(service, chance),
        creator=creator,
        created_at=company.now,
        updated_at=company.now,
        is_production=environment.lower().startswith("production"),
        remediates=mends.incident_id if mends else None,
        position=content.position,
        description=why,
    )
    company.deliveries.extras[deployment_id] = content.extras
    line.running = deployment
    repository.deployments.append(deployment)
    company.deployments.append(deployment)
    name = f"Deploy {environment.lower()}" if environment != "github-pages" else "Pages"
    title = f"{why} ({service.name})"
    branch = None if content.ref == content.sha else content.ref
    deployment.run = workflows.start(
        company, repository, name, title, branch or "main", content.sha, "workflow_dispatch", creator
    )
    _say(company, deployment, "queued", creator)
    _plan(company, deployment, chance)
    return deployment


def _payload(service: Service, chance: Random) -> dict | str:
    if service.path:  # one repository, several services: the payload says which; now and then as JSON in a string
        return {"service": service.name} if chance.random() > 0.05 else f'{{"service": "{service.name}"}}'
    return {} if chance.random() > 0.1 else ""


def _plan(company: "Company", deployment: Deployment, chance: Random) -> None:
    """Draw how long it takes and how it ends."""
    median = 0.28 if deployment.is_production else 0.15  # hours
    seconds = int(min(chance.lognormvariate(0, 0.5), 6) * median * 3600)
    share = chance.random()
    if deployment.remediates is not None:
        seconds, share = seconds // 2, share * 2.5  # watched by everybody
    result = "failure" if share < FAILURES else "cancelled" if share < FAILURES + CANCELLED else "success"
    starts = company.now + chance.randint(4, 45)
    if result != "cancelled" or chance.random() < 0.7:  # some are cancelled while they wait
        company.at(starts, _begin, company, deployment)
    company.at(starts + 60 + seconds, _end, company, deployment, result)


def _say(company: "Company", deployment: Deployment, state: str, creator: Person, description: str = "") -> None:
    status = DeploymentStatus(company.next_id("status"), state, company.now, creator, description)
    deployment.statuses.append(status)
    deployment.updated_at = company.now


def _begin(company: "Company", deployment: Deployment) -> None:
    assert deployment.run is not None
    workflows.begin(company, deployment.run)
    _say(company, deployment, "in_progress", deployment.creator)


def _end(company: "Company", deployment: Deployment, result: str) -> None:
    """The pipeline ends. A cancelled one leaves no last status: nothing was delivered and nothing failed."""
    assert deployment.run is not None
    workflows.finish(company, deployment.run, result)
    deployment.result = result
    line = company.deliveries.line(deployment.service, deployment.environment, deployment.repository)
    line.running = None
    if result == "failure":
        chance = company.random("end", deployment.deployment_id)
        state = chance.choice(("failure", "failure", "error"))
        _say(company, deployment, state, deployment.creator, "Pipeline failed.")
    elif result == "success":
        _succeed(company, deployment)
    incidents.after_deployment(company, deployment)
    company.flow.finished(deployment)


def _succeed(company: "Company", deployment: Deployment) -> None:
    line = company.deliveries.line(deployment.service, deployment.environment, deployment.repository)
    before = line.latest
    deployment.finished_at = company.now
    _say(company, deployment, "success", deployment.creator)
    if before is not None and before.statuses[-1].state == "success":
        _say(company, before, "inactive", deployment.creator)
    delivered = company.deliveries.succeed(deployment, company.now)
    incidents.maybe_break(company, deployment, [delivery.change for delivery in delivered])
