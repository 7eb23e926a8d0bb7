"""GitHub → raw_github, by REST. Every resource of every repository goes on from its own cursor.

Lists are read newest change first, down to the cursor: what changes while we page moves to the front, so rows
may come twice but none is missed, and what changed after the start is the next sync's.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from pipelines.http import Client
from pipelines.sources import github_commits, github_rows
from pipelines.sources.github_paging import HEADERS, check, pages
from pipelines.sources.reading import Present, Reading, Request, Rows, at_once, instant
from pipelines.sync_error import SyncError

LOOKBACK = timedelta(minutes=5)  # some writes show late; reading twice is harmless
RUN_LOOKBACK = timedelta(days=3)  # a run that goes on, or is run again, changes below the newest
STATUS_LOOKBACK = timedelta(days=1)  # a deployment may fail after it succeeded


def limits(connection: Any) -> dict[str, int]:
    """None to keep: the answers' own headers say when to wait."""
    return {}


def client(connection: Any) -> dict[str, Any]:
    """How GitHub wants to be asked."""
    return {"headers": {**HEADERS, "Authorization": f"Bearer {connection.token}"}, "check": check}


ROOT = "repositories"  # without it nothing else can be read


def repositories(request: Request) -> Reading:
    """The repositories of this connection, which every other resource goes through."""
    found = [request.client.json(f"/repos/{name}") for name in request.connection.repositories]
    if request.connection.organization:
        found += _owned(request.client, request.connection.organization)
    rows = [github_rows.repository(one) for one in found]
    request.notes["repositories"] = {row["repository"]: row.get("default_branch") for row in rows}
    yield Rows("repositories", rows)


def _owned(client: Client, owner: str) -> list[dict]:
    """The repositories of an organization, or of a user where there is no such organization."""
    try:
        return [found for page in pages(client, f"/orgs/{owner}/repos") for found in page]
    except SyncError as error:
        if error.error_class != "not_found":
            raise
        own = [found for page in pages(client, "/user/repos") for found in page if found["owner"]["login"] == owner]
        if not own:
            raise
        return own


def names(request: Request) -> list[str]:
    """The repositories, asked for once a sync."""
    if "repositories" not in request.notes:
        list(repositories(request))
    return list(request.notes["repositories"])


def changed(request: Request, resource: str, repository: str, path: str, params: dict, field: str, key: str = "",
            lookback: timedelta = LOOKBACK) -> Iterator[list[dict]]:  # fmt: skip
    """Pages of a list that is sorted by `field`, newest first, as far back as the cursor less the lookback."""
    since = request.since(resource, repository, lookback)
    for page in pages(request.client, f"/repos/{repository}/{path}", params, key):
        yield page if since is None else [row for row in page if instant(row[field]) >= since]
        if since is not None and page and instant(page[-1][field]) < since:
            return


def pull_requests(request: Request) -> Reading:
    """Pull requests that changed, each with its detail, commits, reviews and, where services are paths, files."""
    newest_first = {"state": "all", "sort": "updated", "direction": "desc"}
    for repository in names(request):
        seen: list[str | None] = []
        for page in changed(request, "pull_requests", repository, "pulls", newest_first, "updated_at"):
            parts = at_once(lambda pull, repository=repository: _whole_pull(request, repository, pull), page)
            for table in ("pull_requests", "pull_request_commits", "reviews", "pull_request_files"):
                yield Rows(table, [row for part in parts for row in part.get(table, ())])
            seen += [pull["updated_at"] for pull in page]
        yield from request.reached("pull_requests", repository, seen)
        if request.sweep:
            yield from _present(request, "pull_requests", repository, "pulls", {"state": "all"})


def _whole_pull(request: Request, repository: str, pull: dict) -> dict[str, list[dict]]:
    number = pull["number"]
    path = f"/repos/{repository}/pulls/{number}"
    client = request.client
    commits = [commit for page in pages(client, f"{path}/commits") for commit in page]
    reviews = [review for page in pages(client, f"{path}/reviews") for review in page]
    files = [file for page in pages(client, f"{path}/files") for file in page] if request.wants_files else []
    own = {"pull_request_number": number}
    return {
        "pull_requests": github_rows.with_repository(repository, [{**pull, **client.json(path)}]),
        "pull_request_commits": [
            github_rows.pull_request_commit(repository, number, position, commit)
            for position, commit in enumerate(commits, 1)
        ],
        "reviews": github_rows.with_repository(repository, reviews, **own),
        "pull_request_files": github_rows.with_repository(repository, files, **own),
    }


