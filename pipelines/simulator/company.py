"""A company that lives day by day, wholly determined by its charter.

`live_until(now)` plays every event up to and including `now`, never beyond: so whatever is in the lists below has
happened, and every field that is None has not happened yet. How often it is called, and with which steps, changes
nothing. Going back is starting again (`World` does that).
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from hashlib import sha1
from random import Random
from typing import Any
from zlib import crc32

from pipelines.simulator import founding
from pipelines.simulator.calendar import DAY, Calendar
from pipelines.simulator.deliveries import Deliveries
from pipelines.simulator.flow import Flow
from pipelines.simulator.flow_monorepo import MonorepoFlow
from pipelines.simulator.flow_release import ReleaseFlow
from pipelines.simulator.flow_trunk import TrunkFlow
from pipelines.simulator.records import Commit, Deployment, Incident, Issue, Person, PullRequest, Service, WorkItem
from pipelines.simulator.repositories import Repository

FLOWS: dict[str, type[Flow]] = {"trunk": TrunkFlow, "release": ReleaseFlow, "monorepo": MonorepoFlow}

SMALL_IDS = ("account", "repository")  # GitHub's are below 2³¹, and GraphQL has no others


@dataclass(frozen=True, slots=True)
class Charter:
    """Everything a company follows from. `founded_at` None: `days` before the world's first now."""

    slug: str
    style: str = "trunk"  # trunk | release | monorepo
    seed: int = 1
    founded_at: int | None = None  # an instant; the company begins on that local day's midnight
    days: int = 35
    time_zone: str = "UTC"
    pull_requests_per_day: float = 3.0  # a working day, all repositories together, bots included
    people: int = 9
    services: tuple[str, ...] = ()  # names; () takes the style's own three

    def founded(self, now: int) -> "Charter":
        """The same with a founding instant: midnight of the local day, `days` ago."""
        calendar = Calendar(self.time_zone)
        at = self.founded_at if self.founded_at is not None else now - self.days * DAY
        return replace(self, founded_at=calendar.day_start(calendar.day_of(at)))


class Company:
    """The living company. All lists are in order of creation and hold only what has happened."""

    def __init__(self, charter: Charter) -> None:
        if charter.founded_at is None or charter.style not in FLOWS:
            raise ValueError(f"a company needs founded_at and a style of {', '.join(FLOWS)}: {charter}")
        self.charter = charter
        self.slug = charter.slug
        self.style = charter.style
        self.founded_at: int = charter.founded_at
        self.calendar = Calendar(charter.time_zone)
        self.now = self.founded_at - 1
        self.people: list[Person] = []  # bots included
        self.services: list[Service] = []
        self.repositories: dict[str, Repository] = {}  # by owner/name
        self.work_items: list[WorkItem] = []
        self.pull_requests: list[PullRequest] = []
        self.issues: list[Issue] = []  # GitHub's
        self.deployments: list[Deployment] = []
        self.incidents: list[Incident] = []
        self.direct_commits: list[Commit] = []  # on a long-lived branch without a pull request
        self.deliveries = Deliveries()
        self.flow = FLOWS[charter.style](self)
        self._queue: list[tuple[int, int, Callable[..., None], tuple[Any, ...]]] = []
        self._scheduled = 0
        self._next_ids: dict[str, int] = {}
        founding.found(self)

    # -- time

    def live_until(self, instant: int) -> None:
        """Let everything happen that happens up to and including `instant`."""
        while self._queue and self._queue[0][0] <= instant:
            self.now, _, action, arguments = heapq.heappop(self._queue)
            action(*arguments)
        self.now = max(self.now, instant)

    def at(self, instant: int, action: Callable[..., Any], *arguments: Any) -> None:
        """Let something happen then; what should have happened before now happens next."""
        self._scheduled += 1
        heapq.heappush(self._queue, (max(instant, self.now), self._scheduled, action, arguments))

    def days(self) -> list[date]:
        """The local days from the founding up to now."""
        first, last = self.calendar.day_of(self.founded_at), self.calendar.day_of(self.now)
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]

    # -- identity

    def random(self, *stream: object) -> Random:
        """A stream of chance of its own: the same for the same charter and name, whatever else is drawn."""
        charter = self.charter
        return Random("|".join(map(str, (charter.seed, charter.style, charter.slug, *stream))))

    def next_id(self, kind: str) -> int:
        """A number that no other object of that kind has, in this or (nearly surely) any other company."""
        count = self._next_ids[kind] = self._next_ids.get(kind, 0) + 1
        step = 100_000 if kind in SMALL_IDS else 1_000_000
        return (1_000 + crc32(self.slug.encode()) % 8_000) * step + count

    def sha(self, *names: object) -> str:
        return sha1("|".join(map(str, (self.charter.seed, self.slug, *names))).encode()).hexdigest()

    # -- look-ups

    @property
    def humans(self) -> list[Person]:
        return [person for person in self.people if not person.is_bot]

    def person(self, login: str) -> Person:
        return next(person for person in self.people if person.login == login)

    def service(self, name: str) -> Service:
        return next(service for service in self.services if service.name == name)

    def repository_of(self, service: Service | str) -> Repository:
        found = self.service(service) if isinstance(service, str) else service
        return self.repositories[found.repository]
