"""Bad releases and outages: who notices, what brings production back, what is mended afterwards.

From the moment a bad deployment is out, the service is frozen in production until it is mended: what is deployed there
meanwhile is only the remedy. So it is certain which deployment broke it and which one brought it back.
"""

from typing import TYPE_CHECKING

from pipelines.simulator import deployments, issues, pull_requests, work
from pipelines.simulator.calendar import HOUR
from pipelines.simulator.deliveries import Change
from pipelines.simulator.names import FAULTS, OUTAGES, THINGS
from pipelines.simulator.records import Deployment, Incident, PullRequest

if TYPE_CHECKING:
    from pipelines.simulator.company import Company

BAD_DEPLOYMENTS = 0.11  # of those that bring something new to production
REMEDIES = {"rollback": 40, "revert": 22, "hotfix": 22, "forward_fix": 10, "switched_off": 6}
IN_GITHUB = 0.2  # of incidents are written down as a GitHub issue, the others in Jira


def maybe_break(company: "Company", deployment: Deployment, changes: list[Change]) -> None:
    """A deployment that brought something new may have broken production; nobody knows yet."""
    service = company.service(deployment.service)
    if deployment.environment != service.environments[1] or deployment.is_baseline or deployment.remediates:
        return
    chance = company.random("bad", deployment.deployment_id)
    suspects = [change for change in changes if service.name in change.services and not change.is_bad]
    pulls = [change for change in suspects if change.kind == "pull_request"]
    if not pulls or chance.random() > BAD_DEPLOYMENTS:
        return
    change = chance.choice(pulls)
    change.is_bad = True
    company.flow.freeze(service.name)
    noticed = company.now + int(min(chance.lognormvariate(-0.9, 0.8), 5.0) * HOUR)
    company.at(noticed, _notice, company, deployment, change)


def _notice(company: "Company", deployment: Deployment, change: Change) -> None:
    """Somebody sees it: an incident is opened, and a remedy is chosen."""
    chance = company.random("incident", deployment.deployment_id)
    incident = _open(company, deployment.service, deployment.environment, chance.choice((3, 4, 4, 5)), "change")
    incident.title = f"{chance.choice(THINGS).capitalize()} {chance.choice(FAULTS)}"
    incident.deployment_id = deployment.deployment_id
    deployment.incident_id = incident.incident_id
    remedy = chance.choices(list(REMEDIES), list(REMEDIES.values()))[0]
    line = company.deliveries.line(deployment.service, deployment.environment, deployment.repository)
    decided = company.now + chance.randint(240, 1500)
    if remedy == "rollback" and len(line.successes) > 1:
        company.at(decided, _roll_back, company, incident, change)
    elif remedy == "switched_off":
        company.at(decided + chance.randint(600, 5400), _switch_off, company, incident)
    else:
        kind = "hotfix" if remedy == "rollback" else remedy
        company.at(decided, _open_repair, company, incident, change, kind)
    if incident.tracked_in == "github":
        issues.report_incident(company, incident)


def _open(company: "Company", service: str, environment: str, severity: int, cause: str) -> Incident:
    number = company.next_id("incident")
    incident = Incident(
        incident_id=number,
        service=service,
        repository=company.service(service).repository,
        environment=environment,
        title="",
        severity=severity,
        cause=cause,
        tracked_in="github" if company.random("tracked", number).random() < IN_GITHUB else "jira",
        started_at=company.now,
        deployment_id=None,
    )
    company.incidents.append(incident)
    return incident


def outage(company: "Company") -> None:
    """Something breaks that nobody here changed."""
    chance = company.random("outage", company.now)
    service = chance.choice(company.services)
    cause = chance.choice(("infrastructure", "third_party"))
    incident = _open(company, service.name, service.environments[1], chance.choice((2, 3, 4, 5)), cause)
    incident.title = f"{service.component} down: {chance.choice(OUTAGES)}"
    company.at(company.now + chance.randint(600, 4 * HOUR), _resolve, company, incident)
    if incident.tracked_in == "github":
        issues.report_incident(company, incident)