def issues(request: Request) -> Reading:
    """Issues that changed. GitHub lists pull requests here too; they are left out."""
    for repository in names(request):
        since = request.since("issues", repository, LOOKBACK)
        params = {"state": "all", "sort": "updated", "direction": "desc"}
        if since is not None:
            params["since"] = _utc(since)
        seen: list[str | None] = []
        for page in pages(request.client, f"/repos/{repository}/issues", params):
            found = [issue for issue in page if "pull_request" not in issue]
            yield Rows("issues", github_rows.with_repository(repository, found))
            seen += [issue["updated_at"] for issue in page]
        yield from request.reached("issues", repository, seen)
        if request.sweep:
            yield from _present(
                request, "issues", repository, "issues", {"state": "all"}, keep=lambda row: "pull_request" not in row
            )


def simple(name: str, path: str, params: dict, field: str, row: Callable[[str, Any], Any], key: str = "",
           lookback: timedelta = LOOKBACK) -> Callable[[Request], Reading]:  # fmt: skip
    """A resource that is one list, newest `field` first."""

    def read(request: Request) -> Reading:
        for repository in names(request):
            seen: list[str | None] = []
            for page in changed(request, name, repository, path, params, field, key, lookback):
                yield Rows(name, [row(repository, found) for found in page])
                seen += [found[field] for found in page]
            yield from request.reached(name, repository, seen)

    return read


def whole(name: str, path: str, row: Callable[[str, Any], Any], key: str = "id") -> Callable[[Request], Reading]:
    """A resource whose list is short and has no time of change: read whole each time."""

    def read(request: Request) -> Reading:
        for repository in names(request):
            found = [one for page in pages(request.client, f"/repos/{repository}/{path}") for one in page]
            rows = [row(repository, one) for one in found]
            yield Rows(name, rows)
            if "sha" in (rows or [{}])[0]:
                request.notes.setdefault(("heads", repository), set()).update(one["sha"] for one in rows)
            if request.sweep:
                yield Present(name, {"repository": repository}, [one[key] for one in rows])

    return read


def deployments(request: Request) -> Reading:
    """New deployments, and the statuses of those that are new or not final yet."""
    for repository in names(request):
        since = request.since("deployments", repository, STATUS_LOOKBACK)
        seen: list[str | None] = []
        unfinished = request.unfinished(repository)
        for page in changed(
            request, "deployments", repository, "deployments", {}, "created_at", lookback=STATUS_LOOKBACK
        ):
            yield Rows("deployments", github_rows.with_repository(repository, page))
            request.notes.setdefault(("heads", repository), set()).update(one["sha"] for one in page)
            seen += [one["created_at"] for one in page]
            unfinished -= {one["id"] for one in page}
            yield _statuses(request, repository, [one["id"] for one in page])
        yield _statuses(request, repository, sorted(unfinished) if since else [])
        yield from request.reached("deployments", repository, seen)
        if request.sweep:
            yield from _present(request, "deployments", repository, "deployments", {})


def _statuses(request: Request, repository: str, deployments: list[int]) -> Rows:
    def read(deployment: int) -> list[dict]:
        path = f"/repos/{repository}/deployments/{deployment}/statuses"
        try:
            found = [status for page in pages(request.client, path) for status in page]
        except SyncError as error:
            if error.error_class != "not_found":  # deleted since it was listed
                raise
            return []
        return github_rows.with_repository(repository, found, deployment_id=deployment)

    return Rows("deployment_statuses", [row for rows in at_once(read, deployments) for row in rows])


def _present(request: Request, table: str, repository: str, path: str, params: dict,
             keep: Callable[[dict], bool] = lambda row: True) -> Iterator[Present]:  # fmt: skip
    ids = [
        row["id"] for page in pages(request.client, f"/repos/{repository}/{path}", params) for row in page if keep(row)
    ]
    yield Present(table, {"repository": repository}, ids)


def _utc(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


UPDATED = {"sort": "updated", "direction": "desc"}


def _plain(repository: str, found: dict) -> dict:
    return {**found, "repository": repository}


RESOURCES: dict[str, Callable[[Request], Reading]] = {
    "repositories": repositories,
    "pull_requests": pull_requests,
    "issues": issues,
    "issue_events": simple("issue_events", "issues/events", {}, "created_at", github_rows.issue_event),
    "comments": simple("comments", "issues/comments", UPDATED, "updated_at", github_rows.comment),
    "tags": whole("tags", "tags", github_rows.named_commit, "name"),
    "branches": whole("branches", "branches", github_rows.named_commit, "name"),
    "releases": whole("releases", "releases", _plain),
    "deployments": deployments,
    "workflow_runs": simple("workflow_runs", "actions/runs", {}, "created_at", _plain, "workflow_runs", RUN_LOOKBACK),
    "commits": github_commits.commits,  # last: it walks from the heads that the others saw
}
