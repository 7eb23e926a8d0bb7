"""Jira's and HubSpot's rows by a tracker's own records: see books.py."""

from typing import Any

from pipelines.simulator import tracker_words
from pipelines.simulator.company import Company
from pipelines.simulator.customer_records import PIPELINES, Ticket
from pipelines.simulator.jira_fields import all_fields
from pipelines.simulator.tracker import Tracker
from pipelines.simulator.tracker_records import Issue

Facts = dict[str, set[tuple[Any, ...]]]


def jira(tracker: Tracker, company: Company) -> Facts:
    """The rows of a site, by table."""
    site = tracker.site
    return {
        "projects": {(str(one.project_id), one.key, one.name) for one in site.projects},
        "statuses": {(one.status_id, one.name, one.category) for one in site.statuses.values()},
        "issue_types": {(number, level) for number, level, *_ in tracker_words.ISSUE_TYPES.values()},
        "priorities": {(number, name) for name, number in tracker_words.PRIORITIES.items()},
        "fields": {(one["id"], one["name"]) for one in all_fields(company.style)},
        "boards": {(one.board_id, one.key) for one in site.projects},
        "sprints": {
            (one.sprint_id, one.board_id, one.name, one.state, one.goal or None, one.start_at, one.end_at,
             one.complete_at, one.created_at)
            for one in site.sprints
        },
        "issues": set(map(_issue, site.issues)),
        "changelogs": {
            (str(one.history_id), str(issue.issue_id), one.author.name, one.at,
             tuple(change.after_text for change in one.changes))
            for issue in site.issues
            for one in issue.histories
        },
        "worklogs": {
            (str(log.worklog_id), str(issue.issue_id), log.author.name, log.started_at, log.created_at, log.seconds)
            for issue in site.issues
            for log in issue.worklogs
        },
        "remotelinks": {
            (str(link.link_id), str(issue.issue_id), link.url, link.title)
            for issue in site.issues
            for link in issue.remote_links
        },
    }  # fmt: skip


def _issue(one: Issue) -> tuple[Any, ...]:
    return (
        str(one.issue_id), one.key, one.project_key, one.summary, one.status.status_id, one.priority,
        tracker_words.ISSUE_TYPES[one.kind][0], one.assignee and one.assignee.name, one.reporter.name, one.points,
        tuple(one.labels), tuple(sprint.sprint_id for sprint in one.sprints), one.parent and one.parent.key,
        one.created_at, one.updated_at, one.resolved_at[-1] if one.is_done else None,
    )  # fmt: skip


def hubspot(tracker: Tracker) -> Facts:
    """The rows of a portal, by table."""
    portal = tracker.customers
    return {
        "pipelines": {(one.pipeline_id, one.label, len(one.stages)) for one in PIPELINES},
        "owners": {
            (str(one.owner_id), one.email, one.first_name, one.last_name)
            for one in portal.owners
            if not one.is_archived
        },
        "companies": {
            (str(one.company_id), one.name, one.domain, one.industry, one.created_at) for one in portal.customers
        },
        "contacts": {
            (str(one.contact_id), one.email, one.first_name, one.last_name, str(one.customer.company_id),
             one.created_at)
            for one in portal.contacts
        },
        "tickets": {_ticket(one) for one in portal.tickets if one.is_there},
    }  # fmt: skip


def _ticket(one: Ticket) -> tuple[Any, ...]:
    companies = dict.fromkeys(str(contact.customer.company_id) for contact in one.contacts)
    stages = tuple(value for _, value in one.history["hs_pipeline_stage"])
    return (
        str(one.ticket_id), one.subject, one.content, one.pipeline.pipeline_id, one.stage.stage_id, one.priority,
        one.category, str(one.owner.owner_id) if one.owner else None, one.source_type, one.jira_issue_key,
        one.created_at, one.updated_at, one.closed_at, tuple(companies),
        tuple(str(contact.contact_id) for contact in one.contacts), stages,
    )  # fmt: skip
