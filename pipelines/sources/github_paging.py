"""How GitHub pages and refuses: `Link` headers alone, two kinds of limit, HTML errors on pages that are too large."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pipelines import answers, http
from pipelines.answers import Answer
from pipelines.http import Client
from pipelines.sync_error import SyncError

NEXT = re.compile(r'<([^>]+)>\s*;[^,]*\brel="next"')
PER_PAGE, SMALLEST_PAGE = 100, 12
HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
MOST_PAGES = 10_000  # a million rows; beyond it a list repeats itself


def check(answer: Answer) -> None:
    """A 403 is a limit or a missing permission: the headers and the body tell which."""
    if answer.status in (403, 429):
        limit = _limit(answer)
        if limit is not None:
            raise limit
        if answer.status == 403 and (lacking := _lacking(answer.headers)):
            message = f"{urlsplit(answer.url).path} answered 403: {answer.excerpt()!r}"
            raise SyncError("permission", message, http_status=403, what_to_do=f"give the token {lacking}.")
    answers.check(answer)


def _lacking(headers: Mapping[str, str]) -> str | None:
    """The right that a refused request would have needed, as GitHub names it; None where it does not."""
    if accepted := headers.get("X-Accepted-GitHub-Permissions", ""):  # fine-grained tokens and apps
        return " or ".join(f"the permission {each.strip()}" for each in accepted.split(";"))
    granted, accepted = headers.get("X-OAuth-Scopes", ""), headers.get("X-Accepted-OAuth-Scopes", "")
    return f"one of the scopes {accepted} (it has {granted or 'none'})" if accepted else None


def _limit(answer: Answer) -> SyncError | None:
    headers, said = answer.headers, answer.excerpt()
    wait = answers.retry_after(headers)
    if headers.get("x-ratelimit-remaining") == "0":
        reset = headers.get("x-ratelimit-reset", "")
        wait = max(1.0, float(reset) - time.time()) if reset.isdigit() and wait is None else wait
        kind = "primary"
    elif wait is not None or answer.status == 429 or "rate limit" in said.lower() or "abuse" in said.lower():
        wait = 60.0 if wait is None else wait  # GitHub: at least a minute where it does not say
        kind = "secondary"
    else:
        return None
    message = f"GitHub's {kind} rate limit is used up: {said!r}"
    return SyncError("rate_limited", message, http_status=answer.status, retry_after=wait)


class Page(NamedTuple):
    """One page of a list. `rows` None: it is as it was when it had this ETag."""

    url: str
    rows: list[dict] | None
    etag: str
    following: str | None  # address of the next page

    @property
    def is_full(self) -> bool:
        """Whether one more row would need another page."""
        return self.rows is None or len(self.rows) >= int(dict(parse_qsl(urlsplit(self.url).query))["per_page"])


def first_url(path: str, params: Mapping[str, Any] | None = None) -> str:
    return f"{path}?{urlencode({'per_page': PER_PAGE, **(params or {})})}"


def pages(client: Client, path: str, params: Mapping[str, Any] | None = None, key: str = "") -> Iterator[list[dict]]:
    """The rows of each page of a list. `key`: where the list lies inside an object.

    Raises SyncError; an empty repository (409) and switched-off issues (410) are an empty list.
    """
    for page in walk(client, path, first_url(path, params), key):
        yield page.rows or []


def walk(
    client: Client, path: str, url: str | None, key: str = "", known: Callable[[str], Page | None] = lambda url: None
) -> Iterator[Page]:
    """Each page from `url` on, following `Link` as it is. `known`: what was answered at an address before."""
    seen: set[str] = set()
    while url is not None:
        if url in seen or len(seen) > MOST_PAGES:
            raise SyncError("unparsable", f"the list {path} repeats its pages")
        seen.add(url)
        smaller, before = _halved(url), known(url)
        headers = {"If-None-Match": before.etag} if before else {}
        try:
            answer = client.get(url, tries=2 if smaller else http.TRIES, headers=headers)
        except SyncError as error:
            if error.http_status in (409, 410) and len(seen) == 1:  # else the list broke off
                return
            if smaller and error.error_class == "unavailable" and error.http_status in (502, 503, 504):
                url = smaller
                continue
            raise
        page = before if before and answer.status == 304 else _page(answer, url, key)
        yield page
        url = page.following


def _page(answer: Answer, url: str, key: str) -> Page:
    body = answer.json()
    rows = body.get(key) if key and isinstance(body, dict) else body
    if not isinstance(rows, list):
        raise answers.unparsable(answer, "is not the list that GitHub documents")
    following = NEXT.search(answer.headers.get("Link", ""))
    return Page(url, rows, answer.headers.get("ETag", ""), following.group(1) if following else None)


def _halved(url: str) -> str | None:
    """The same place in the list with pages half as large, None where they are small already."""
    split = urlsplit(url)
    query = dict(parse_qsl(split.query))
    size = int(query.get("per_page", PER_PAGE))
    if size // 2 < SMALLEST_PAGE or size % 2:
        return None
    query["per_page"] = str(size // 2)
    if "page" in query:
        query["page"] = str((int(query["page"]) - 1) * 2 + 1)
    return urlunsplit(split._replace(query=urlencode(query)))
