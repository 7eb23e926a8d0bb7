"""Workflow runs and their jobs: a request a run, so jobs are asked for once a run has news, and of the last weeks."""

from datetime import timedelta
from functools import partial

from pipelines.sources import github_rows
from pipelines.sources.github_lists import of_records, simple, there_since
from pipelines.sources.github_paging import pages
from pipelines.sources.github_repositories import each_repository
from pipelines.sources.reading import THREADS, Reading, Request, Rows, at_once, instant
from pipelines.sync_error import SyncError

RUN_LOOKBACK = timedelta(days=3)  # a run that goes on, or is run again, changes below the newest
RECENT = timedelta(days=30)  # a first sync of years would spend its hours on jobs
SWEPT = timedelta(days=90)  # GitHub forgets runs after a time that each organization sets, and those are no news
NOTED = "runs whose jobs may be wanted"


def _run(repository: str, found: dict) -> dict:
    return {**found, "repository": repository}


RUNS_LEFT = there_since("workflow_runs", "actions/runs", "created_at", "workflow_runs", SWEPT)
RUNS = simple("workflow_runs", "actions/runs", {}, "created_at", _run, "workflow_runs", RUN_LOOKBACK, RUNS_LEFT)


def workflow_runs(request: Request) -> Reading:
    """Runs, newest first. Those of the last weeks are noted: when their jobs are read, they may not be committed."""
    noted = request.notes.setdefault(NOTED, {})
    for item in RUNS(request):
        if isinstance(item, Rows):
            for row in item.rows:
                if instant(row["created_at"]) >= request.now - RECENT:
                    noted.setdefault(row["repository"], {})[row["id"]] = row.get("run_attempt") or 1
        yield item


@each_repository
def workflow_jobs(request: Request, repository: str) -> Reading:
    """Jobs of all attempts of the runs that are new, were run again or have not ended, a few at once."""
    if request.past_only:
        return
    wanted = dict(request.notes.get(NOTED, {}).get(repository, {}))
    if request.kept is not None:
        wanted = {**request.kept.runs(repository, request.now - RECENT), **wanted}
        ended = request.kept.ended_runs(repository, wanted)
        wanted = {run: attempt for run, attempt in wanted.items() if run not in ended}
    runs = sorted(wanted, reverse=True)
    for start in range(0, len(runs), THREADS):
        some = runs[start : start + THREADS]
        found = dict(zip(some, at_once(partial(_jobs, request, repository), some), strict=True))
        jobs = [job for of_run in found.values() for job in of_run or ()]
        yield Rows("workflow_jobs", jobs)
        whole = [run for run, of_run in found.items() if of_run is not None]
        yield from of_records(request, "workflow_jobs", repository, "run_id", whole, jobs)


def _jobs(request: Request, repository: str, run: int) -> list[dict] | None:
    path = f"/repos/{repository}/actions/runs/{run}/jobs"
    try:
        found = [job for page in pages(request.client, path, {"filter": "all"}, "jobs") for job in page]
    except SyncError as error:
        if error.error_class != "not_found":  # deleted since it was listed
            raise
        return None
    return github_rows.with_repository(repository, found)
