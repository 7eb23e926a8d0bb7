"""GitHub's rows by a repository's own records: see books.py."""

from typing import Any

from pipelines.simulator.records import Deployment, Issue, PullRequest
from pipelines.simulator.repositories import Repository

Facts = dict[str, set[tuple[Any, ...]]]


def facts(one: Repository) -> Facts:
    """The rows of one repository, by table."""
    name = one.name
    return {
        "repositories": {(one.repository_id, name, one.default_branch)},
        **_conversations(one),
        "commits": {
            (name, commit.sha, commit.message, commit.author.name, commit.authored_at, commit.committed_at,
             tuple(commit.parents))
            for head in (*one.branches.values(), *one.tags.values(), *(made.sha for made in one.deployments))
            for commit in one.reachable(head) or ()
        },
        "tags": {(name, *tag) for tag in one.tags.items()},
        "branches": {(name, *branch) for branch in one.branches.items()},
        "releases": {
            (made.release_id, name, made.tag, made.name, made.body, made.is_draft, made.is_prerelease, made.created_at,
             made.published_at)
            for made in one.releases
        },
        "deployments": {_deployment(name, made) for made in one.deployments},
        "deployment_statuses": {
            (status.status_id, name, made.deployment_id, status.state, status.created_at)
            for made in one.deployments
            for status in made.statuses
        },
        "workflow_runs": {
            (run.run_id, name, run.name, run.path, run.branch, run.sha, run.event, run.status, run.conclusion,
             run.number, run.attempt, run.created_at, run.updated_at)
            for run in one.workflow_runs
        },
    }  # fmt: skip


def _conversations(one: Repository) -> Facts:
    name = one.name
    return {
        "pull_requests": {_pull(pull) for pull in one.pull_requests},
        "pull_request_commits": {
            (name, pull.number, commit.sha, position, commit.message, commit.authored_at)
            for pull in one.pull_requests
            for position, commit in enumerate(pull.commits, 1)
        },
        "pull_request_files": set(),  # asked for only where files are mapped to services
        "reviews": {
            (review.review_id, name, pull.number, review.author.login, review.state, review.submitted_at,
             review.commit_sha)
            for pull in one.pull_requests
            for review in pull.reviews
        },
        "issues": {
            (issue.issue_id, name, issue.number, issue.title, issue.body or None, _state(issue), issue.created_at,
             issue.updated_at, issue.closed_at, len(issue.comments), len(issue.labels))
            for issue in one.issues
        },
        "issue_events": {
            (event.event_id, name, event.number, event.event, event.actor.login, event.label, event.commit_sha,
             event.created_at)
            for event in one.issue_events
        },
        "comments": {
            (comment.comment_id, name, comment.number, comment.author.login, comment.body, comment.created_at,
             comment.updated_at)
            for comment in one.comments
        },
    }  # fmt: skip


def _state(one: PullRequest | Issue) -> str:
    return "open" if one.closed_at is None else "closed"


def _pull(pull: PullRequest) -> tuple[Any, ...]:
    return (
        pull.pull_request_id, pull.repository, pull.number, _state(pull), pull.title, pull.body or None, pull.is_draft,
        pull.author.login, pull.created_at, pull.updated_at, pull.closed_at, pull.merged_at, pull.merge_commit_sha,
        pull.head_sha, pull.base_branch, sum(file[1] for file in pull.files), sum(file[2] for file in pull.files),
        len(pull.files), len(pull.labels),
    )  # fmt: skip


def _deployment(name: str, made: Deployment) -> tuple[Any, ...]:
    return (made.deployment_id, name, made.sha, made.ref, made.environment, made.creator.login, made.created_at,
            made.updated_at)  # fmt: skip
