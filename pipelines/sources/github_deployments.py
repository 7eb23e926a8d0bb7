"""Deployments with their statuses: a deployment has no result of its own."""

from datetime import timedelta

from pipelines.sources import github_rows
from pipelines.sources.github_lists import changed, names, present
from pipelines.sources.github_paging import pages
from pipelines.sources.reading import Reading, Request, Rows, at_once, instant
from pipelines.sync_error import SyncError

STATUS_LOOKBACK = timedelta(days=1)  # a deployment may fail after it succeeded


def deployments(request: Request) -> Reading:
    """New deployments, and the statuses of those that are new or not final yet."""
    for repository in names(request):
        since = request.since("deployments", repository, STATUS_LOOKBACK)
        seen: list[str | None] = []
        unfinished = request.kept.unfinished_deployments(repository) if request.kept else set()
        for page in changed(
            request, "deployments", repository, "deployments", {}, "created_at", lookback=STATUS_LOOKBACK
        ):
            # First: a deployment that is kept with its time of change must have the statuses of that time.
            yield _statuses(request, repository, _without_final_status(request, repository, page, unfinished))
            yield Rows("deployments", github_rows.with_repository(repository, page))
            request.heads[repository].update(one["sha"] for one in page)
            seen += [one["created_at"] for one in page]
            unfinished -= {one["id"] for one in page}
        yield _statuses(request, repository, sorted(unfinished) if since else [])
        yield from request.reached("deployments", repository, seen)
        if request.sweep:
            yield from present(request, "deployments", repository, "deployments", {})


def _without_final_status(request: Request, repository: str, page: list[dict], unfinished: set[int]) -> list[int]:
    """Deployments of a page whose statuses may have changed: new, not final, or recent and touched since."""
    if request.kept is None:
        return [one["id"] for one in page]
    known = request.kept.known("deployment_statuses", repository, "deployment_id", [one["id"] for one in page])
    settled = request.now - STATUS_LOOKBACK
    recent = {one["id"]: instant(one["updated_at"]) for one in page if instant(one["created_at"]) >= settled}
    touched = set(recent) - request.kept.unchanged("deployments", repository, recent)  # a new status touches it
    return [one["id"] for one in page if one["id"] not in known or one["id"] in unfinished or one["id"] in touched]


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
