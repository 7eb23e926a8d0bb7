"""Check runs of the commits that pull requests end in, and of the default branch's head: a request a commit.

GraphQL would tell many commits' at once, but gives their numbers only up to 2³¹, which GitHub has passed long ago.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from pipelines.sources.github_conditional import Conditional
from pipelines.sources.github_lists import of_records
from pipelines.sources.github_paging import pages
from pipelines.sources.github_repositories import NOTED, each_repository
from pipelines.sources.reading import THREADS, Reading, Request, Rows, at_once, instant
from pipelines.sync_error import SyncError

RECENT = timedelta(days=30)  # a first sync of years would spend its hours on them
UNCHECKED_LOOKBACK = timedelta(days=1)  # so long a pull request's checks may take to begin
HEADS = "heads of pull requests"
SUMMARY = 2000  # characters: figures stand at its beginning


def noting_heads(read: Callable[[Request], Reading]) -> Callable[[Request], Reading]:
    """The same resource, which notes its recent heads: when checks are read, its rows may not be committed."""

    def noting(request: Request) -> Reading:
        noted = request.notes.setdefault(HEADS, {})
        for item in read(request):
            if isinstance(item, Rows) and item.table == "pull_requests":
                for row in item.rows:
                    if row.get("head") and instant(row["updated_at"]) >= request.now - RECENT:
                        noted.setdefault(row["repository"], {})[row["head"]["sha"]] = row["updated_at"]
            yield item

    return noting


@each_repository
def check_runs(request: Request, repository: str) -> Reading:
    """The newest run of each check: of commits that are new here or whose checks had not ended, and of the head."""
    if request.past_only:
        return
    noted = request.notes.get(HEADS, {}).get(repository, {})
    wanted = set(noted)
    if request.kept is not None:
        wanted -= request.kept.ended_checks(repository, wanted)
        # An earlier sync may have ended between its pull requests and their checks.
        reached = request.since("check_runs", repository, UNCHECKED_LOOKBACK) or request.now - RECENT
        since = (min(reached, request.now - UNCHECKED_LOOKBACK), request.now - RECENT)
        wanted |= request.kept.unchecked_heads(repository, *since)
    shas = sorted(wanted)
    for start in range(0, len(shas), THREADS):
        some = shas[start : start + THREADS]
        found = dict(zip(some, at_once(partial(_of_commit, request, repository), some), strict=True))
        rows = [_row(repository, check) for checks in found.values() for check in checks or ()]
        yield Rows("check_runs", rows)
        whole = [sha for sha, checks in found.items() if checks is not None]
        yield from of_records(request, "check_runs", repository, "head_sha", whole, rows)
    yield from request.reached("check_runs", repository, noted.values())
    yield from _of_branch(request, repository, request.notes[NOTED].get(repository))


def _of_commit(request: Request, repository: str, sha: str) -> list[dict] | None:
    try:
        path = f"/repos/{repository}/commits/{sha}/check-runs"
        return [check for page in pages(request.client, path, key="check_runs") for check in page]
    except SyncError as error:
        if error.http_status not in (404, 422):  # a commit that went with its fork
            raise
        return None


def _of_branch(request: Request, repository: str, branch: str | None) -> Reading:
    if not branch:
        return
    try:
        found = Conditional(request, f"/repos/{repository}/commits/{branch}/check-runs", key="check_runs")
        rows = [_row(repository, check) for page in found.pages() for check in page.rows or []]
        yield Rows("check_runs", rows)
        yield from found.reached()
        if not found.is_partial:
            shas = list({row["head_sha"]: None for row in rows})
            yield from of_records(request, "check_runs", repository, "head_sha", shas, rows)
    except SyncError as error:
        if error.http_status not in (404, 422):  # an empty repository
            raise


def _row(repository: str, found: dict[str, Any]) -> dict[str, Any]:
    output = found.get("output") or {}
    return {
        **found,
        "repository": repository,
        "app": (found.get("app") or {}).get("slug"),
        "output_title": output.get("title"),
        "output_summary": (output.get("summary") or "")[:SUMMARY] or None,
    }
