"""The books of delivery, kept while the company lives: the truth that the platform's figures are compared with.

No metric rule is used here. When a change lands it is written down at its place in the main branch's history; a
deployment knows up to which place it reaches (and which hotfixes its release branch picked besides); so what goes out
for the first time is what was never written off before in the same service and environment.
"""

from dataclasses import dataclass, field

from pipelines.simulator.records import Deployment


@dataclass(eq=False, slots=True)
class Change:
    """What somebody landed: a pull request, or a commit without one."""

    kind: str  # pull_request | commit
    change_id: str  # the pull request's number, or the sha
    repository: str
    sha: str  # that it is on the branch
    title: str
    authored_at: int  # first commit
    merged_at: int
    services: tuple[str, ...]
    is_bot: bool
    is_bad: bool = False  # it caused an incident: not to be blamed twice


@dataclass(slots=True)
class Delivery:
    """A change's first arrival in a service's environment."""

    change: Change
    deployment: Deployment
    service: str
    environment: str  # lower case
    deployed_at: int
    is_baseline: bool  # delivered by the first deployment of all, which has no predecessor

    @property
    def lead_time_seconds(self) -> int:
        return self.deployed_at - self.change.authored_at


@dataclass(slots=True)
class Line:
    """One service in one environment: its successes in order, and what reached it."""

    service: str
    environment: str
    repository: str
    successes: list[Deployment] = field(default_factory=list)
    shas: set[str] = field(default_factory=set)
    position: int = 0  # of the main branch's history, exclusive
    early: set[Change] = field(default_factory=set)  # arrived before their place in main's history did
    running: Deployment | None = None

    @property
    def latest(self) -> Deployment | None:
        return self.successes[-1] if self.successes else None


class Deliveries:
    """History of each main branch, and the line of each service and environment."""

    def __init__(self) -> None:
        self.history: dict[str, list[Change]] = {}  # repository → changes on main, in order
        self.lines: dict[tuple[str, str], Line] = {}  # (service, environment as shown)
        self.delivered: list[Delivery] = []
        self.extras: dict[int, tuple[Change, ...]] = {}  # deployment → what its release branch holds besides

    def line(self, service: str, environment: str, repository: str) -> Line:
        key = (service, environment)
        if key not in self.lines:
            self.lines[key] = Line(service, environment, repository)
        return self.lines[key]

    def land(self, change: Change) -> None:
        """A change arrived on main."""
        self.history.setdefault(change.repository, []).append(change)

    def position(self, repository: str) -> int:
        """How many changes main holds now."""
        return len(self.history.get(repository, ()))

    def succeed(self, deployment: Deployment, at: int) -> list[Delivery]:
        """Write off what a successful deployment brought for the first time, and say what kind of deployment it was."""
        line = self.line(deployment.service, deployment.environment, deployment.repository)
        latest = line.latest
        deployment.is_baseline = latest is None
        deployment.is_redeploy = latest is not None and latest.sha == deployment.sha
        deployment.is_rollback = not deployment.is_redeploy and deployment.sha in line.shas
        line.successes.append(deployment)
        line.shas.add(deployment.sha)

        history = self.history.get(deployment.repository, [])
        new = [change for change in history[line.position : deployment.position] if change not in line.early]
        picked = [c for c in self.extras.get(deployment.deployment_id, ()) if c not in line.early and c not in new]
        behind = set(history[: line.position]) if picked else set()
        picked = [change for change in picked if change not in behind]
        line.early.update(picked)
        line.position = max(line.position, deployment.position)
        found = [
            Delivery(change, deployment, line.service, line.environment.lower(), at, latest is None)
            for change in (*new, *picked)
        ]
        self.delivered += found
        return found
