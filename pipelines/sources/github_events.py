"""GitHub's webhooks. Issues, comments, deployments and runs come whole; for the rest the repository is asked.

Asking is the same reading as a sync's, of one repository and from the same cursors: a flood of events costs one.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pipelines.sources import github_rows
from pipelines.sources.events import NOTHING, Change, Rereading, Stale
from pipelines.sources.github import RESOURCES
from pipelines.sources.github_repositories import is_taken
from pipelines.sources.reading import Gone, Request, Rows

Object = dict[str, Any]
ASKS_AT_ONCE = True  # a reading asks for several things at once by itself
# What is read again, by kind. Branches and tags first: commits are walked to from them.
READ = {
    "code": ("branches", "tags", "commits"),
    "pull_requests": ("pull_requests",),
    "releases": ("releases",),
    "issues": ("issues",),
    "issue_events": ("issue_events", "issues"),  # an event of an issue whose state is older would contradict it
    "comments": ("comments",),
    "deployments": ("deployments",),
    "deployment_statuses": ("deployments",),
    "workflow_runs": ("workflow_runs",),
    "repositories": ("repositories",),
}
WHOLE = frozenset({"branches", "tags", "releases"})  # short lists: what they lack is gone
POINTS_AT = {
    "push": ("code",),
    "create": ("code",),
    "delete": ("code",),
    "pull_request": ("pull_requests", "issue_events"),
    "pull_request_review": ("pull_requests",),
    "release": ("releases",),
    "repository": ("repositories",),
}
QUIET = frozenset({"opened", "edited", "deleted", "pinned", "unpinned"})  # actions that leave no issue event


def change(connection: Any, event: str, body: Object) -> Change:
    """What an event says of a repository that this connection reads. Raises KeyError for a body that lacks its own."""
    if event not in POINTS_AT and event not in SAYS:
        return NOTHING
    repository = body["repository"]["full_name"]
    if not _is_read(connection, body["repository"]):
        return NOTHING
    if event in POINTS_AT:
        return Change(stale=tuple(Stale(kind, repository) for kind in POINTS_AT[event]))
    return SAYS[event](repository, body)


def again(request: Request, stale: Stale) -> Rereading:
    """The repository's lists from their cursors. One that no sync has finished yet is left to the first sync."""
    if stale.kind == "repositories":
        yield from RESOURCES["repositories"](request)
        return
    if f"commits|{stale.name}" not in request.cursors:  # commits are what a sync reads last
        return
    for resource in READ[stale.kind]:
        narrowed = replace(request, notes={"repositories": {stale.name: None}}, sweep=resource in WHOLE)
        yield from RESOURCES[resource](narrowed)


def _is_read(connection: Any, found: Object) -> bool:
    repository = found["full_name"].lower()
    owner, _, name = repository.partition("/")
    if repository in {named.lower() for named in connection.repositories}:
        return True
    return owner == (connection.organization or "").lower() and is_taken(connection, {**found, "name": name})


def _issues(repository: str, body: Object) -> Change:
    issue, action = body["issue"], body["action"]
    gone = (Gone("issues", (issue["id"],)),) if action in ("deleted", "transferred") else ()
    stale = () if action in QUIET else (Stale("issue_events", repository),)
    return Change(tuple(_issue(repository, issue)), gone, stale)


def _issue(repository: str, issue: Object) -> Iterator[Rows]:
    if "pull_request" not in issue:
        yield Rows("issues", github_rows.with_repository(repository, [issue]))


def _comment(repository: str, body: Object) -> Change:
    comment = body["comment"]
    rows = Rows("comments", [github_rows.comment(repository, comment)])
    gone = (Gone("comments", (comment["id"],)),) if body["action"] == "deleted" else ()
    return Change((rows, *_issue(repository, body["issue"])), gone)


def _deployment(repository: str, body: Object) -> Change:
    return Change((Rows("deployments", github_rows.with_repository(repository, [body["deployment"]])),))


def _status(repository: str, body: Object) -> Change:
    # Without the deployment: its new time of change would tell a sync that all of its statuses are here.
    own = {"deployment_id": body["deployment"]["id"]}
    statuses = github_rows.with_repository(repository, [body["deployment_status"]], **own)
    return Change((Rows("deployment_statuses", statuses),))


def _run(repository: str, body: Object) -> Change:
    return Change((Rows("workflow_runs", github_rows.with_repository(repository, [body["workflow_run"]])),))


SAYS = {
    "issues": _issues,
    "issue_comment": _comment,
    "deployment": _deployment,
    "deployment_status": _status,
    "workflow_run": _run,
}
