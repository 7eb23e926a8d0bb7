"""The commit graph of a repository, closed: every parent of a loaded commit is loaded too.

`since` filters by commit date, so a branch with old commits that is merged today would be missed. So the list is
only the start: whatever parent, branch, tag or deployment is still unknown is walked to until nothing is missing.
"""

from collections.abc import Iterator
from typing import Any

from pipelines.sources import github_rows
from pipelines.sources.github_lists import LOOKBACK, names
from pipelines.sources.github_paging import pages
from pipelines.sources.reading import Newest, Reading, Request, Rows
from pipelines.sync_error import SyncError


def commits(request: Request) -> Reading:
    """New commits of the default branch, and all that they and the known heads descend from."""
    for repository in names(request):
        walk = Walk(request, repository)
        since = request.since("commits", repository, LOOKBACK)
        params = {"since": since.strftime("%Y-%m-%dT%H:%M:%SZ")} if since else {}
        seen = Newest(request.now)
        for rows in walk.listed(params):
            seen += [row["committed_at"] for row in rows]
            yield Rows("commits", rows)
        for rows in walk.missing(request.heads[repository]):
            yield Rows("commits", rows)
        yield from request.reached("commits", repository, seen)


class Walk:
    """What of one repository's graph this sync has read."""

    def __init__(self, request: Request, repository: str) -> None:
        self._request, self._repository = request, repository
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

        Nothing is given out before the end: a head that is kept without its past would never be walked again.
        """
        found: list[list[dict]] = []
        try:
            for rows in self.listed({"sha": sha}):
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
