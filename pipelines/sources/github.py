"""GitHub → raw_github: pull requests by GraphQL, the rest by REST. Each repository's resource has its own cursor."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from pipelines.answers import Answer
from pipelines.sources import github_graphql, github_paging, github_rows
from pipelines.sources.backwards import Backwards
from pipelines.sources.github_checks import check_runs, noting_heads
from pipelines.sources.github_commits import commits
from pipelines.sources.github_counts import expected
from pipelines.sources.github_deployments import deployments
from pipelines.sources.github_jobs import workflow_jobs, workflow_runs
from pipelines.sources.github_lists import LOOKBACK, all_there, newest, walked, whole
from pipelines.sources.github_paging import HEADERS
from pipelines.sources.github_pulls import pull_requests
from pipelines.sources.github_repositories import each_repository, named_repositories, repositories
from pipelines.sources.github_tokens import Tokens
from pipelines.sources.reading import Reading, Request, Rows

__all__ = ["NEEDS", "RESOURCES", "ROOT", "check", "client", "expected", "limits"]
ROOT = "repositories"  # without it nothing else can be read
UPDATED = {"sort": "updated", "direction": "desc"}
ALL = {"state": "all", **UPDATED}
ISSUES_LEFT = all_there("issues", "issues", {"state": "all"}, keep=lambda row: "pull_request" not in row)
COMMENTS_LEFT = all_there("comments", "issues/comments", {})


def limits(connection: Any) -> dict[str, int]:
    """None to keep: the answers' own headers say when to wait."""
    return {}


def check(answer: Answer) -> None:
    """Raise the SyncError that an answer of either API means."""
    (github_graphql if answer.url.endswith("/graphql") else github_paging).check(answer)


def client(connection: Any) -> dict[str, Any]:
    """How GitHub wants to be asked."""
    tokens = Tokens([str.__str__(token) for token in (connection.token, *connection.tokens)], check)
    return {"headers": HEADERS, "auth": tokens, "check": tokens.check}


@each_repository
def issues(request: Request, repository: str) -> Reading:
    """Issues that changed. GitHub lists pull requests here too; they are left out."""
    reading = Backwards(request, "issues", repository, LOOKBACK)
    since = {"since": reading.since.strftime("%Y-%m-%dT%H:%M:%SZ")} if reading.since else {}
    everything, changed = (walked(request, repository, "issues", {**ALL, **more}, "updated_at") for more in ({}, since))
    yield from reading.read(everything, partial(_issues, repository), partial(changed, ""))
    if request.sweep and reading.is_whole:
        yield from ISSUES_LEFT(request, repository)


def _issues(repository: str, page: Sequence[dict]) -> Reading:
    found = [issue for issue in page if "pull_request" not in issue]
    yield Rows("issues", github_rows.with_repository(repository, found))


def _plain(repository: str, found: dict) -> dict:
    return {**found, "repository": repository}


RESOURCES: dict[str, Callable[[Request], Reading]] = {
    "repositories": repositories,
    "named_repositories": named_repositories,
    "pull_requests": noting_heads(pull_requests),
    "issues": issues,
    "issue_events": newest("issue_events", "issues/events", {}, "created_at", github_rows.issue_event),
    "comments": newest("comments", "issues/comments", UPDATED, "updated_at", github_rows.comment, COMMENTS_LEFT),
    "tags": whole("tags", "tags", github_rows.named_commit, "name"),
    "branches": whole("branches", "branches", github_rows.named_commit, "name"),
    "releases": whole("releases", "releases", _plain),
    "deployments": deployments,
    "workflow_runs": workflow_runs,
    "workflow_jobs": workflow_jobs,
    "check_runs": check_runs,
    "commits": commits,
}
# What must have been read before. Commits are walked to from the heads that others saw, and come last of what webhooks
# read again: where they have a cursor, the others have theirs.
NEEDS: dict[str, tuple[str, ...]] = {
    "workflow_jobs": ("workflow_runs",),
    "check_runs": ("pull_requests",),
    "commits": tuple(name for name in RESOURCES if name not in ("workflow_jobs", "check_runs", "commits")),
}
