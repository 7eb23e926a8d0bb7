"""The one HTTP client of every source: time-outs, jittered retries, Retry-After, a total deadline, no secrets shown."""

import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from pipelines.answers import Answer, check, place
from pipelines.bounded_http import until
from pipelines.http_session import LARGEST_ANSWER, TooLarge, new_session, read_body
from pipelines.pace import Pace
from pipelines.public_http import NotPublic
from pipelines.quota import Meter
from pipelines.scrubbing import scrub
from pipelines.sync_error import SyncError

CONNECT_SECONDS, READ_SECONDS, TOTAL_SECONDS = 5, 15, 60
TRIES = 5
REQUESTS_AT_ONCE = 8  # of one client
LONGEST_WAIT_SECONDS = 120  # asked to wait longer: stop cleanly and go on at the next sync
UNSENDABLE = "no request can be made of the address and the credentials: one has characters that HTTP does not allow"
REDIRECTS = (301, 302, 307, 308)


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
        self.session = new_session(self.public_only)

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
                    raise error.scrubbed(self.secrets) from None
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
        return scrub(text, self.secrets)

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
        deadline = time.monotonic() + left
        timeout = (min(CONNECT_SECONDS, left), min(READ_SECONDS, left))
        options = {**options, "headers": {**self.headers, **options.get("headers", {})}}
        try:
            with until(deadline), self.session.request(
                method, url, auth=self.auth, timeout=timeout,
                stream=True, allow_redirects=False, **options,
            ) as response:  # fmt: skip
                body = read_body(response)
                return Answer(response.url, response.status_code, response.headers, body, self.scrub)
        except TooLarge:
            raise SyncError("unparsable", f"{place(url)} answered more than {LARGEST_ANSWER:,} bytes") from None
        except NotPublic:
            raise SyncError("configuration", f"{place(url)} is not on the public internet") from None
        except requests.Timeout as error:
            error_class = "unavailable" if isinstance(error, requests.ConnectTimeout) else "timeout"
            raise SyncError(error_class, f"{place(url)} did not answer in time") from None
        except ValueError:  # of http.client, whose text repeats the header that it refuses
            raise SyncError("configuration", UNSENDABLE) from None
        except (requests.RequestException, HTTPError, OSError) as error:
            timed_out = "timed out" in str(error).lower()
            reason = "did not answer in time" if timed_out else f"could not be reached ({type(error).__name__})"
            raise SyncError("timeout" if timed_out else "unavailable", f"{place(url)} {reason}") from None
