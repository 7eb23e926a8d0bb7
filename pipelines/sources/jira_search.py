"""Jira's two kinds of pages, and its search: JQL in the wall clock of the token's owner."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipelines.http import Client
from pipelines.sync_error import SyncError

SEARCH_PAGE = 100
EVERYTHING = "updated >= '1970-01-02'"  # JQL without a restriction is refused


def offsets(client: Client, path: str, key: str = "values", **params: Any) -> Iterator[list[dict]]:
    """What is on each of its pages."""
    for page in pages(client, path, key, **params):
        yield page[key]


def pages(client: Client, path: str, key: str = "values", **params: Any) -> Iterator[dict]:
    """Pages by `startAt`, advanced by the number received: pages are smaller than asked for."""
    start = 0
    while True:
        page = client.json(path, {**params, "startAt": start, "maxResults": 100})
        rows = page[key]
        yield page
        start += len(rows)
        if not rows or page.get("isLast") or start >= page.get("total", start + 1):
            return


def whole_list(client: Client, path: str, key: str = "values") -> tuple[list[dict], bool]:
    """All of a list by `startAt`, and whether that is as much as Jira says there is."""
    found: list[dict] = []
    total: int | None = None
    for page in pages(client, path, key):
        found += page[key]
        total = page.get("total", total)
    return found, total is None or len(found) >= total


def tokens(ask: Callable[[dict[str, Any]], dict], key: str) -> Iterator[list[dict]]:
    """Pages by `nextPageToken`. A short page is not the last, and a token that comes twice is an error."""
    seen: set[str] = set()
    more: dict[str, Any] = {}
    while True:
        page = ask(more)
        yield page[key]
        token = page.get("nextPageToken")
        if not token or page.get("isLast"):
            return
        if token in seen:
            raise SyncError("unparsable", "Jira's search answers the same page token twice")
        seen.add(token)
        more = {"nextPageToken": token}


def search(
    client: Client, projects: Sequence[str], restrictions: Sequence[str], order: str, fields: Sequence[str]
) -> Iterator[list[dict]]:
    """Issues of these projects (none: of all) by the time of their last change, `order` asc or desc."""
    jql = f"{restricted(projects, *restrictions)} order by updated {order}, id {order}"
    body = {"jql": jql, "fields": list(fields), "maxResults": SEARCH_PAGE}
    return tokens(lambda more: client.post("/rest/api/3/search/jql", {**body, **more}), "issues")


def restricted(projects: Sequence[str], *restrictions: str) -> str:
    """JQL that has a restriction, whether one is asked for or not."""
    scope = [f"project in ({', '.join(projects)})"] if projects else []
    return " and ".join([*scope, *restrictions] or [EVERYTHING])


def minute(time: datetime, zone: ZoneInfo, *, up: bool) -> str:
    """An instant as JQL has it: a minute of the token owner's wall clock, here never before (`up`) or after `time`.

    A minute that the clock shows twice is left for one that it shows once: JQL cannot say which of them is meant.
    """
    step = timedelta(hours=1 if up else -1)
    local = (time + timedelta(minutes=1) if up else time).astimezone(zone)
    while local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
        local = (local.astimezone(UTC) + step).astimezone(zone)
    return f'"{local:%Y-%m-%d %H:%M}"'


def zone(client: Client) -> ZoneInfo:
    """Where the token's owner lives. Raises SyncError."""
    name = client.json("/rest/api/3/myself").get("timeZone") or "UTC"
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise SyncError("unparsable", f"Jira names a time zone that is none: {name!r}") from None
