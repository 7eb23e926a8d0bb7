"""Pull requests with all that belongs to them. The list lacks most of it, so each pull costs three requests."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from pipelines.sources import github_rows
from pipelines.sources.github_lists import changed, names, present
from pipelines.sources.github_paging import pages
from pipelines.sources.reading import Present, Reading, Request, Rows, at_once, instant

# A package may end after any of these: a pull that is kept must have its parts, or it would look unchanged for ever.
PARTS_FIRST = ("pull_request_commits", "reviews", "pull_request_files", "pull_requests")


def pull_requests(request: Request) -> Reading:
    """Pull requests that changed, each with its detail, commits, reviews and, where services are paths, files."""
    newest_first = {"state": "all", "sort": "updated", "direction": "desc"}
    for repository in names(request):
        seen: list[str | None] = []
        is_known = request.full or request.since("pull_requests", repository, timedelta(0)) is not None
        for page in changed(request, "pull_requests", repository, "pulls", newest_first, "updated_at"):
            new = _new(request, repository, page)
            parts = at_once(partial(_whole_pull, request, repository), new)
            for table in PARTS_FIRST:
                yield Rows(table, [row for part in parts for row in part.get(table, ())])
            if is_known:
                for pull, part in zip(new, parts, strict=True):
                    yield from _left(request, repository, pull["number"], part)
            seen += [pull["updated_at"] for pull in page]
        yield from request.reached("pull_requests", repository, seen)
        if request.sweep:
            yield from present(request, "pull_requests", repository, "pulls", {"state": "all"})


def _left(request: Request, repository: str, number: int, part: dict[str, list[dict]]) -> Iterator[Present]:
    """What a pull still holds: a rebase or a forced push takes commits and files away."""
    where = {"repository": repository, "pull_request_number": str(number)}
    yield Present("pull_request_commits", where, [row["sha"] for row in part["pull_request_commits"]])
    if request.wants_files:
        yield Present("pull_request_files", where, [row["filename"] for row in part["pull_request_files"]])


def _new(request: Request, repository: str, page: list[dict]) -> list[dict]:
    """The pulls of a page that the warehouse does not have just so; a backfill that broke off goes on this way."""
    if request.kept is None:
        return page
    times = {pull["id"]: instant(pull["updated_at"]) for pull in page}
    unchanged = request.kept.unchanged("pull_requests", repository, times)
    return [pull for pull in page if pull["id"] not in unchanged]


def _whole_pull(request: Request, repository: str, pull: dict) -> dict[str, list[dict]]:
    number = pull["number"]
    path = f"/repos/{repository}/pulls/{number}"
    client = request.client
    commits = [commit for page in pages(client, f"{path}/commits") for commit in page]
    reviews = [review for page in pages(client, f"{path}/reviews") for review in page]
    files = [file for page in pages(client, f"{path}/files") for file in page] if request.wants_files else []
    own = {"pull_request_number": number}
    return {
        "pull_requests": [github_rows.pull_request(repository, pull, client.json(path))],
        "pull_request_commits": [
            github_rows.pull_request_commit(repository, number, position, commit)
            for position, commit in enumerate(commits, 1)
        ],
        "reviews": github_rows.with_repository(repository, reviews, **own),
        "pull_request_files": github_rows.with_repository(repository, files, **own),
    }
