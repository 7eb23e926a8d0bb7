"""What a day brings: who begins what, and when. Each day is drawn when it begins, from its own stream of chance."""

from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING

from pipelines.simulator import backlog, incidents, issues, work
from pipelines.simulator.calendar import DAY, HOUR

if TYPE_CHECKING:
    from pipelines.simulator.company import Company

BOT_SHARE = 0.33  # of pull requests; with the bots' direct commits, 28 % of commits
DIRECT_COMMITS_PER_DAY = {"trunk": 1.2, "release": 0.4, "monorepo": 0.0}
WEEKEND_SHARE = 0.3  # of what bots do and what happens by the way
OUTAGES_PER_DAY = 0.03  # that no change of the company's caused


def live(company: "Company") -> None:
    """Plan the day that begins now, and let the next one follow."""
    day = company.calendar.day_of(company.now)
    company.at(company.calendar.day_start(day + timedelta(days=1)), live, company)
    chance = company.random("day", day)
    if chance.random() < OUTAGES_PER_DAY:
        company.at(company.now + chance.randrange(DAY), incidents.outage, company)
    rate = company.charter.pull_requests_per_day
    if company.calendar.is_working_day(day):
        _plan_people(company, day, chance, rate)
        _plan_routine(company, day, chance, rate)
        company.flow.plan_day(day, chance)
    else:
        _plan_routine(company, day, chance, rate * WEEKEND_SHARE)


def _plan_people(company: "Company", day: date, chance: Random, rate: float) -> None:
    """Items that are written down, begun, dropped."""
    for _ in range(draw(chance, rate * 0.95)):
        company.at(hour_of(company, day, chance), backlog.plan_item, company)
    for _ in range(draw(chance, rate * (1 - BOT_SHARE))):
        company.at(hour_of(company, day, chance), work.begin, company)
    if chance.random() < 0.06:
        company.at(hour_of(company, day, chance), backlog.drop_item, company)


def _plan_routine(company: "Company", day: date, chance: Random, rate: float) -> None:
    """What also happens at weekends: bots at dawn, small commits, reports."""
    for _ in range(draw(chance, rate * BOT_SHARE)):
        company.at(company.calendar.day_start(day) + 5 * HOUR + chance.randrange(2 * HOUR), work.bump, company)
    for _ in range(draw(chance, DIRECT_COMMITS_PER_DAY[company.style] * rate / 3)):
        company.at(hour_of(company, day, chance), work.commit_directly, company)
    for _ in range(draw(chance, rate * 0.3)):
        company.at(company.calendar.day_start(day) + chance.randrange(DAY), issues.report, company)


def hour_of(company: "Company", day: date, chance: Random) -> int:
    """Some instant of that day's working hours."""
    return chance.randrange(company.calendar.opening(day), company.calendar.closing(day))


def draw(chance: Random, mean: float) -> int:
    """How often something happens that happens `mean` times on average (Poisson, by waiting times)."""
    count, passed = 0, chance.expovariate(1)
    while passed < mean:
        count += 1
        passed += chance.expovariate(1)
    return count
