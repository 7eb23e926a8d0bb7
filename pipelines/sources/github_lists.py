"""What every GitHub resource shares: lists, long ones newest first (see `backwards`)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from pipelines.raw_tables import RAW
from pipelines.sources import github_paging
from pipelines.sources.backwards import Backwards, Page, Shape, Walk
from pipelines.sources.github_conditional import Conditional
from pipelines.sources.github_paging import first_url, pages, walk
from pipelines.sources.github_repositories import each_repository
from pipelines.sources.reading import Present, Reading, Request, Rows, instant, present

Left = Callable[[Request, str], Iterator[Present]]  # what a sweep finds is there in a repository
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
           lookback: timedelta = LOOKBACK, left: Left | None = None) -> Callable[[Request], Reading]:  # fmt: skip
    """A resource that is one list, newest `field` first."""

    @each_repository
    def read(request: Request, repository: str) -> Reading:
        pages = walked(request, repository, path, params, field, key)
        reading = Backwards(request, name, repository, lookback)
        yield from reading.read(pages, _rows(name, repository, row))
        if left and request.sweep and reading.is_whole:
            yield from left(request, repository)

    return read


def newest(
    name: str, path: str, params: dict, field: str, row: Callable[[str, Any], Any], left: Left | None = None
) -> Callable[[Request], Reading]:
    """A resource that is one list in which whatever changes moves to the front: where that is as it was, all is."""

    @each_repository
    def read(request: Request, repository: str) -> Reading:
        front = Conditional(request, f"/repos/{repository}/{path}", params)
        older, rows = walked(request, repository, path, params, field), _rows(name, repository, row)
        reading = Backwards(request, name, repository, LOOKBACK)
        yield from reading.read(older, rows, partial(_changed, front, field))
        yield from front.reached()
        if left and request.sweep and reading.is_whole:
            yield from left(request, repository)

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
            yield from present(name, {"repository": repository}, rows, key)

    return read


def all_there(
    table: str, path: str, params: Mapping[str, Any], keep: Callable[[dict], bool] = lambda row: True
) -> Left:
    """What is there by the whole list."""

    def left(request: Request, repository: str) -> Iterator[Present]:
        found = pages(request.client, f"/repos/{repository}/{path}", params)
        yield from present(table, {"repository": repository}, (row for page in found for row in page if keep(row)))

    return left


def there_since(table: str, path: str, field: str, key: str, age: timedelta) -> Left:
    """What is there of the last time, by a list that is sorted by `field`, newest first: GitHub forgets what is old."""

    def left(request: Request, repository: str) -> Iterator[Present]:
        since = request.now - age

        def found() -> Iterator[dict]:
            for page in walked(request, repository, path, {}, field, key)(""):
                yield from page.rows
                if page.oldest and instant(page.oldest) < since:
                    return

        yield from present(table, {"repository": repository}, found(), since=(field, since))

    return left


def of_records(
    request: Request, table: str, repository: str, column: str, records: Sequence[Any], rows: Sequence[dict]
) -> Iterator[Present]:
    """What is there of records that were read whole, as far as some of it is kept: the others have nothing to lose."""
    kept = request.kept
    known = kept.known(table, repository, column, records) if kept and records else set(records)
    if known:
        parts = [row for row in rows if row[column] in known]
        yield from present(table, {"repository": repository, column: sorted(known)}, parts)
