"""Pull requests with all that belongs to them, by GraphQL or, for older servers and recordings, by REST.

REST's list lacks most of it, so there each pull request costs three requests. Both ways give the same rows.
"""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from pipelines.sources import github_graphql, github_rows
from pipelines.sources.github_graphql import Parts
from pipelines.sources.github_lists import LOOKBACK, changed, names, present
from pipelines.sources.github_paging import pages
from pipelines.sources.reading import Newest, Present, Reading, Request, Rows, at_once, instant

# A package may end after any of these: a pull that is kept must have its parts, or it would look unchanged for ever.
PARTS_FIRST = ("pull_request_commits", "reviews", "pull_request_files", "pull_requests")
NEWEST_FIRST = {"state": "all", "sort": "updated", "direction": "desc"}


def pull_requests(request: Request) -> Reading:
    """Pull requests that changed, each with its detail, commits, reviews and, where services are paths, files."""
    read = _by_graphql if request.connection.reads_by_graphql else _by_rest
    for repository in names(request):
        seen = Newest(request.now)
        is_known = request.full or request.since("pull_requests", repository, timedelta(0)) is not None
        for times, parts in read(request, repository):
            for table in PARTS_FIRST:
                yield Rows(table, [row for part in parts for row in part.get(table, ())])
            if is_known:
                for part in parts:
                    yield from _left(request, repository, part)
            seen += times
        yield from request.reached("pull_requests", repository, seen)
        if request.sweep:
            yield from present(request, "pull_requests", repository, "pulls", {"state": "all"})


def _left(request: Request, repository: str, part: Parts) -> Iterator[Present]:
    """What a pull still holds: a rebase or a forced push takes commits and files away."""
    where = {"repository": repository, "pull_request_number": str(part["pull_requests"][0]["number"])}
    yield Present("pull_request_commits", where, [row["sha"] for row in part["pull_request_commits"]])
    if request.wants_files:
        yield Present("pull_request_files", where, [row["filename"] for row in part["pull_request_files"]])


def _by_graphql(request: Request, repository: str) -> Iterator[tuple[list[str], list[Parts]]]:
    """When the pulls of a page changed, and the rows of those that the warehouse does not have just so."""
    for nodes, reader in github_graphql.pull_pages(request, repository, LOOKBACK):
        times = {int(node["fullDatabaseId"]): node["updatedAt"] for node in nodes}
        new = _new(request, repository, times)
        parts = [reader.parts(node) for node in nodes if int(node["fullDatabaseId"]) in new]
        yield list(times.values()), parts


def _by_rest(request: Request, repository: str) -> Iterator[tuple[list[str], list[Parts]]]:
    """The same, in many more requests."""
    for page in changed(request, "pull_requests", repository, "pulls", NEWEST_FIRST, "updated_at"):
        times = {pull["id"]: pull["updated_at"] for pull in page}
        new = _new(request, repository, times)
        parts = at_once(partial(_whole_pull, request, repository), [pull for pull in page if pull["id"] in new])
        yield list(times.values()), parts


def _new(request: Request, repository: str, times: dict[int, str]) -> set[int]:
    """The pulls of a page that the warehouse does not have just so; a backfill that broke off goes on this way."""
    if request.kept is None:
        return set(times)
    instants = {number: instant(time) for number, time in times.items()}
    return set(times) - request.kept.unchanged("pull_requests", repository, instants)


def _whole_pull(request: Request, repository: str, pull: dict) -> Parts:
    number = pull["number"]
    path = f"/repos/{repository}/pulls/{number}"
    client = request.client
    commits = [commit for page in pages(client, f"{path}/commits") for commit in page]
    reviews = [review for page in pages(client, f"{path}/reviews") for review in page]
    files = [file for page in pages(client, f"{path}/files") for file in page] if request.wants_files else []
    return {
        "pull_requests": [github_rows.pull_request(repository, pull, client.json(path))],
        "pull_request_commits": [
            github_rows.pull_request_commit(repository, number, position, commit)
            for position, commit in enumerate(commits, 1)
        ],
        "reviews": [github_rows.review(repository, number, review) for review in reviews],
        "pull_request_files": github_rows.with_repository(repository, files, pull_request_number=number),
    }
