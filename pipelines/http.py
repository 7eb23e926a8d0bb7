"""The one HTTP client of every source: time-outs, jittered retries, Retry-After, a total deadline, no secrets shown."""

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cache, cached_property
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec
import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from pipelines import lenient_json
from pipelines.pace import Pace
from pipelines.public_http import NotPublic, PublicAdapter
from pipelines.quota import Meter
from pipelines.sync_error import SyncError

CONNECT_SECONDS, READ_SECONDS, TOTAL_SECONDS = 5, 15, 60
TRIES = 5
REQUESTS_AT_ONCE = 8  # of one client
LONGEST_WAIT_SECONDS = 120  # asked to wait longer: stop cleanly and go on at the next sync
LARGEST_ANSWER = 100 * 2**20
REDIRECTS = (301, 302, 307, 308)
EXCERPT = 200


@dataclass(frozen=True)
class Answer:
    """A complete answer. Header names are case-insensitive."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON. Raises SyncError(unparsable) with its first 200 characters."""
        try:
            return self._decoded
        except msgspec.DecodeError:
            raise unparsable(self, "is not JSON") from None

    @cached_property
    def _decoded(self) -> Any:
        return lenient_json.decode(self.body)

    def excerpt(self) -> str:
        return " ".join(self.body[: EXCERPT * 4].decode("utf-8", "replace").split())[:EXCERPT]


def unparsable(answer: Answer, why: str) -> SyncError:
    """An answer that is not what the source documents, with its beginning."""
    message = f"the answer of {_place(answer.url)} {why}: {answer.excerpt()!r}"
    return SyncError("unparsable", message, http_status=answer.status)


