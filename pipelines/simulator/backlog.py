"""Planned work: items that wait, get taken, get done or dropped."""

from typing import TYPE_CHECKING

from pipelines.simulator.names import FAULTS, THINGS, VERBS
from pipelines.simulator.records import Person, WorkItem

if TYPE_CHECKING:
    from pipelines.simulator.company import Company


def plan_item(company: "Company") -> WorkItem:
    """Somebody writes down what should be done."""
    number = len(company.work_items) + 1
    chance = company.random("work item", number)
    kind = chance.choices(("story", "task", "bug"), (5, 2, 3))[0]
    thing = chance.choice(THINGS)
    title = f"{thing.capitalize()} {chance.choice(FAULTS)}" if kind == "bug" else f"{chance.choice(VERBS)} {thing}"
    item = WorkItem(
        number=number,
        key=f"{company.slug.upper()[:10]}-{number}",
        kind=kind,
        title=title,
        service=chance.choice(company.services),
        reporter=chance.choice(company.humans),
        created_at=company.now,
    )
    company.work_items.append(item)
    return item


def take_item(company: "Company", person: Person) -> WorkItem:
    """The item that somebody begins now: one of the oldest that wait, else one that comes up just then."""
    waiting = [item for item in company.work_items[-200:] if item.started_at is None and item.dropped_at is None]
    chance = company.random("take", company.now, person.login)
    item = chance.choice(waiting[:8]) if waiting else plan_item(company)
    item.assignee = person
    item.started_at = company.now
    return item


def drop_item(company: "Company") -> None:
    """Somebody decides against the oldest item that waits."""
    waiting = [item for item in company.work_items[-200:] if item.started_at is None and item.dropped_at is None]
    if waiting:
        waiting[0].dropped_at = company.now
