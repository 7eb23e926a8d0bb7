"""What every GitHub resource shares: the repositories, and lists that are read as far back as the cursor.

Lists are read newest change first: what changes while we page moves to the front, so rows may come twice but none
is missed, and what changed after the start is the next sync's.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from pipelines.http import Client
from pipelines.raw_tables import RAW
from pipelines.sources import github_rows
from pipelines.sources.github_conditional import Conditional
from pipelines.sources.github_paging import pages
from pipelines.sources.reading import Newest, Present, Reading, Request, Rows, instant
from pipelines.sync_error import SyncError

LOOKBACK = timedelta(minutes=5)  # some writes show late; reading twice is harmless


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
    found = pages(request.client, f"/repos/{repository}/{path}", params, key)
    yield from _back_to(request.since(resource, repository, lookback), found, field)


def _back_to(since: datetime | None, found: Iterator[list[dict]], field: str) -> Iterator[list[dict]]:
    for page in found:
        yield page if since is None else [row for row in page if instant(row[field]) >= since]
        if since is not None and page and instant(page[-1][field]) < since:
            return


def simple(name: str, path: str, params: dict, field: str, row: Callable[[str, Any], Any], key: str = "",
           lookback: timedelta = LOOKBACK) -> Callable[[Request], Reading]:  # fmt: skip
    """A resource that is one list, newest `field` first."""

    def read(request: Request) -> Reading:
        for repository in names(request):
            seen = Newest(request.now)
            for page in changed(request, name, repository, path, params, field, key, lookback):
                yield Rows(name, [row(repository, found) for found in page])
                seen += [found[field] for found in page]
            yield from request.reached(name, repository, seen)

    return read


def newest(
    name: str, path: str, params: dict, field: str, row: Callable[[str, Any], Any]
) -> Callable[[Request], Reading]:
    """A resource that is one list in which whatever changes moves to the front: where that is as it was, all is."""

    def read(request: Request) -> Reading:
        for repository in names(request):
            seen = Newest(request.now)
            front = Conditional(request, f"/repos/{repository}/{path}", params)
            since = request.since(name, repository, LOOKBACK)
            for page in _back_to(since, front.pages(ends_unchanged=True), field):
                yield Rows(name, [row(repository, found) for found in page])
                seen += [found[field] for found in page]
            yield from request.reached(name, repository, seen)
            yield from front.reached()

    return read


def whole(name: str, path: str, row: Callable[[str, Any], Any], key: str = "id") -> Callable[[Request], Reading]:
    """A resource whose list is short and has no time of change: read whole each time it changed."""
    has_heads = "sha" in RAW["github"][name].columns

    def read(request: Request) -> Reading:
        for repository in names(request):
            found = Conditional(request, f"/repos/{repository}/{path}")
            rows = [row(repository, one) for page in found.pages() for one in page]
            yield Rows(name, rows)
            yield from found.reached()
            if has_heads:
                request.heads[repository].update(one["sha"] for one in rows)
                if found.is_partial and request.kept:  # the commits they point at may have failed the last time
                    request.heads[repository] |= request.kept.heads(name, repository)
            if request.sweep:
                yield Present(name, {"repository": repository}, [one[key] for one in rows])

    return read


def present(request: Request, table: str, repository: str, path: str, params: dict,
             keep: Callable[[dict], bool] = lambda row: True) -> Iterator[Present]:  # fmt: skip
    ids = [
        row["id"] for page in pages(request.client, f"/repos/{repository}/{path}", params) for row in page if keep(row)
    ]
    yield Present(table, {"repository": repository}, ids)