def check(answer: Answer) -> None:
    """Raise the SyncError that the status or a broken body means. Sources with a dialect of their own wrap this."""
    status = answer.status
    if status < 400:
        if status != 304 and "json" in answer.headers.get("Content-Type", ""):
            answer.json()  # in here, since a body that was cut off is worth another try
        return
    by_status = {401: "credentials", 403: "permission", 404: "not_found", 410: "not_found", 408: "timeout"}
    error_class = by_status.get(status, "configuration")
    if status == 429:
        error_class = "rate_limited"
    elif status >= 500:
        error_class = "unavailable"
    message = f"{_place(answer.url)} answered {status}: {answer.excerpt()!r}"
    raise SyncError(error_class, message, http_status=status, retry_after=retry_after(answer.headers))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait by `Retry-After` (seconds or a date), None where it is absent or senseless."""
    given = headers.get("Retry-After", "").strip()
    try:
        return max(0.0, float(given))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(given).timestamp() - time.time())
    except ValueError:
        return None


class Stopped(Exception):
    """The client was stopped: whoever still reads by it may end."""


@dataclass
class Client:
    """Requests to one host as one account. Safe to use from several threads."""

    base_url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    auth: tuple[str, str] | AuthBase | None = field(default=None, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    check: Callable[[Answer], None] = check
    meter: Meter = field(default_factory=Meter)
    pace: Pace | None = None  # None: the host states none
    public_only: bool = False  # ask no address of this machine or network, whatever its name resolves to by now
    total_seconds: float = TOTAL_SECONDS
    sleep: Callable[[float], object] | None = None  # None: until the time has passed or the client is stopped
    session: requests.Session = field(init=False, repr=False)
    _places: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(REQUESTS_AT_ONCE), repr=False)
    _is_stopped: threading.Event = field(default_factory=threading.Event, repr=False)
    _pause_ends: float = 0.0  # by time.monotonic(): a limit is everybody's

    def __post_init__(self) -> None:
        self.session = _session(self.public_only)

    def get(
        self, path: str, params: Mapping[str, Any] | None = None, *, tries: int = TRIES,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:  # fmt: skip
        """`headers` beside the client's own; an answer to `If-None-Match` may be a 304 without a body."""
        return self.request("GET", path, params=params, tries=tries, headers=headers or {})

    def json(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        return self.request("GET", path, params=params).json()

    def post(self, path: str, body: Any) -> Any:
        """Only for searches, which may be repeated."""
        return self.request("POST", path, json=body).json()

    def request(self, method: str, path: str, *, tries: int = TRIES, **options: Any) -> Answer:
        """One answer that passes `check`: a status below 400 and, where it says JSON, a JSON body.

        At most `tries` tries and 60 seconds, waits included, those for a turn aside. Raises SyncError, free of secrets.
        """
        self._rest(self._pause_ends - time.monotonic())
        deadline = time.monotonic() + self.total_seconds
        for number in range(1, tries + 1):
            if self.pace:
                turn = self.pace.turn()
                deadline += turn
                self._rest(turn)
            try:
                return self._try(method, self.url(path), options, deadline)
            except SyncError as error:
                wait = error.retry_after if error.retry_after is not None else random.uniform(0.25, 0.5) * 2**number
                gives_up = number == tries or wait > LONGEST_WAIT_SECONDS or time.monotonic() + wait >= deadline
                if not error.may_pass or gives_up:
                    raise self._scrubbed(error) from None
                if error.error_class == "rate_limited":
                    self._pause_ends = max(self._pause_ends, time.monotonic() + wait)
                self._rest(wait)
        raise AssertionError("the last try returns or raises")

    def stop(self) -> None:
        """Ask no more. Requests that are under way end; whoever waits, or asks from now on, gets Stopped."""
        self._is_stopped.set()

    def _rest(self, seconds: float) -> None:
        if seconds > 0:
            (self.sleep or self._is_stopped.wait)(seconds)

    def url(self, path: str) -> str:
        """Absolute address of a path, or of a link in an answer, which must stay on the same host."""
        if not path.startswith(("http://", "https://")):
            return self.base_url.rstrip("/") + "/" + path.lstrip("/")
        if urlsplit(path)[:2] != urlsplit(self.base_url)[:2]:
            raise SyncError("unparsable", f"the source links to another host, {urlsplit(path).hostname}")
        return path

    def scrub(self, text: str) -> str:
        """`text` without the secrets of this connection."""
        for secret in self.secrets:
            if secret:
                text = text.replace(secret, "***")
        return text

    def _try(self, method: str, url: str, options: Mapping[str, Any], deadline: float) -> Answer:
        for number in range(4):
            with self._places:
                if self._is_stopped.is_set():
                    raise Stopped
                if number == 0:
                    self.meter.take()
                answer = self._send(method, url, options, deadline)
            if self.pace:
                self.pace.answered()
            self.meter.hear(answer.headers)
            target = answer.headers.get("Location", "")
            if answer.status not in REDIRECTS or not target:
                break
            url, options = self.url(urljoin(url, target)), {k: v for k, v in options.items() if k != "params"}
        self.check(answer)
        return answer

    def _send(self, method: str, url: str, options: Mapping[str, Any], deadline: float) -> Answer:
        left = max(0.1, deadline - time.monotonic())
        timeout = (min(CONNECT_SECONDS, left), min(READ_SECONDS, left))
        options = {**options, "headers": {**self.headers, **options.get("headers", {})}}
        try:
            with self.session.request(
                method, url, auth=self.auth, timeout=timeout,
                stream=True, allow_redirects=False, **options,
            ) as response:  # fmt: skip
                return Answer(response.url, response.status_code, response.headers, _read(response, deadline))
        except NotPublic:
            raise SyncError("configuration", f"{_place(url)} is not on the public internet") from None
        except requests.Timeout as error:
            error_class = "unavailable" if isinstance(error, requests.ConnectTimeout) else "timeout"
            raise SyncError(error_class, f"{_place(url)} did not answer in time") from None
        except (requests.RequestException, HTTPError, OSError) as error:
            timed_out = "timed out" in str(error).lower()
            reason = "did not answer in time" if timed_out else f"could not be reached ({type(error).__name__})"
            raise SyncError("timeout" if timed_out else "unavailable", f"{_place(url)} {reason}") from None

    def _scrubbed(self, error: SyncError) -> SyncError:
        message = self.scrub(error.message)
        return SyncError(
            error.error_class, message, http_status=error.http_status,
            what_to_do=error.what_to_do, retry_after=error.retry_after,
        )  # fmt: skip


def _read(response: requests.Response, deadline: float) -> bytes:
    """The body, byte by byte if it must: a slow drip ends at the deadline, which no socket time-out sees."""
    parts, size = [], 0
    for part in _chunks(response):
        parts.append(part)
        size += len(part)
        if size > LARGEST_ANSWER:
            raise SyncError("unparsable", f"{_place(response.url)} answered more than {LARGEST_ANSWER:,} bytes")
        if time.monotonic() > deadline:
            raise SyncError("timeout", f"{_place(response.url)} answered too slowly")
    return b"".join(parts)


def _chunks(response: requests.Response) -> Iterator[bytes]:
    while part := response.raw.read1(2**16, decode_content=True):
        yield part


def _place(url: str) -> str:
    """Host and path. The query stays out: it may hold a user name or a token."""
    split = urlsplit(url)
    return f"{split.hostname}{split.path}"


def _session(public_only: bool = False) -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # neither a proxy nor a .netrc of this machine may meet a tenant's token
    for scheme in ("http://", "https://"):
        session.mount(scheme, (PublicAdapter if public_only else HTTPAdapter)(pool_connections=2, pool_maxsize=16))
    session.headers["User-Agent"] = user_agent()
    return session


@cache
def user_agent() -> str:
    try:
        return f"clearsignal/{version('clearsignal')}"
    except PackageNotFoundError:
        return "clearsignal/0"
