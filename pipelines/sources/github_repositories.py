"""The repositories of a connection: those that it names, and those of its organization."""

from collections.abc import Callable, Iterator
from functools import partial, wraps
from typing import Any

from pipelines.http import Client
from pipelines.sources import github_rows
from pipelines.sources.github_paging import pages
from pipelines.sources.readers import side_by_side
from pipelines.sources.reading import Reading, Request, Rows, at_once
from pipelines.sync_error import SyncError

NOTED, NOT_SHOWN = "repositories", "repositories not shown"


def repositories(request: Request) -> Reading:
    """The repositories of this connection, which every other resource goes through, by the names that they have now."""
    found, lacking = [], []
    named = request.connection.repositories
    for name, one in zip(named, at_once(partial(_named, request.client), named), strict=True):
        if isinstance(one, SyncError):
            lacking.append((name, one))
        else:
            found.append(one)
    if request.connection.organization:
        owned = _owned(request.client, request.connection.organization)
        found += [one for one in owned if is_taken(request.connection, one)]
    if lacking and not found:
        raise lacking[0][1]
    rows = [github_rows.repository(one) for one in found]
    request.notes[NOTED] = {row["repository"]: row.get("default_branch") for row in rows}
    request.notes[NOT_SHOWN] = [name for name, _ in lacking]
    yield Rows("repositories", rows)


def named_repositories(request: Request) -> Reading:
    """Nothing but the error where some of those that the connection names are not shown. The others are read.

    GitHub answers 404 for what is deleted and for what the token may not see: only the connection's owner can tell.
    """
    names(request)
    if lacking := request.notes.get(NOT_SHOWN):
        raise SyncError(
            "not_found",
            f"GitHub does not show {', '.join(lacking)}: deleted, or not for this token.",
            what_to_do="take a deleted repository out of this connection; give the token access to the others.",
        )
    yield from ()


def names(request: Request) -> list[str]:
    """The repositories, asked for once a sync."""
    if NOTED not in request.notes:
        list(repositories(request))
    return list(request.notes[NOTED])


def each_repository(read: Callable[[Request, str], Reading]) -> Callable[[Request], Reading]:
    """A resource that has its own cursor for each repository: they do not need each other."""

    @wraps(read)
    def reading(request: Request) -> Reading:
        yield from side_by_side(request.threads, {name: partial(read, request, name) for name in names(request)})

    return reading


def is_taken(connection: Any, found: dict) -> bool:
    """Whether a repository of the organization is one of those that the connection's filters leave."""
    is_archived, is_fork = bool(found.get("archived")), bool(found.get("fork"))
    return connection.takes(found["name"], is_archived=is_archived, is_fork=is_fork)


def _named(client: Client, name: str) -> dict | SyncError:
    """A repository, or that it is not shown."""
    try:
        return client.json(f"/repos/{name}")
    except SyncError as error:
        if error.error_class != "not_found":
            raise
        return error


def _owned(client: Client, owner: str) -> list[dict]:
    """The repositories of an organization, or of a user where there is no such organization."""
    try:
        return list(_all(client, f"/orgs/{owner}/repos"))
    except SyncError as error:
        if error.error_class != "not_found":
            raise
        own = [found for found in _all(client, "/user/repos") if found["owner"]["login"] == owner]
        if not own:
            raise
        return own


def _all(client: Client, path: str) -> Iterator[dict]:
    for page in pages(client, path):
        yield from page
