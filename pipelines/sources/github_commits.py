"""The commit graph of a repository, closed: every parent of a loaded commit is loaded too.

`since` filters by commit date, so a branch with old commits that is merged today would be missed. So the list is
only the start: whatever parent, branch, tag or deployment is still unknown is walked to until nothing is missing.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pipelines.sources import github_rows
from pipelines.sources.github_lists import LOOKBACK
from pipelines.sources.github_paging import pages
from pipelines.sources.github_repositories import each_repository
from pipelines.sources.reading import Reading, Request, Rows
from pipelines.sync_error import SyncError

UNCLOSED = "parents"  # the past of the graph: parents of kept commits that are not kept


@each_repository
def commits(request: Request, repository: str) -> Reading:
    """New commits of the default branch, and all that they and the known heads descend from."""
    since = request.since("commits", repository, LOOKBACK)
    is_open = since is None or bool(request.past("commits", repository))
    walk = Walk(request, repository, is_open and not request.full)
    start = since or request.horizon
    params = {"since": start.strftime("%Y-%m-%dT%H:%M:%SZ")} if start else {}
    newest: str | None = None
    for rows in walk.listed(params) if not request.past_only else ():
        newest = request.newest(newest, *(row["committed_at"] for row in rows))
        yield Rows("commits", rows)
        if since is None:
            oldest = rows[-1]["committed_at"] if rows else ""
            yield from request.reached("commits", repository, [newest], UNCLOSED, oldest)
    if is_open and request.horizon:
        yield from request.reached("commits", repository, [newest, request.horizon.isoformat()], UNCLOSED)
        return
    for rows in walk.missing(request.heads[repository] | _kept_heads(request, repository, since, is_open)):
        yield Rows("commits", rows)
    yield from request.reached("commits", repository, [newest])


def _kept_heads(request: Request, repository: str, since: datetime | None, is_open: bool) -> set[str]:
    """What must be walked to beside the heads of this sync: an earlier one may have ended before it came to that."""
    kept = request.kept
    if kept is None:
        return set()
    deployed = kept.deployed(repository, None if is_open else since)
    if not is_open:
        return deployed
    return deployed | kept.heads("tags", repository) | kept.heads("branches", repository) | kept.unclosed(repository)


class Walk:
    """What of one repository's graph this sync has read."""

    def __init__(self, request: Request, repository: str, is_open: bool) -> None:
        self._request, self._repository = request, repository
        self._is_open = is_open  # and stays so until the graph is closed, should this sync end before
        self._read: set[str] = set()
        self._wanted: set[str] = set()

    def listed(self, params: dict[str, Any]) -> Iterator[list[dict]]:
        """Pages of commits that were not read before."""
        for page in pages(self._request.client, f"/repos/{self._repository}/commits", params):
            rows = [github_rows.commit(self._repository, one) for one in page if one["sha"] not in self._read]
            self._read.update(row["sha"] for row in rows)
            self._wanted.difference_update(row["sha"] for row in rows)
            self._wanted.update(parent for row in rows for parent in row["parents"] if parent not in self._read)
            yield rows
            if page and not rows:
                return  # what follows was read from another head

    def missing(self, heads: set[str]) -> Iterator[list[dict]]:
        """Whatever `heads` and the parents read so far lead to, and the warehouse does not have."""
        wanted = self._unknown(heads)
        while wanted:
            for sha in sorted(wanted):
                if sha not in self._read:
                    yield from self._from(sha)
            self._read |= wanted  # also what the source no longer has
            wanted = self._unknown(set())

    def _from(self, sha: str) -> Iterator[list[dict]]:
        """Down from one commit, page by page, until a page leads only to what is known.

        Of a closed graph nothing is given out before the end: a head that is kept without its past would never be
        walked again.
        """
        found: list[list[dict]] = []
        try:
            for rows in self.listed({"sha": sha}):
                if self._is_open:
                    yield rows
                else:
                    found.append(rows)
                if not self._unknown(set()):
                    break
        except SyncError as error:
            if error.http_status not in (404, 409, 422):  # a deployed commit may be gone after a force push
                raise
        yield from reversed(found)  # oldest first, should a package end in between

    def _unknown(self, more: set[str]) -> set[str]:
        wanted = (self._wanted | more) - self._read
        kept = self._request.kept
        known = kept.known("commits", self._repository, "sha", sorted(wanted)) if kept and wanted else set()
        self._read |= known
        self._wanted = wanted - known
        return set(self._wanted)
