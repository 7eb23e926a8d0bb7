"""What every GitHub resource shares: lists, long ones newest first (see `backwards`)."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from pipelines.raw_tables import RAW
from pipelines.sources import github_paging
from pipelines.sources.backwards import Backwards, Page, Shape, Walk
from pipelines.sources.github_conditional import Conditional
from pipelines.sources.github_paging import first_url, pages, walk
from pipelines.sources.github_repositories import each_repository
from pipelines.sources.reading import Present, Reading, Request, Rows

LOOKBACK = timedelta(minutes=5)  # some writes show late; reading twice is harmless


def walked(request: Request, repository: str, path: str, params: dict, field: str, key: str = "") -> Walk:
    """The pages of a list that is sorted by `field`, newest first. A place in it is the address of a page."""
    client, path = request.client, f"/repos/{repository}/{path}"

    def pages(place: str) -> Iterator[Page]:
        for page in walk(client, path, place or first_url(path, params), key):
            yield as_page(page, field)

    return pages


def as_page(page: github_paging.Page, field: str) -> Page:
    rows = page.rows or []
    return Page(rows, [row[field] for row in rows], page.following or "")


def simple(name: str, path: str, params: dict, field: str, row: Callable[[str, Any], Any], key: str = "",
           lookback: timedelta = LOOKBACK) -> Callable[[Request], Reading]:  # fmt: skip
    """A resource that is one list, newest `field` first."""

    @each_repository
    def read(request: Request, repository: str) -> Reading:
        pages = walked(request, repository, path, params, field, key)
        yield from Backwards(request, name, repository, lookback).read(pages, _rows(name, repository, row))

    return read


def newest(
    name: str, path: str, params: dict, field: str, row: Callable[[str, Any], Any]
) -> Callable[[Request], Reading]:
    """A resource that is one list in which whatever changes moves to the front: where that is as it was, all is."""

    @each_repository
    def read(request: Request, repository: str) -> Reading:
        front = Conditional(request, f"/repos/{repository}/{path}", params)
        older, rows = walked(request, repository, path, params, field), _rows(name, repository, row)
        yield from Backwards(request, name, repository, LOOKBACK).read(older, rows, partial(_changed, front, field))
        yield from front.reached()

    return read


def _changed(front: Conditional, field: str) -> Iterator[Page]:
    """An unchanged front says that nothing is new, not that what lies below it has been read."""
    return (as_page(page, field) for page in front.pages(ends_unchanged=True))


def _rows(name: str, repository: str, row: Callable[[str, Any], Any]) -> Shape:
    def shape(found: Sequence[Any]) -> Reading:
        yield Rows(name, [row(repository, one) for one in found])

    return shape


def whole(name: str, path: str, row: Callable[[str, Any], Any], key: str = "id") -> Callable[[Request], Reading]:
    """A resource whose list is short and has no time of change: read whole each time it changed."""
    has_heads = "sha" in RAW["github"][name].columns

    @each_repository
    def read(request: Request, repository: str) -> Reading:
        found = Conditional(request, f"/repos/{repository}/{path}")
        rows = [row(repository, one) for page in found.pages() for one in page.rows or []]
        yield Rows(name, rows)
        yield from found.reached()
        if has_heads:
            request.heads[repository].update([one["sha"] for one in rows])
            if found.is_partial and request.kept:  # the commits they point at may have failed the last time
                request.heads[repository].update(request.kept.heads(name, repository))
        if request.sweep:
            yield Present(name, {"repository": repository}, [one[key] for one in rows])

    return read


def present(request: Request, table: str, repository: str, path: str, params: dict,
             keep: Callable[[dict], bool] = lambda row: True) -> Iterator[Present]:  # fmt: skip
    ids = [
        row["id"] for page in pages(request.client, f"/repos/{repository}/{path}", params) for row in page if keep(row)
    ]
    yield Present(table, {"repository": repository}, ids)
