"""Pull requests with all that belongs to them, by GraphQL or, for older servers and recordings, by REST.

REST's list lacks most of it, so there each pull request costs three requests. Both ways give the same rows.
"""

from collections.abc import Mapping, Sequence
from functools import partial

from pipelines.sources import github_graphql, github_rows
from pipelines.sources.backwards import Backwards, Shape, Walk
from pipelines.sources.github_graphql import Parts
from pipelines.sources.github_lists import LOOKBACK, all_there, of_records, walked
from pipelines.sources.github_paging import pages
from pipelines.sources.github_repositories import each_repository
from pipelines.sources.reading import Present, Reading, Request, Rows, at_once, instant

# A package may end after any of these: a pull that is kept must have its parts, or it would look unchanged for ever.
PARTS_FIRST = ("pull_request_commits", "reviews", "pull_request_files", "pull_requests")
NEWEST_FIRST = {"state": "all", "sort": "updated", "direction": "desc"}
PULLS_LEFT = all_there("pull_requests", "pulls", {"state": "all"})


@each_repository
def pull_requests(request: Request, repository: str) -> Reading:
    """Pull requests that changed, each with its detail, commits, reviews and, where services are paths, files."""
    way = _by_graphql if request.connection.reads_by_graphql else _by_rest
    reading = Backwards(request, "pull_requests", repository, LOOKBACK)
    walk, shape = way(request, repository, reading.since is None)
    yield from reading.read(walk, shape)
    if request.sweep and reading.is_whole:
        yield from PULLS_LEFT(request, repository)


def _by_graphql(request: Request, repository: str, is_first: bool) -> tuple[Walk, Shape]:
    """The list, and the rows of those of its pulls that the warehouse does not have just so."""
    reader = github_graphql.reader(request, repository)

    def shape(nodes: Sequence[dict]) -> Reading:
        new = _new(request, repository, {int(node["fullDatabaseId"]): node["updatedAt"] for node in nodes})
        yield from _rows(
            request, repository, [reader.parts(node) for node in nodes if int(node["fullDatabaseId"]) in new]
        )

    return partial(github_graphql.pull_pages, reader, request.wants_files, is_first), shape


def _by_rest(request: Request, repository: str, is_first: bool) -> tuple[Walk, Shape]:
    """The same, in many more requests."""

    def shape(page: Sequence[dict]) -> Reading:
        new = _new(request, repository, {pull["id"]: pull["updated_at"] for pull in page})
        found = [pull for pull in page if pull["id"] in new]
        yield from _rows(request, repository, at_once(partial(_whole_pull, request, repository), found))

    return walked(request, repository, "pulls", NEWEST_FIRST, "updated_at"), shape


def _new(request: Request, repository: str, times: Mapping[int, str]) -> set[int]:
    """The pulls of a page that the warehouse does not have just so; what was read in vain goes on this way."""
    if request.kept is None:
        return set(times)
    instants = {number: instant(time) for number, time in times.items()}
    return set(times) - request.kept.unchanged("pull_requests", repository, instants)


def _rows(request: Request, repository: str, pulls: list[Parts]) -> Reading:
    for table in PARTS_FIRST:
        yield Rows(table, [row for parts in pulls for row in parts.get(table, ())])
    ids = [parts["pull_requests"][0]["id"] for parts in pulls]
    known = request.kept.known("pull_requests", repository, "id", ids) if request.kept and ids else set(ids)
    for number, parts in zip(ids, pulls, strict=True):
        if number in known:
            yield from _left(request, repository, parts)
    numbers = [parts["pull_requests"][0]["number"] for number, parts in zip(ids, pulls, strict=True) if number in known]
    reviews = [row for parts in pulls for row in parts["reviews"]]
    yield from of_records(request, "reviews", repository, "pull_request_number", numbers, reviews)


def _left(request: Request, repository: str, parts: Parts) -> Reading:
    """What a pull still holds: a rebase or a forced push takes commits and files away."""
    where = {"repository": repository, "pull_request_number": str(parts["pull_requests"][0]["number"])}
    yield Present("pull_request_commits", where, [row["sha"] for row in parts["pull_request_commits"]])
    if request.wants_files:
        yield Present("pull_request_files", where, [row["filename"] for row in parts["pull_request_files"]])


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
