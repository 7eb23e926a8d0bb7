"""What raw must hold of a company, by the simulator's own records: no answer of an API and no line of a source is used.

`FACTS` names what is compared of each table, as SQL; `books` says the same of the records, in the same order. Instants
are whole seconds since 1970, and an empty text is null, as COPY reads it from CSV.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

from pipelines.simulator.server import Running
from pipelines.simulator.tracker import tracker_of
from pipelines.tenants import Tenant
from pipelines.warehouse.connection import Warehouse
from tests.pipelines import books_github, books_trackers

Facts = dict[str, set[tuple[Any, ...]]]  # table → rows

FACTS = {
    "github": {
        "repositories": "id, repository, default_branch",
        "pull_requests": "id, repository, number, state, title, body, draft, \"user\" ->> 'login', created_at,"
        " updated_at, closed_at, merged_at, merge_commit_sha, head ->> 'sha', base ->> 'ref', additions, deletions,"
        " changed_files, jsonb_array_length(labels)",
        "pull_request_commits": "repository, pull_request_number, sha, position, message, authored_at",
        "pull_request_files": "repository, pull_request_number, filename",
        "reviews": "id, repository, pull_request_number, \"user\" ->> 'login', state, submitted_at, commit_id",
        "issues": "id, repository, number, title, body, state, created_at, updated_at, closed_at,"
        " comments, jsonb_array_length(labels)",
        "issue_events": "id, repository, issue_number, event, actor ->> 'login', label ->> 'name', commit_id,"
        " created_at",
        "comments": "id, repository, issue_number, \"user\" ->> 'login', body, created_at, updated_at",
        "commits": "repository, sha, message, author_name, authored_at, committed_at, array(select"
        " jsonb_array_elements_text(parents))",
        "tags": "repository, name, sha",
        "branches": "repository, name, sha",
        "releases": "id, repository, tag_name, name, body, draft, prerelease, created_at, published_at",
        "deployments": "id, repository, sha, ref, environment, creator ->> 'login', created_at, updated_at",
        "deployment_statuses": "id, repository, deployment_id, state, created_at",
        "workflow_runs": "id, repository, name, path, head_branch, head_sha, event, status, conclusion, run_number,"
        " run_attempt, created_at, updated_at",
    },
    "jira": {
        "projects": "id, key, name",
        "statuses": "id, name, category_key",
        "issue_types": "id, hierarchy_level",
        "priorities": "id, name",
        "fields": "id, name",
        "boards": "id, project_key",
        "sprints": "id, board_id, name, state, goal, start_date, end_date, complete_date, created_date",
        "issues": "id, key, project_key, summary, status ->> 'id', priority ->> 'name', issuetype ->> 'id',"
        " assignee ->> 'displayName', reporter ->> 'displayName', story_points, array(select"
        " jsonb_array_elements_text(labels)), array(select (one ->> 'id')::bigint from"
        " jsonb_array_elements(sprints) as one), parent ->> 'key', created, updated, resolutiondate",
        "changelogs": "id, issue_id, author ->> 'displayName', created, array(select one ->> 'toString' from"
        " jsonb_array_elements(items) as one)",
        "worklogs": "id, issue_id, author ->> 'displayName', started, created, time_spent_seconds",
        "remotelinks": "id, issue_id, url, title",
    },
    "hubspot": {
        "pipelines": "id, label, jsonb_array_length(stages)",
        "owners": "id, email, first_name, last_name",
        "companies": "id, name, domain, industry, created_at",
        "contacts": "id, email, first_name, last_name, company_id, created_at",
        "tickets": "id, subject, content, pipeline, stage, priority, category, owner_id, source_type, jira_issue_key,"
        " created_at, updated_at, closed_at, array(select jsonb_array_elements_text(company_ids)), array(select"
        " jsonb_array_elements_text(contact_ids)), array(select one ->> 'stage' from"
        " jsonb_array_elements(stage_history) as one)",
    },
}


def raw(warehouse: Warehouse, source: str, tenant: Tenant) -> Facts:
    """The facts that stand in raw. Raises AssertionError where a row stands there twice or is marked as deleted."""
    found = {}
    with warehouse.connect("loader") as database:
        for name, columns in FACTS[source].items():
            query = f"select {columns}, _deleted_at from raw_{source}.{name} where tenant_id = %s"
            rows = database.execute(query, [str(tenant.tenant_id)]).fetchall()  # type: ignore[arg-type]
            assert all(row[-1] is None for row in rows), name
            found[name] = set(map(_plain, (row[:-1] for row in rows)))
            assert len(found[name]) == len(rows), name
    return found


def books(simulator: Running, source: str, slug: str = "acme") -> Facts:
    """The same by the records of the simulator."""
    company = simulator.world.company(slug)
    assert company is not None
    if source == "github":
        return _merged(books_github.facts(repository) for repository in company.repositories.values())
    tracker = tracker_of(simulator.world, slug)
    assert tracker is not None
    return books_trackers.jira(tracker, company) if source == "jira" else books_trackers.hubspot(tracker)


def checksums(facts: Facts) -> dict[str, tuple[int, str]]:
    """By table: how many rows, and a digest of them all."""
    return {
        name: (len(rows), hashlib.sha256("\n".join(sorted(map(repr, rows))).encode()).hexdigest())
        for name, rows in facts.items()
    }


def _plain(row: Iterable[Any]) -> tuple[Any, ...]:
    """Instants as seconds, lists as tuples."""
    return tuple(
        int(cell.timestamp()) if hasattr(cell, "timestamp") else tuple(cell) if isinstance(cell, list) else cell
        for cell in row
    )


def _merged(parts: Iterable[Facts]) -> Facts:
    whole: Facts = {}
    for part in parts:
        for name, rows in part.items():
            whole.setdefault(name, set()).update(rows)
    return whole