def _roll_back(company: "Company", incident: Incident, change: Change) -> None:
    """Deploy what was there before; what was bad is mended in peace afterwards."""
    incident.remedy = "rollback"
    service = company.service(incident.service)
    line = company.deliveries.line(incident.service, incident.environment, incident.repository)
    bad = next(d for d in line.successes if d.deployment_id == incident.deployment_id)
    before = [d for d in line.successes[: line.successes.index(bad)] if d.sha != bad.sha]
    content = deployments.content_of(company, before[-1])
    deployments.deploy(company, service, incident.environment, content, f"Roll back {service.name}", incident)
    chance = company.random("repair", incident.incident_id)
    kind = chance.choice(("revert", "forward_fix"))
    at = company.calendar.work_after(company.now + HOUR, chance.random() * 3)
    company.at(at, _open_repair, company, incident, change, kind)


def _open_repair(company: "Company", incident: Incident, change: Change, kind: str) -> None:
    """A pull request that takes the bad change back or mends it."""
    chance = company.random("repair of", incident.incident_id)
    service = company.service(incident.service)
    author = chance.choice(company.humans)
    title = f'Revert "{change.title}"' if kind == "revert" else f"Fix: {incident.title[0].lower()}{incident.title[1:]}"
    slug = f"{incident.incident_id % 100_000}-{service.name}"
    name = {"revert": f"revert-{change.change_id}-{slug}", "hotfix": f"hotfix/{slug}"}.get(kind, f"fix/{slug}")
    body = f"Reverts {change.repository}#{change.change_id}." if kind == "revert" else "Found in production."
    reported = next((issue for issue in reversed(company.issues) if issue.incident_id == incident.incident_id), None)
    if reported is not None:
        body += f"\n\nFixes #{reported.number}."
    is_urgent = incident.resolved_at is None
    plan = work.Plan(
        chance=chance,
        kind="fix" if kind == "forward_fix" else kind,
        repository=company.repository_of(service),
        services=(service,),
        author=author,
        title=title,
        body=body,
        branch=name,
        authored=[company.now - chance.randint(30, 300)],
        labels=("hotfix",) if kind == "hotfix" else ("bug",) if kind == "forward_fix" else (),
        incident=incident,
        reverts=change if kind == "revert" else None,
        is_urgent=is_urgent,
    )
    if incident.resolved_at is None and incident.remedy is None:
        incident.remedy = kind
    pull = pull_requests.open_pull(company, plan)
    incident.fixed_by_pull_request = pull.number


def mended(company: "Company", incident: Incident, pull: PullRequest, change: Change) -> None:
    """The repair is on main: bring it out, or, after a rollback, let ordinary deployments go on."""
    if incident.remedy == "rollback" and incident.resolved_at is None:  # the rollback is still being tried
        company.at(company.now + 900, mended, company, incident, pull, change)
    elif incident.resolved_at is None:
        company.flow.deliver_repair(incident, pull, change)
    else:
        company.flow.repaired_in_peace(incident, pull, change)


def after_deployment(company: "Company", deployment: Deployment) -> None:
    """A remedy arrived, or must be tried again."""
    incident = next((i for i in reversed(company.incidents) if i.incident_id == deployment.remediates), None)
    if incident is None:
        return
    chance = company.random("after", deployment.deployment_id)
    if deployment.result != "success":
        company.at(company.now + chance.randint(120, 600), _retry, company, deployment, incident)
        return
    if incident.remediating_deployment_id is None:
        incident.remediating_deployment_id = deployment.deployment_id
        if incident.remedy != "rollback":
            company.flow.thaw(incident.service)
        company.at(company.now + chance.randint(120, 900), _resolve, company, incident)


def _retry(company: "Company", deployment: Deployment, incident: Incident) -> None:
    service = company.service(deployment.service)
    content = deployments.content_of(company, deployment)
    deployments.deploy(company, service, deployment.environment, content, deployment.description, incident)


def _switch_off(company: "Company", incident: Incident) -> None:
    """A feature flag ended it; no deployment did."""
    company.flow.thaw(incident.service)
    _resolve(company, incident)


def _resolve(company: "Company", incident: Incident) -> None:
    incident.resolved_at = company.now
    issues.resolve_incident(company, incident)
