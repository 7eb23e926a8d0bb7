"""Several tokens of one connection: each request goes by the one with the most left, and waits only when none has any.

GitHub counts requests of REST and points of GraphQL apart, each by account: tokens of one account share a quota.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf

from requests import PreparedRequest
from requests.auth import AuthBase

from pipelines.answers import Answer
from pipelines.quota import told
from pipelines.sync_error import SyncError

GRAPHQL, REST = "graphql", "core"
UNSAID_SECONDS = 60.0  # that a token rests which was refused without a time


@dataclass
class Left:
    """What a token may still ask: as its newest answer told, less what is under way; until then nobody knows."""

    requests: float = inf
    rests_until: float = 0.0  # by time.time()


class Tokens(AuthBase):
    """Signs each request with one of the tokens. Safe to use from several threads."""

    def __init__(self, tokens: Sequence[str], check: Callable[[Answer], None]) -> None:
        self._tokens, self._check = list(dict.fromkeys(tokens)), check
        self._left: dict[tuple[str, int], Left] = {}
        self._lock = threading.Lock()
        self._signed = threading.local()  # a thread hears the answer to its own request next

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        resource = _resource(str(request.url))
        with self._lock:
            number = max(range(len(self._tokens)), key=lambda one: self._has(resource, one))
            self._of(resource, number).requests -= 1
        self._signed.number = number
        request.headers["Authorization"] = f"Bearer {self._tokens[number]}"
        return request

    def check(self, answer: Answer) -> None:
        """Raise the SyncError that an answer means. A limit is one only when no token is left; until then it may be
        asked again at once."""
        number, resource = self._signed.number, _resource(answer.url)
        with self._lock:
            self._hear(answer, self._of(resource, number))
        try:
            self._check(answer)
        except SyncError as error:
            if error.error_class == "credentials" and len(self._tokens) > 1:
                error.message = f"token {number + 1} of {len(self._tokens)}: {error.message}"
            if error.error_class == "rate_limited":
                error.retry_after = self._wait(resource, number, error.retry_after)
            raise

    def left(self, resource: str) -> float:
        """The most that one of the tokens may still ask of an API."""
        with self._lock:
            return max(self._has(resource, number)[1] for number in range(len(self._tokens)))

    def _hear(self, answer: Answer, left: Left) -> None:
        if (found := told(answer.headers)) is None:
            return
        left.requests = min(left.requests, found.left) if left.rests_until > time.time() else found.left
        if found.left == 0 and found.resets_at is not None:
            left.rests_until = found.resets_at.timestamp()

    def _wait(self, resource: str, number: int, asked: float | None) -> float | None:
        """How long nobody can ask, after this token was told to wait."""
        if len(self._tokens) == 1:
            return asked
        now = time.time()
        with self._lock:
            left = self._of(resource, number)
            left.rests_until = max(left.rests_until, now + (UNSAID_SECONDS if asked is None else asked))
            rests = [self._of(resource, one).rests_until for one in range(len(self._tokens))]
            return max(0.0, min(rests) - now)

    def _has(self, resource: str, number: int) -> tuple[float, float]:
        """What orders tokens: those that may ask, by what they have left; then those that rest, the first to end."""
        left = self._of(resource, number)
        if left.rests_until > time.time():
            return (-left.rests_until, 0.0)
        if left.rests_until:  # its window has begun anew
            left.requests, left.rests_until = inf, 0.0
        return (0.0, left.requests)

    def _of(self, resource: str, number: int) -> Left:
        return self._left.setdefault((resource, number), Left())


def _resource(url: str) -> str:
    return GRAPHQL if url.endswith("/graphql") else REST
