"""Slows down whoever guesses: failed sign-ins are counted per account, per address, and per both.

The counts live in the memory of this process (one worker serves the API) and are bounded; a restart forgets them.
"""

import time
from collections import OrderedDict
from collections.abc import Callable

from api.errors import ApiError

WINDOW_SECONDS = 15 * 60
LONGEST_WAIT_SECONDS = 15 * 60
MOST_KEPT = 50_000
# Free failures: one account from one address is a person who mistypes; one account from everywhere, or one address
# against everything, is not. An account alone is allowed more, or anybody could lock anybody out.
FREE = {"account and address": 5, "address": 30, "account": 100}


class SignInLimits:
    """Failed attempts and the wait that follows from them: 1 s after the last free one, doubled each time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._failures: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()

    def check(self, account: str, address: str) -> None:
        """Raise ApiError 429 while this account or address must wait."""
        wait = max(self._wait(kind, key) for kind, key in _keys(account, address))
        if wait > 0:
            raise ApiError(
                429,
                "RATE_LIMITED",
                "Too many failed sign-ins. Wait and try again.",
                headers={"Retry-After": str(int(wait) + 1)},
            )

    def failed(self, account: str, address: str) -> None:
        """Count a failure."""
        now = self.clock()
        for entry in _keys(account, address):
            count, last = self._failures.pop(entry, (0, now))
            self._failures[entry] = (1 if now - last > WINDOW_SECONDS else count + 1, now)
        while len(self._failures) > MOST_KEPT:
            self._failures.popitem(last=False)

    def succeeded(self, account: str, address: str) -> None:
        """Forget a person's failures, who now knew the password; of what others did only this try is taken off."""
        for kind, key in _keys(account, address):
            count, last = self._failures.get((kind, key), (0, 0.0))
            if kind == "account and address" or count <= 1:
                self._failures.pop((kind, key), None)
            else:
                self._failures[kind, key] = (count - 1, last)

    def _wait(self, kind: str, key: str) -> float:
        count, last = self._failures.get((kind, key), (0, 0.0))
        if count < FREE[kind]:
            return 0.0
        pause = min(2.0 ** min(count - FREE[kind], 20), LONGEST_WAIT_SECONDS)
        return last + pause - self.clock()


def _keys(account: str, address: str) -> list[tuple[str, str]]:
    return [("account and address", f"{account}\n{address}"), ("address", address), ("account", account)]
