"""A host's pace: so many seconds between two requests of this process, whichever connections ask."""

import threading
import time
from collections import defaultdict
from dataclasses import dataclass

_next_turn: dict[str, float] = defaultdict(float)  # by host, as of time.monotonic()
_turns = threading.Lock()


@dataclass(frozen=True)
class Pace:
    """What one host asks for."""

    host: str
    seconds: float

    def turn(self) -> float:
        """Take the next turn: how many seconds it is away."""
        with _turns:
            now = time.monotonic()
            turn = max(now, _next_turn[self.host])
            _next_turn[self.host] = turn + self.seconds
        return turn - now

    def answered(self) -> None:
        """Count from the answer: after a request that was slow to arrive the next one would come too early."""
        with _turns:
            _next_turn[self.host] = max(_next_turn[self.host], time.monotonic() + self.seconds)
