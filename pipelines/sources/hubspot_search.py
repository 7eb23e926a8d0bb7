"""HubSpot's pages: lists by `after`, and a search that ends at 10,000 results."""

from collections.abc import Iterator
from typing import Any

from pipelines.http import Client
from pipelines.sources.reading import instant
from pipelines.sync_error import SyncError

LIST_PAGE, SEARCH_PAGE, SEARCH_END = 100, 200, 10_000
FRONT = "front"  # of a list


def listed(client: Client, path: str, size: int = LIST_PAGE, **params: Any) -> Iterator[list[dict]]:
    """Every page of a list."""
    for page, _ in listed_from(FRONT, client, path, size, **params):
        yield page


def listed_from(place: str, client: Client, path: str, size: int, **params: Any) -> Iterator[tuple[list[dict], str]]:
    """Pages of a list from a place on, each with where the next one begins; empty: nowhere."""
    after = "" if place == FRONT else place
    seen: set[str] = set()
    while True:
        page = client.json(path, {**params, "limit": size, **({"after": after} if after else {})})
        after = following(page) or ""  # the last page has no `paging`
        yield page["results"], after
        if not after:
            return
        if after in seen:
            raise SyncError("unparsable", f"HubSpot's list {path} answers the same page token twice")
        seen.add(after)


def changed(client: Client, kind: str, properties: list[str], by: str, since_ms: int) -> Iterator[list[dict]]:
    """Objects whose time `by` is not before `since_ms`, oldest change first.

    After 10,000 results the window moves on to the last time seen; where one time fills it all, that time is
    paged by id, since its window cannot move.
    """
    while True:
        window = _filter(by, "GTE", since_ms)
        found: list[dict] = []
        for page in _search(client, kind, properties, [window], by):
            found += page
            yield page
        if len(found) < SEARCH_END:
            return
        last = milliseconds(found[-1]["properties"][by])
        if last == since_ms:
            yield from _same_time(client, kind, properties, by, since_ms)
            last += 1
        since_ms = last


def milliseconds(text: str) -> int:
    """A property's time, ISO 8601 or epoch milliseconds, as the search's filters want it."""
    return int(text) if text.isdigit() else round(instant(text).timestamp() * 1000)


def _same_time(client: Client, kind: str, properties: list[str], by: str, time_ms: int) -> Iterator[list[dict]]:
    last = 0
    while True:
        filters = [_filter(by, "EQ", time_ms), _filter("hs_object_id", "GT", last)]
        count = 0
        for page in _search(client, kind, properties, filters, "hs_object_id"):
            count += len(page)
            last = max([last, *(int(found["id"]) for found in page)])
            yield page
        if count < SEARCH_END:
            return


def _search(client: Client, kind: str, properties: list[str], filters: list[dict], by: str) -> Iterator[list[dict]]:
    body: dict[str, Any] = {
        "filterGroups": [{"filters": filters}],
        "sorts": [{"propertyName": by, "direction": "ASCENDING"}],
        "properties": properties,
        "limit": SEARCH_PAGE,
    }
    read = 0
    while True:
        page = client.post(f"/crm/v3/objects/{kind}/search", body)
        yield page["results"]
        read += len(page["results"])
        after = following(page)
        if after is None or read >= SEARCH_END:
            return
        if after == body.get("after"):
            raise SyncError("unparsable", f"HubSpot's search of {kind} answers the same page token twice")
        body["after"] = after


def _filter(name: str, operator: str, value: int) -> dict[str, str]:
    return {"propertyName": name, "operator": operator, "value": str(value)}


def following(page: dict) -> str | None:
    """The token of the page after this one."""
    return ((page.get("paging") or {}).get("next") or {}).get("after")
