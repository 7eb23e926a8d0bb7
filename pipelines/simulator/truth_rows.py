"""What truly happened, out of a company's books. Nothing here looks at what GitHub's handlers show.

Times are ISO 8601 in UTC, durations seconds, environments lower case. Every answer is as of the world's now. Records
that were edited or deleted by hand are told as they were lived.
"""

from typing import TYPE_CHECKING, Any

from pipelines.simulator import truth_people
from pipelines.simulator.clock import iso, maybe_iso
from pipelines.simulator.deliveries import Delivery
from pipelines.simulator.records import Deployment, Incident, PullRequest

if TYPE_CHECKING:
    from pipelines.simulator.company import Company

Row = dict[str, Any]


def recovery_seconds(company: "Company", incident: Incident) -> int | None:
    """From the bad deployment's success to its remedy's success or the incident's end, whichever came first."""
    if incident.deployment_id is None:
        return None
    by_id = {deployment.deployment_id: deployment for deployment in company.deployments}
    bad = by_id[incident.deployment_id]
    remedy = by_id.get(incident.remediating_deployment_id or 0)
    ends = [end for end in (remedy.finished_at if remedy else None, incident.resolved_at) if end is not None]
    return None if not ends or bad.finished_at is None else min(ends) - bad.finished_at


def deployments(company: "Company") -> list[Row]:
    """Every try to deliver, in order of its request."""
    return [deployment(row) for row in company.deployments]


def deployment(row: Deployment) -> Row:
    started = next((status.created_at for status in row.statuses if status.state == "in_progress"), None)
    return {
        "id": row.deployment_id,
        "repository": row.repository,
        "service": row.service,
        "environment": row.environment.lower(),
        "is_production": row.is_production,
        "sha": row.sha,
        "ref": row.ref,
        "created_at": iso(row.created_at),
        "started_at": maybe_iso(started),
        "finished_at": maybe_iso(row.finished_at),
        "result": row.result,
        "is_failed": row.result == "failure",
        "is_cancelled": row.result == "cancelled",
        "is_baseline": row.is_baseline,
        "is_rollback": row.is_rollback,
        "is_redeploy": row.is_redeploy,
        "caused_incident": row.incident_id is not None,
        "incident_id": row.incident_id,
        "remediates_incident_id": row.remediates,
        "workflow_run_id": row.run.run_id if row.run else None,
    }


def changes(company: "Company") -> list[Row]:
    """First arrivals: one row a change, service and environment."""
    return [change(delivery) for delivery in company.deliveries.delivered]


def change(delivery: Delivery) -> Row:
    landed = delivery.change
    return {
        "service": delivery.service,
        "environment": delivery.environment,
        "is_production": delivery.deployment.is_production,
        "repository": landed.repository,
        "change_kind": landed.kind,
        "change_id": landed.change_id,  # the pull request's number, or the sha
        "sha": landed.sha,
        "title": landed.title,
        "authored_at": iso(landed.authored_at),
        "merged_at": iso(landed.merged_at),
        "deployment_id": delivery.deployment.deployment_id,
        "deployed_at": iso(delivery.deployed_at),
        "lead_time_seconds": delivery.lead_time_seconds,
        "is_baseline": delivery.is_baseline,
        "is_bot": landed.is_bot,
        "touches_service": delivery.service in landed.services,  # in a monorepo others' changes come along
    }


def pull_requests(company: "Company") -> list[Row]:
    """The eight timestamps of every pull request; deployed is its first arrival in a production environment."""
    first: dict[tuple[str, str], Delivery] = {}
    for delivery in company.deliveries.delivered:
        landed = delivery.change
        if landed.kind != "pull_request" or not delivery.deployment.is_production or delivery.is_baseline:
            continue
        if delivery.service in landed.services:
            first.setdefault((landed.repository, landed.change_id), delivery)
    return [_pull_request(row, first.get((row.repository, str(row.number)))) for row in company.pull_requests]


def _pull_request(row: PullRequest, delivery: Delivery | None) -> Row:
    human = [review for review in row.reviews if not review.author.is_bot and review.author is not row.author]
    approvals = [review.submitted_at for review in human if review.state == "APPROVED"]
    ready = row.ready_at if row.ready_at is not None else None if row.is_draft else row.created_at
    return {
        "id": row.pull_request_id,
        "repository": row.repository,
        "number": row.number,
        "author": row.author.login,
        "is_bot": row.author.is_bot,
        "kind": row.kind,
        "services": list(row.services),
        "issue_key": row.issue_key,
        "first_commit_at": iso(min(commit.authored_at for commit in row.commits)),
        "opened_at": iso(row.created_at),
        "ready_at": maybe_iso(ready),
        "first_review_at": maybe_iso(min((review.submitted_at for review in human), default=None)),
        "first_approval_at": maybe_iso(min(approvals, default=None)),
        "merged_at": maybe_iso(row.merged_at),
        "deploy_started_at": iso(delivery.deployment.created_at) if delivery else None,
        "deployed_at": iso(delivery.deployed_at) if delivery else None,
        "deployment_id": delivery.deployment.deployment_id if delivery else None,
        "closed_at": maybe_iso(row.closed_at),
        "reviewers": truth_people.reviewers(row),
        "merge_method": row.merge_method,
    }


def incidents(company: "Company") -> list[Row]:
    """What broke, why, and what brought it back."""
    return [
        {
            "id": row.incident_id,
            "service": row.service,
            "repository": row.repository,
            "environment": row.environment.lower(),
            "title": row.title,
            "severity": row.severity,
            "cause": row.cause,
            "tracked_in": row.tracked_in,
            "started_at": iso(row.started_at),
            "resolved_at": maybe_iso(row.resolved_at),
            "deployment_id": row.deployment_id,
            "remedy": row.remedy,
            "remediating_deployment_id": row.remediating_deployment_id,
            "fixed_by_pull_request": row.fixed_by_pull_request,
            "recovery_seconds": recovery_seconds(company, row),
            "restore_seconds": None if row.resolved_at is None else row.resolved_at - row.started_at,
        }
        for row in company.incidents
    ]
