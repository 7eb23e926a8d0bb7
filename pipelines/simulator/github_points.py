"""GraphQL's own primary limit: points of each token in its window."""

import time
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Balance:
    """What a token has used of its points. `reset`: epoch seconds."""

    limit: int
    used: int
    reset: int

    @property
    def remaining(self) -> int:
        return self.limit - self.used

    def headers(self) -> dict[str, str]:
        told = {"limit": self.limit, "remaining": self.remaining, "used": self.used, "reset": self.reset}
        return {"x-ratelimit-resource": "graphql", **{f"x-ratelimit-{name}": str(n) for name, n in told.items()}}


class Points:
    """Counted by the wall clock, as GitHub does."""

    def __init__(self) -> None:
        self._used: dict[str, tuple[float, int]] = {}  # token → end of the window, points in it

    def balance(self, token: str, settings: dict[str, Any]) -> Balance:
        now = time.time()
        end, used = self._used.get(token, (0.0, 0))
        if now >= end:
            end, used = now + settings["github_rate_window_seconds"], 0
            self._used[token] = (end, used)
        limit = settings["github_points_limit"]
        return Balance(limit, min(used, limit), int(end) + 1)

    def spend(self, token: str, points: int, settings: dict[str, Any]) -> Balance:
        """The balance after a query."""
        self.balance(token, settings)
        end, used = self._used[token]
        self._used[token] = (end, used + points)
        return self.balance(token, settings)
