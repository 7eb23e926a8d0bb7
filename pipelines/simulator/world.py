"""The outside world: its clock, its companies, its faults, and what users edited or deleted by hand."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipelines.simulator.amendments import AMENDABLE, Amendments
from pipelines.simulator.clock import Clock
from pipelines.simulator.company import Charter, Company
from pipelines.simulator.faults import Faults
from pipelines.simulator.github_limits import RateLimits
from pipelines.simulator.github_points import Points
from pipelines.simulator.github_store import IDENTITY, LivedStore, Store

DEFAULT_COMPANIES = (
    Charter("acme", "trunk", seed=11, days=182, time_zone="Europe/Berlin"),
    Charter("globex", "monorepo", seed=12, days=182, time_zone="America/New_York"),
    Charter("initech", "release", seed=13, days=182, time_zone="Asia/Kolkata"),
)


class World:
    """One process's world. `company(slug)` is lived up to the clock's now each time it is asked for."""

    def __init__(self, charters: tuple[Charter, ...], clock: Clock) -> None:
        self.clock = clock
        self.faults = Faults()
        self.amendments = Amendments()
        self.github_limits = RateLimits()
        self.github_points = Points()
        self.settings: dict[str, Any] = {
            "github_rate_limit": 15000,  # requests of a token in a window, as an Enterprise organisation has
            "github_rate_window_seconds": 3600,
            "github_points_limit": 5000,  # GraphQL's, in the same window
            "github_secondary_limit": None,  # requests of a token in a minute
            "zendesk_exports_per_minute": None,  # the real one allows 10
            "gdelt_seconds_between_requests": 0.02,  # the demo asks every 0.05 s, the real one wants 5 s
        }
        self.charters = {charter.slug: charter.founded(clock.now()) for charter in charters}
        # What records/delete knows, by provider; records/edit all of GitHub's, and the first one of the others.
        self.amendable: dict[str, tuple[str, ...]] = {
            "github": tuple(IDENTITY),
            **AMENDABLE,
        }
        self.replays: dict[str, Any] = {}  # slug → what a recorded folder gives; see replay.py
        self._companies: dict[str, Company] = {}
        self._path: Path | None = None

    def company(self, slug: str) -> Company | None:
        """The company as of now, None where there is none of that name."""
        charter = self.charters.get(slug)
        if charter is None:
            return None
        now = self.clock.now()
        company = self._companies.get(slug)
        if company is None or company.now > now:  # the clock was set back: what is to come has not happened
            company = self._companies[slug] = Company(charter)
        if company.now < now:
            company.live_until(now)
        return company

    def github(self, owner: str) -> Store | None:
        """Where the repositories of an owner are: a company's life, or a replayed recording."""
        company = self.company(owner)
        if company is not None:
            return LivedStore(company)
        stores: list[Store] = [replay.github for replay in self.replays.values()]
        stores += [LivedStore(found) for found in map(self.company, self.charters) if found is not None]
        return next((store for store in stores if owner in store.owners), None)

    def github_by_token(self, token: str) -> Store | None:
        """The repositories that a token may read."""
        company = token.removeprefix("github-").partition("+")[0]  # `github-acme+2`: a second account of acme
        if token.startswith("github-") and company in self.charters:
            return self.github(company)
        stores = (replay.github for replay in self.replays.values())
        return next((store for store in stores if store.token == token), None)

    def replay(self, folder: Path) -> None:
        """Serve a folder of recorded answers as one more company."""
        from pipelines.simulator import replay  # only who replays reads it

        found = replay.read(folder)
        self.replays[found.slug] = found

    def keep_in(self, path: Path) -> None:
        """From now on, keep this world there."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self.save()

    def save(self) -> None:
        """Keep what makes this world, where it is kept: its charters (with their founding) and its clock."""
        path = self._path
        if path is None:
            return
        state = {
            "companies": [asdict(charter) for charter in self.charters.values()],
            "clock": {"fixed": self.clock.fixed, "offset": self.clock.offset},
        }
        temporary = path.with_suffix(".new")
        temporary.write_text(json.dumps(state, indent=1))
        temporary.replace(path)


def open_world(state_dir: Path | None, companies: tuple[Charter, ...] | None = None, now: int | None = None) -> World:
    """The world kept in `state_dir`, or a new one. Kept companies stay as founded; new charters join them."""
    path = state_dir / "world.json" if state_dir else None
    if path is None or not path.exists():
        world = World(companies or DEFAULT_COMPANIES, Clock(fixed=now))
    else:
        state = json.loads(path.read_text())
        kept = {c["slug"]: Charter(**{**c, "services": tuple(c["services"])}) for c in state["companies"]}
        added = {charter.slug: charter for charter in companies or () if charter.slug not in kept}
        clock = Clock(**state["clock"]) if now is None else Clock(fixed=now)
        world = World((*kept.values(), *added.values()), clock)
    if path is not None:
        world.keep_in(path)
    return world
