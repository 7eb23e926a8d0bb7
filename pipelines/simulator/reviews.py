"""What reviewers do with a pull request until it is merged or given up."""

from typing import TYPE_CHECKING

from pipelines.simulator import incidents, pull_requests
from pipelines.simulator.names import REMARKS, REVIEW_BOT, REVIEW_WORDS
from pipelines.simulator.records import Comment, Person, PullRequest, Review

if TYPE_CHECKING:
    from pipelines.simulator.company import Company
    from pipelines.simulator.work import Plan

MOST_ROUNDS = 3


def begin(company: "Company", plan: "Plan", pull: PullRequest) -> None:
    """Draw how the review goes, and let its first step happen in time."""
    chance = plan.chance
    others = [person for person in company.humans if person is not plan.author]
    reviewer = chance.choice(others or company.humans)
    if not plan.is_urgent and chance.random() < 0.3:
        company.at(company.now + chance.randint(60, 400), _say, company, plan, pull, company.person(REVIEW_BOT), True)
    if not plan.author.is_bot and chance.random() < 0.12:
        company.at(company.now + chance.randint(60, 900), _say, company, plan, pull, plan.author, False)
    if plan.is_draft:
        company.at(_later(company, plan, 0.4, 1.0), _make_ready, company, plan, pull, reviewer)
    else:
        _await_review(company, plan, pull, reviewer)


def _later(company: "Company", plan: "Plan", log_hours: float, spread: float) -> int:
    """Some working hours from now (log-normal); minutes, by day or night, where production is broken."""
    if plan.is_urgent:
        return company.now + plan.chance.randint(120, 900)
    return company.calendar.work_after(company.now, min(plan.chance.lognormvariate(log_hours, spread), 30.0))


def _await_review(company: "Company", plan: "Plan", pull: PullRequest, reviewer: Person) -> None:
    if plan.is_given_up:
        company.at(_later(company, plan, 1.5, 1.0), _give_up, company, plan, pull)
    is_unseen = plan.chance.random() < (0.35 if plan.author.is_bot else 0.06)  # merged without a review
    if is_unseen and not plan.is_given_up:
        company.at(_later(company, plan, -0.2, 1.0), _finish, company, plan, pull, reviewer)
    else:
        pull_requests.record(company, pull, "review_requested", plan.author)
        company.at(_later(company, plan, -1.3, 1.2), _review, company, plan, pull, reviewer, 1)


def _make_ready(company: "Company", plan: "Plan", pull: PullRequest, reviewer: Person) -> None:
    pull.is_draft = False
    pull.ready_at = company.now
    pull_requests.record(company, pull, "ready_for_review", plan.author)
    _await_review(company, plan, pull, reviewer)


def _give_up(company: "Company", plan: "Plan", pull: PullRequest) -> None:
    if pull.closed_at is None:
        pull_requests.close(company, plan, pull)


def _say(company: "Company", plan: "Plan", pull: PullRequest, person: Person, is_review: bool) -> None:
    """A bot's review, or the author's own remark: neither is somebody looking at it."""
    if pull.closed_at is not None:
        return
    if is_review:
        _add_review(company, plan, pull, person, "COMMENTED", "Automated notes: no problems found.")
        return
    at = company.now
    comment = Comment(company.next_id("comment"), pull.number, person, "Please have a look.", at, at)
    pull.comments.append(comment)
    company.repositories[pull.repository].comments.append(comment)
    pull.updated_at = at


def _review(company: "Company", plan: "Plan", pull: PullRequest, reviewer: Person, turn: int) -> None:
    if pull.closed_at is not None:
        return
    chance = plan.chance
    share = chance.random()
    if plan.is_urgent or turn >= MOST_ROUNDS or share > 0.35:
        _add_review(company, plan, pull, reviewer, "APPROVED", chance.choice(REVIEW_WORDS))
        if plan.is_given_up:
            return  # agreed with, and yet the author lets it go
        company.at(_later(company, plan, -2.6, 1.2), _finish, company, plan, pull, reviewer)
    elif share > 0.2:
        _add_review(company, plan, pull, reviewer, "COMMENTED", chance.choice(REMARKS))
        company.at(_later(company, plan, -0.6, 0.9), _review, company, plan, pull, reviewer, turn + 1)
    else:
        _add_review(company, plan, pull, reviewer, "CHANGES_REQUESTED", chance.choice(REMARKS))
        company.at(_later(company, plan, -0.3, 1.0), _rework, company, plan, pull, reviewer, turn)


def _rework(company: "Company", plan: "Plan", pull: PullRequest, reviewer: Person, turn: int) -> None:
    if pull.closed_at is None:
        pull_requests.push(company, plan, pull)
        company.at(_later(company, plan, -0.8, 0.9), _review, company, plan, pull, reviewer, turn + 1)


def _add_review(company: "Company", plan: "Plan", pull: PullRequest, person: Person, state: str, body: str) -> None:
    review = Review(company.next_id("review"), person, state, company.now, pull.head_sha, body)
    pull.reviews.append(review)
    pull.updated_at = company.now


def _finish(company: "Company", plan: "Plan", pull: PullRequest, reviewer: Person) -> None:
    """Rebase where its author does that, then merge."""
    if pull.closed_at is not None:
        return
    if plan.is_rebased:
        plan.is_rebased = False
        pull_requests.rebase(company, plan, pull)
        company.at(company.now + plan.chance.randint(90, 600), _finish, company, plan, pull, reviewer)
        return
    by = reviewer if plan.author.is_bot or plan.chance.random() < 0.3 else plan.author
    change = pull_requests.merge(company, plan, pull, by)
    if plan.incident is not None:
        incidents.mended(company, plan.incident, pull, change)
    company.flow.landed(change)
