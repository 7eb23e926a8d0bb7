"""The first day: people, services, repositories with some history, and the first event of all."""

from typing import TYPE_CHECKING

from pipelines.simulator import days
from pipelines.simulator.calendar import DAY, HOUR
from pipelines.simulator.deliveries import Change
from pipelines.simulator.names import BOTS, NAMES, SERVICES
from pipelines.simulator.records import Commit, Person, Service
from pipelines.simulator.repositories import Repository

if TYPE_CHECKING:
    from pipelines.simulator.company import Company

ENVIRONMENTS = {
    "trunk": ("staging", "production"),
    "release": ("Staging", "Production"),  # some write them with a capital
    "monorepo": ("staging", "production", "production-eu"),
}
FIRST_COMMITS = 12


def found(company: "Company") -> None:
    """Fill an empty company and let its first day begin."""
    _hire(company)
    _set_up_services(company)
    for repository in company.repositories.values():
        _first_commits(company, repository)
    company.at(company.founded_at, days.live, company)


def _hire(company: "Company") -> None:
    chance = company.random("people")
    for name in chance.sample(NAMES, min(company.charter.people, len(NAMES))):
        first, last = name.lower().split(" ", 1)
        login = f"{first}-{last.replace(' ', '')}-{company.slug}"
        email = f"{first}.{last.replace(' ', '')}@{company.slug}.example"
        company.people.append(Person(login, name, email, company.next_id("account")))
    for login, name in BOTS:
        address = f"{company.next_id('account')}+{login}@users.noreply.github.com"
        company.people.append(Person(login, name, address, int(address.split("+")[0]), is_bot=True))


def _set_up_services(company: "Company") -> None:
    names = company.charter.services or SERVICES[company.style]
    for name in names:
        repository = f"{company.slug}/{'platform' if company.style == 'monorepo' else name}"
        path = f"services/{name}/" if company.style == "monorepo" else ""
        company.services.append(Service(name, repository, path, ENVIRONMENTS[company.style], name.capitalize()))
        if repository not in company.repositories:
            former = (f"{company.slug}/{name}-old",) if not company.repositories else ()
            company.repositories[repository] = Repository(
                repository_id=company.next_id("repository"),
                name=repository,
                created_at=company.founded_at,
                language=("Python", "TypeScript", "Go")[len(company.repositories) % 3],
                description=f"{name.capitalize()} of {company.slug.capitalize()}",
                former_names=former,
            )


def _first_commits(company: "Company", repository: Repository) -> None:
    """Some history from before the founding, so that the first deployment has something to be a baseline of."""
    chance = company.random("first commits", repository.name)
    at = company.founded_at - 5 * DAY
    parents: tuple[str, ...] = ()
    for n in range(FIRST_COMMITS):
        at += chance.randint(HOUR, 8 * HOUR)
        author = chance.choice(company.humans)
        message = "Initial commit" if n == 0 else f"Lay foundations, part {n}"
        sha = company.sha(repository.name, "first", n)
        files = (("README.md", chance.randint(5, 90), 0),)
        commit = Commit(sha, repository.name, message, author, at, at, parents, files=files)
        repository.add(commit, repository.default_branch)
        parents = (sha,)
        services = tuple(service.name for service in company.services if service.repository == repository.name)
        company.deliveries.land(Change("commit", sha, repository.name, sha, message, at, at, services, is_bot=False))
