"""Who begins to write code, and what: features and fixes of people, dependency bumps of the bot, direct commits."""

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from pipelines.simulator import backlog, pull_requests
from pipelines.simulator.calendar import HOUR
from pipelines.simulator.deliveries import Change
from pipelines.simulator.names import CONFIG, DEPENDENCY_BOT, DEPLOY_BOT, PACKAGES
from pipelines.simulator.records import Commit, Incident, Person, Service, WorkItem
from pipelines.simulator.repositories import Repository

if TYPE_CHECKING:
    from pipelines.simulator.company import Company

FORK_SHARE = 0.15  # of people's pull requests come from a fork that is deleted later
LATE_FIRST_COMMIT_SHARE = 0.3  # of people's; 15 % of all, as some are merged before that
REBASED_SHARE = 0.28
UNKNOWN_EMAIL_SHARE = 0.15  # of commits are written under an address without an account


@dataclass(slots=True)
class Plan:
    """A pull request as its author has it in mind."""

    chance: Random
    kind: str
    repository: Repository
    services: tuple[Service, ...]
    author: Person
    title: str
    body: str | None
    branch: str
    authored: list[int]  # when the commits of the opening were written
    labels: tuple[str, ...] = ()
    item: WorkItem | None = None
    issue_key: str | None = None
    incident: Incident | None = None
    reverts: Change | None = None
    is_urgent: bool = False  # production is broken: minutes, also at night
    is_first_commit_late: bool = False
    is_rebased: bool = False
    is_fork: bool = False
    is_draft: bool = False
    is_given_up: bool = False
    files: tuple[tuple[str, int, int], ...] = field(default=())


def begin(company: "Company") -> None:
    """Somebody takes an item and begins to write."""
    chance = company.random("work", company.next_id("work"))
    author = chance.choice(company.humans)
    item = backlog.take_item(company, author)
    hours = min(chance.lognormvariate(-1.1, 1.5), 40.0)
    opened_at = company.calendar.work_after(company.now, hours)
    key = item.key if chance.random() < 0.88 else None
    services = [item.service]
    if company.style == "monorepo" and chance.random() < 0.15:
        services.append(chance.choice([s for s in company.services if s is not item.service] or services))
    kind = "fix" if item.kind == "bug" else "feature"
    slug = item.title.lower().replace(" ", "-")[:32]
    plan = Plan(
        chance=chance,
        kind=kind,
        repository=company.repository_of(item.service),
        services=tuple(dict.fromkeys(services)),
        author=author,
        title=f"{key}: {item.title}" if key and chance.random() < 0.6 else item.title,
        body=chance.choice((None, "", f"Closes {item.key}." if key else "See the chat.", f"{item.title}.\n\nTested.")),
        branch=f"{kind}/{key.lower() + '-' if key else ''}{slug}-{item.number}",
        authored=writing_times(chance, company.now, opened_at),
        labels=("bug",) if kind == "fix" else (),
        item=item,
        issue_key=key,
        is_first_commit_late=chance.random() < LATE_FIRST_COMMIT_SHARE,
        is_rebased=chance.random() < REBASED_SHARE,
        is_fork=chance.random() < FORK_SHARE,
        is_draft=chance.random() < 0.2,
        is_given_up=chance.random() < 0.07,
    )
    company.at(opened_at, pull_requests.open_pull, company, plan)


def writing_times(chance: Random, start: int, end: int) -> list[int]:
    """When the commits between two instants were written: mostly one to three, the first soon after the start."""
    count = 1 + min(int(chance.expovariate(0.9)), 7)
    span = max(60, end - start)
    return sorted(start + int(span * (0.05 + 0.9 * chance.random())) for _ in range(count))


def bump(company: "Company") -> None:
    """The bot offers a newer version of a dependency."""
    number = company.next_id("bump")
    chance = company.random("bump", number)
    service = chance.choice(company.services)
    package, minor = chance.choice(PACKAGES), chance.randint(1, 40)
    plan = Plan(
        chance=chance,
        kind="dependency",
        repository=company.repository_of(service),
        services=(service,),
        author=company.person(DEPENDENCY_BOT),
        title=f"Bump {package} from 2.{minor}.0 to 2.{minor + 1}.0",
        body=f"Bumps [{package}](https://github.com/example/{package}) from 2.{minor}.0 to 2.{minor + 1}.0.",
        branch=f"dependabot/{package}-2.{minor + 1}.0-{number % 1_000_000}",
        authored=[company.now - chance.randint(20, 90)],
        labels=("dependencies",),
        is_given_up=chance.random() < 0.12,
        is_rebased=chance.random() < 0.1,
    )
    pull_requests.open_pull(company, plan)


def commit_directly(company: "Company") -> None:
    """Somebody (or the release bot) pushes to the main branch without a pull request."""
    number = company.next_id("direct")
    chance = company.random("direct", number)
    service = chance.choice(company.services)
    repository = company.repository_of(service)
    is_bot = chance.random() < 0.6
    author = company.person(DEPLOY_BOT) if is_bot else chance.choice(company.humans)
    authored = company.now - (5 if is_bot else chance.randint(30, 2 * HOUR))
    commit = Commit(
        sha=company.sha(repository.name, "direct", number),
        repository=repository.name,
        message="Update generated clients [skip ci]" if is_bot else chance.choice(CONFIG),
        author=author,
        authored_at=authored,
        committed_at=company.now,
        parents=(repository.head,),
        has_account=is_bot or chance.random() > UNKNOWN_EMAIL_SHARE,
        files=((f"{service.path}config.yml", chance.randint(1, 9), chance.randint(0, 5)),),
    )
    repository.add(commit, repository.default_branch, company.now)
    company.direct_commits.append(commit)
    change = Change(
        kind="commit",
        change_id=commit.sha,
        repository=repository.name,
        sha=commit.sha,
        title=commit.message,
        authored_at=authored,
        merged_at=company.now,
        services=(service.name,),
        is_bot=author.is_bot,
    )
    company.deliveries.land(change)
    company.flow.landed(change)
