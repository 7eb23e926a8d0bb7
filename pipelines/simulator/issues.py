"""GitHub issues: what users and colleagues report there, and the incidents that are written down there."""

from typing import TYPE_CHECKING

from pipelines.simulator.calendar import HOUR
from pipelines.simulator.names import FAULTS, THINGS
from pipelines.simulator.records import Comment, Incident, Issue, IssueEvent, Person

if TYPE_CHECKING:
    from pipelines.simulator.company import Company

PRIORITIES = ("P1", "P2", "priority: high", "priority: low")


def report(company: "Company") -> None:
    """Somebody reports a bug, asks, or wishes for something."""
    chance = company.random("issue", company.next_id("report"))
    service = chance.choice(company.services)
    thing = chance.choice(THINGS)
    kind = chance.choices(("bug", "enhancement", "question"), (6, 3, 1))[0]
    title = f"{thing.capitalize()} {chance.choice(FAULTS)}" if kind == "bug" else f"How about a better {thing}?"
    body = None if chance.random() < 0.3 else f"{title}. Seen in version {chance.randint(1, 9)}.{chance.randint(0, 9)}."
    issue = _open(company, service.repository, title, body, chance.choice(company.humans))
    labels = [kind] + ([chance.choice(PRIORITIES)] if chance.random() < 0.4 else [])
    for label in labels:
        company.at(company.now + chance.randint(20, 3600), _label, company, issue, label)
    if chance.random() < 0.5:
        company.at(company.now + chance.randint(HOUR, 20 * HOUR), _comment, company, issue, "Same here.")
    _plan_end(company, issue)


def _plan_end(company: "Company", issue: Issue) -> None:
    """Most are closed after days; some never, some are not planned, some are opened again."""
    chance = company.random("issue end", issue.issue_id)
    if chance.random() < 0.15:
        return
    reason = "not_planned" if chance.random() < 0.12 else "completed"
    end = company.calendar.work_after(company.now, min(chance.lognormvariate(2.6, 1.2), 400.0))
    company.at(end, _close, company, issue, reason)
    if reason == "completed" and chance.random() < 0.09:
        again = company.calendar.work_after(end, chance.uniform(1, 30))
        company.at(again, _reopen, company, issue)
        company.at(company.calendar.work_after(again, chance.uniform(1, 60)), _close, company, issue, "completed")


def report_incident(company: "Company", incident: Incident) -> None:
    """The person on call opens an issue with the label `incident`."""
    chance = company.random("on call", incident.incident_id)
    body = f"{incident.service} in {incident.environment} since a few minutes."
    if incident.cause != "change":
        body += f"\n\nCause: {incident.cause.replace('_', ' ')}."
    elif incident.deployment_id is not None and chance.random() < 0.6:
        deployment = next(d for d in reversed(company.deployments) if d.deployment_id == incident.deployment_id)
        body += f"\n\nSuspect: deployment {deployment.deployment_id} of {deployment.sha[:12]}."
    issue = _open(company, incident.repository, f"Incident: {incident.title}", body, chance.choice(company.humans))
    issue.incident_id = incident.incident_id
    labels = ["incident", f"service:{incident.service}"] + (["sev1"] if incident.severity == 5 else [])
    if incident.cause != "change":
        labels.append(f"cause:{incident.cause.replace('_', '-')}")
    for label in labels:
        _label(company, issue, label)


def resolve_incident(company: "Company", incident: Incident) -> None:
    if incident.tracked_in == "github":
        for issue in company.issues:
            if issue.incident_id == incident.incident_id:
                _close(company, issue, "completed")


def _open(company: "Company", repository: str, title: str, body: str | None, author: Person) -> Issue:
    found = company.repositories[repository]
    issue = Issue(
        issue_id=company.next_id("issue"),
        number=found.next_number(),
        repository=repository,
        title=title,
        body=body,
        author=author,
        created_at=company.now,
        updated_at=company.now,
    )
    found.issues.append(issue)
    found.numbered[issue.number] = issue
    company.issues.append(issue)
    return issue


def _event(company: "Company", issue: Issue, event: str, label: str | None = None) -> None:
    issue.updated_at = company.now
    actor = issue.assignee or issue.author
    found = IssueEvent(company.next_id("event"), issue.number, event, actor, company.now, label)
    company.repositories[issue.repository].issue_events.append(found)


def _label(company: "Company", issue: Issue, label: str) -> None:
    if label not in issue.labels:
        issue.labels.append(label)
        _event(company, issue, "labeled", label)


def _comment(company: "Company", issue: Issue, body: str) -> None:
    chance = company.random("comment", issue.issue_id, company.now)
    at = company.now
    comment = Comment(company.next_id("comment"), issue.number, chance.choice(company.humans), body, at, at)
    issue.comments.append(comment)
    issue.updated_at = company.now
    company.repositories[issue.repository].comments.append(comment)


def _close(company: "Company", issue: Issue, reason: str) -> None:
    if issue.closed_at is not None:
        return
    issue.closed_at = company.now
    issue.state_reason = reason
    _event(company, issue, "closed")


def _reopen(company: "Company", issue: Issue) -> None:
    if issue.closed_at is None:
        return
    issue.closed_at = None
    issue.state_reason = "reopened"
    _event(company, issue, "reopened")
