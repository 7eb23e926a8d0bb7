"""Release branches: cut on Tuesday, tried in staging, released together on Wednesday; hotfixes are cherry-picked."""

from dataclasses import dataclass, field, replace
from datetime import date
from random import Random
from typing import TYPE_CHECKING

from pipelines.simulator.calendar import HOUR
from pipelines.simulator.deliveries import Change
from pipelines.simulator.deployments import Content
from pipelines.simulator.flow import Flow
from pipelines.simulator.names import DEPLOY_BOT
from pipelines.simulator.records import Commit, Incident, Person, PullRequest, Release, Service
from pipelines.simulator.repositories import Repository

if TYPE_CHECKING:
    from pipelines.simulator.company import Company

CUT_DAY, RELEASE_DAY = 1, 2  # Tuesday, Wednesday


@dataclass(slots=True)
class Train:
    """The release branch of a repository that is under way or out."""

    minor: int
    position: int
    patch: int = 0
    extras: list[Change] = field(default_factory=list)
    draft: Release | None = None

    @property
    def branch(self) -> str:
        return f"release/1.{self.minor}"

    @property
    def version(self) -> str:
        return f"v1.{self.minor}.{self.patch}"


class ReleaseFlow(Flow):
    def __init__(self, company: "Company") -> None:
        super().__init__(company)
        self.trains: dict[str, Train] = {}  # by service: the newest branch that was cut

    def plan_working_day(self, day: date, chance: Random) -> None:
        company = self.company
        opening = company.calendar.opening(day)
        for service in company.services:
            company.at(opening + chance.randint(0, 900), self.try_main, service)
            if day.weekday() == CUT_DAY:
                company.at(opening + HOUR + chance.randint(0, 1800), self.cut, service)
            if day.weekday() == RELEASE_DAY:
                company.at(opening + 5 * HOUR + chance.randint(0, 2400), self.release, service)

    def try_main(self, service: Service) -> None:
        """Staging gets main every morning."""
        line = self.line(service, service.environments[0])
        content = self.main_now(service)
        if line.latest is not None and self.has_news(service, line.environment, content.position):
            self.deploy(service, line.environment, content, f"Nightly {service.name}")

    def cut(self, service: Service) -> None:
        """Branch off main where it has news, and set the version there."""
        repository = self.company.repository_of(service)
        position = self.company.deliveries.position(repository.name)
        before = self.trains.get(service.name)
        if position <= (before.position if before else 0):
            return
        train = self.trains[service.name] = Train(before.minor + 1 if before else 1, position)
        repository.branches[train.branch] = repository.head
        repository.protected.add(train.branch)
        self._commit_version(repository, train)
        train.draft = self._announce(repository, train, is_draft=True)
        self._offer(repository, train)
        self.deploy(service, service.environments[0], self._content(repository, train), f"Try {train.version}")

    def _content(self, repository: Repository, train: Train) -> Content:
        return Content(repository.branches[train.branch], train.branch, train.position, tuple(train.extras))

    def _commit_version(self, repository: Repository, train: Train) -> None:
        bot = self.company.person(DEPLOY_BOT)
        commit = self._commit(repository, train, f"Set version to {train.version[1:]}", bot, self.company.now)
        self.company.direct_commits.append(commit)
        train.extras.append(
            Change(
                kind="commit",
                change_id=commit.sha,
                repository=repository.name,
                sha=commit.sha,
                title=commit.message,
                authored_at=commit.authored_at,
                merged_at=commit.committed_at,
                services=tuple(s.name for s in self.company.services if s.repository == repository.name),
                is_bot=True,
            )
        )

    def _commit(self, repository: Repository, train: Train, message: str, author: Person, authored_at: int) -> Commit:
        now = self.company.now
        sha = self.company.sha(repository.name, train.branch, self.company.next_id("branch commit"))
        parents = (repository.branches[train.branch],)
        files = (("VERSION", 1, 1),)
        commit = Commit(sha, repository.name, message, author, authored_at, now, parents, files=files)
        return repository.add(commit, train.branch, now)

    def _offer(self, repository: Repository, train: Train) -> None:
        """A release candidate: a tag and a prerelease that production never gets under that name."""
        candidate = self._announce(repository, train, is_draft=False)
        candidate.tag = candidate.name = f"{train.version}-rc.1"
        candidate.is_prerelease = True
        repository.tags[candidate.tag] = candidate.sha

    def _announce(self, repository: Repository, train: Train, is_draft: bool) -> Release:
        """A GitHub release; a draft has no tag of its own yet."""
        head = repository.branches[train.branch]
        release = Release(
            release_id=self.company.next_id("release"),
            repository=repository.name,
            tag=f"untagged-{head[:20]}" if is_draft else train.version,
            name=train.version,
            branch=train.branch,
            sha=head,
            author=self.company.random("manager", repository.name, train.version).choice(self.company.humans),
            body="What is new and what is mended.",
            created_at=self.company.now,
            published_at=None if is_draft else self.company.now,
            is_draft=is_draft,
        )
        repository.releases.append(release)
        return release

    def release(self, service: Service, mends: Incident | None = None) -> None:
        """Tag the branch, publish the release, deploy it."""
        repository = self.company.repository_of(service)
        train = self.trains.get(service.name)
        if train is None or train.draft is None or (service.name in self.frozen and mends is None):
            return
        draft, train.draft = train.draft, None
        head = repository.branches[train.branch]
        repository.tags[train.version] = head
        draft.tag, draft.sha, draft.is_draft, draft.published_at = train.version, head, False, self.company.now
        content = replace(self._content(repository, train), ref=train.version)
        self._bring_out(service, content, f"Release {train.version}", mends)

    def _bring_out(self, service: Service, content: Content, why: str, mends: Incident | None) -> None:
        """Deploy to production, after the pipeline that is running there."""
        if self.deploy(service, service.environments[1], content, why, mends) is None:
            self.company.at(self.company.now + 600, self._bring_out, service, content, why, mends)

    def promote(self, service: Service) -> None:
        """What was not released while production was frozen."""
        self.release(service)

    def deliver_repair(self, incident: Incident, pull: PullRequest, change: Change) -> None:
        self.company.at(self.company.now + 180, self.pick, incident, pull, change)

    def repaired_in_peace(self, incident: Incident, pull: PullRequest, change: Change) -> None:
        """After a rollback the mended version still has to go out: as a patch of the same release."""
        self.frozen.discard(incident.service)
        self.company.at(self.company.now + HOUR, self.pick, None, pull, change)

    def pick(self, incident: Incident | None, pull: PullRequest, change: Change) -> None:
        """Cherry-pick the repair onto the newest release branch, tag it, deploy it."""
        service = self.company.service(pull.services[0])
        repository = self.company.repository_of(service)
        train = self.trains[service.name]  # what broke production came from a release
        if incident is None and service.name in self.frozen:
            self.company.at(self.company.now + HOUR, self.pick, incident, pull, change)
            return
        for commit in pull.commits:
            message = f"{commit.message}\n\n(cherry picked from commit {commit.sha})"
            self._commit(repository, train, message, commit.author, commit.authored_at)
        train.extras.append(change)
        if train.draft is None:
            train.patch += 1
            train.draft = self._announce(repository, train, is_draft=True)
        self.release(service, incident)
