"""Deployments with their statuses: a deployment has no result of its own."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from pipelines.sources import github_rows
from pipelines.sources.backwards import Backwards
from pipelines.sources.github_lists import all_there, of_records, walked
from pipelines.sources.github_paging import pages
from pipelines.sources.github_repositories import each_repository
from pipelines.sources.reading import Reading, Request, Rows, at_once, instant
from pipelines.sync_error import SyncError

STATUS_LOOKBACK = timedelta(days=1)  # a deployment may fail after it succeeded
UNFINISHED_LOOKBACK = timedelta(days=14)  # what was cancelled never ends; older ones are looked at by sweeps alone

DEPLOYMENTS_LEFT = all_there("deployments", "deployments", {})


@each_repository
def deployments(request: Request, repository: str) -> Reading:
    """New deployments, and the statuses of those that are new, were touched or are not final yet."""
    given_up = None if request.sweep else request.now - UNFINISHED_LOOKBACK
    reading = Backwards(request, "deployments", repository, STATUS_LOOKBACK)
    unfinished = request.kept.unfinished_deployments(repository, given_up) if request.kept else set()
    pages = walked(request, repository, "deployments", {}, "created_at")
    yield from reading.read(pages, partial(_deployments, request, repository, unfinished))
    if reading.since and not request.past_only:
        yield from _statuses(request, repository, sorted(unfinished))
    if request.sweep and reading.is_whole:
        yield from DEPLOYMENTS_LEFT(request, repository)


def _deployments(request: Request, repository: str, unfinished: set[int], page: Sequence[dict]) -> Reading:
    """The rows of a page. Its deployments are unfinished no longer, as their statuses are read here."""
    # First: a deployment that is kept with its time of change must have the statuses of that time.
    yield from _statuses(request, repository, _touched(request, repository, page))
    yield Rows("deployments", github_rows.with_repository(repository, list(page)))
    request.heads[repository].update([one["sha"] for one in page])
    unfinished.difference_update(one["id"] for one in page)


def _touched(request: Request, repository: str, page: Sequence[dict]) -> list[int]:
    """Deployments of a page that the warehouse does not have just so. A new status changes their `updated_at`."""
    if request.kept is None:
        return [one["id"] for one in page]
    times = {one["id"]: instant(one["updated_at"]) for one in page}
    unchanged = request.kept.unchanged("deployments", repository, times)
    return [number for number in times if number not in unchanged]


def _statuses(request: Request, repository: str, deployments: list[int]) -> Reading:
    def read(deployment: int) -> list[dict] | None:
        path = f"/repos/{repository}/deployments/{deployment}/statuses"
        try:
            found = [status for page in pages(request.client, path) for status in page]
        except SyncError as error:
            if error.error_class != "not_found":  # deleted since it was listed
                raise
            return None
        return github_rows.with_repository(repository, found, deployment_id=deployment)

    found = dict(zip(deployments, at_once(read, deployments), strict=True))
    whole = [deployment for deployment, rows in found.items() if rows is not None]
    statuses = [row for rows in found.values() for row in rows or ()]
    yield Rows("deployment_statuses", statuses)
    yield from of_records(request, "deployment_statuses", repository, "deployment_id", whole, statuses)
