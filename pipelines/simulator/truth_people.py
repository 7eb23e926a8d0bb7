"""Who did what in which week, out of a company's books. Bots are nobody, their pull requests no person's work."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pipelines.simulator.records import Commit, Person, PullRequest

if TYPE_CHECKING:
    from pipelines.simulator.company import Company

EVENTS = ("commit", "opened", "merged", "reviewed")


def reviewers(pull: PullRequest) -> list[str]:
    """The humans who reviewed it, the author left out."""
    return sorted({r.author.login for r in pull.reviews if not r.author.is_bot and r.author is not pull.author})


def by_week(company: "Company") -> list[dict[str, Any]]:
    """One row a repository, week (its Monday in the company's zone) and person who did anything."""
    counts: dict[tuple[str, str, str], Counter[str]] = {}
    for repository, person, event, instant in _events(company):
        day = company.calendar.day_of(instant)
        key = repository, (day - timedelta(days=day.weekday())).isoformat(), person.login
        counts.setdefault(key, Counter())[event] += 1
    return [
        {
            "repository": repository,
            "week": week,
            "contributor": login,
            **{f"{event}_count": found[event] for event in EVENTS},
        }
        for (repository, week, login), found in sorted(counts.items())
    ]


def _events(company: "Company") -> Iterator[tuple[str, Person, str, int]]:
    for commit in _written(company):
        yield commit.repository, commit.author, "commit", commit.authored_at
    for pull in company.pull_requests:
        if pull.author.is_bot:
            continue
        yield pull.repository, pull.author, "opened", pull.created_at
        if pull.merged_at is not None:
            yield pull.repository, pull.author, "merged", pull.merged_at
        first: dict[str, tuple[Person, int]] = {}
        for review in pull.reviews:
            first.setdefault(review.author.login, (review.author, review.submitted_at))
        for login in reviewers(pull):
            yield pull.repository, first[login][0], "reviewed", first[login][1]


def _written(company: "Company") -> Iterator[Commit]:
    """The own commits of pull requests as they are now, and what was pushed without one. Copies count once."""
    in_pulls = [commit for pull in company.pull_requests for commit in pull.commits]
    pushed = [
        company.repositories[change.repository].commits[change.sha]
        for changes in company.deliveries.history.values()
        for change in changes
        if change.kind == "commit"
    ]
    seen: set[tuple[str, str, int, str]] = set()
    for commit in [*in_pulls, *pushed]:
        copied = commit.repository, commit.author.login, commit.authored_at, commit.message.partition("\n")[0]
        if not commit.author.is_bot and copied not in seen:
            seen.add(copied)
            yield commit
