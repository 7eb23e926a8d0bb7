"""Lists that are asked for with the ETag of their last answer: GitHub counts an unchanged page (304) as no request.

The ETags stand among the connection's cursors, so they count only once the rows they speak of are committed.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.sources.github_paging import Page, first_url, walk
from pipelines.sources.reading import Reached, Request

RESOURCE = "etag"  # of the cursors that hold them


class Conditional:
    """One list in one sync. A sweep reads it whole: what is gone shows only in what is there."""

    def __init__(self, request: Request, path: str, params: Mapping[str, Any] | None = None, key: str = "") -> None:
        self._request, self._path, self._url = request, path, first_url(path, params)
        self._key = key  # where the list lies inside an object
        self._is_trusted = request.kept is not None and not request.sweep
        self._found: dict[str, str] = {}
        self.is_partial = False  # some page was left out, as it had not changed

    def pages(self, *, ends_unchanged: bool = False) -> Iterator[Page]:
        """The pages that changed. `ends_unchanged`: what changes moves to the front, so the first 304 is the end."""
        for number, page in enumerate(walk(self._request.client, self._path, self._url, self._key, known=self._known)):
            if page.rows is None:
                self.is_partial = True
                if ends_unchanged:
                    return
                continue
            # A last page that is full says nothing of what may follow it one day; of `ends_unchanged` the front is all.
            if page.etag and (page.following or not page.is_full) and not (ends_unchanged and number):
                self._found[page.url] = f"{page.etag} {page.following or ''}"
            yield page

    def reached(self) -> Iterator[Reached]:
        """The ETags of what was yielded, to be yielded after it."""
        for url, value in self._found.items():
            yield Reached(RESOURCE, url, value)

    def _known(self, url: str) -> Page | None:
        """What the last sync was told at this address."""
        etag, _, following = self._request.cursors.get(f"{RESOURCE}|{url}", "").rpartition(" ")
        return Page(url, None, etag, following or None) if etag and self._is_trusted else None
