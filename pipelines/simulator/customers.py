"""The customers: everyday questions, waves of tickets that tell one incident in other words, and the support desk."""

from random import Random
from typing import TYPE_CHECKING

from pipelines.simulator import customer_words as words
from pipelines.simulator.calendar import DAY, HOUR
from pipelines.simulator.customer_records import ONBOARDING, SUPPORT, Contact, Customer, Owner, Stage, Ticket
from pipelines.simulator.days import draw
from pipelines.simulator.records import Incident
from pipelines.simulator.tracker_records import Issue
from pipelines.simulator.tracker_site import Site

if TYPE_CHECKING:
    from pipelines.simulator.company import Company

TICKETS_PER_DAY = 2.4  # a working day, incidents apart
NO_PRIORITY_SHARE, NO_CONTENT_SHARE = 0.6, 0.4
PRIORITIES = ("LOW", "MEDIUM", "HIGH")
REOPENED_SHARE, ARCHIVED_SHARE, MERGED_SHARE = 0.07, 0.03, 0.12
ID_BASE = 100_000_000_000  # HubSpot's ids have twelve digits


class Customers:
    """The portal of one company. Chance is drawn in order of time; an incident has a stream of its own."""

    def __init__(self, company: "Company", site: Site) -> None:
        self.company = company
        self.site = site
        self.agenda = site.agenda
        self.chance = company.random("tracker", "customers")
        self.tickets: list[Ticket] = []
        self.deleted: set[str] = set()  # tickets
        self.removed: set[tuple[str, str, str]] = set()  # provider, other kind, id
        self.waves: dict[int, list[Ticket]] = {}
        self._base = ID_BASE + company.next_id("portal") // 1_000_000 * 10_000_000
        self.owners = self._hire()
        self.customers, self.contacts = self._sell()
        self.agenda.at(company.founded_at + 120, self._day)

    def _hire(self) -> list[Owner]:
        names = self.chance.sample(words.FIRST_NAMES, 5)
        return [
            Owner(
                self._base % 10**9 + 1_000 + n,
                60_000_000 + n,
                name,
                self.chance.choice(words.LAST_NAMES),
                f"{name.lower()}@support.{self.company.slug}.example",
                self.company.founded_at - 90 * DAY,
                is_archived=n == 4,
            )
            for n, name in enumerate(names)
        ]

    def _sell(self) -> tuple[list[Customer], list[Contact]]:
        customers: list[Customer] = []
        contacts: list[Contact] = []
        for n, name in enumerate(self.chance.sample(words.COMPANIES, 24)):
            domain = f"{name.lower().replace(' ', '-')}.example"
            at = self.company.founded_at - self.chance.randrange(5, 400) * DAY
            industry = self.chance.choice(words.INDUSTRIES)
            customers.append(Customer(self._base + 5_000_000 + n, name, domain, industry, at))
            for person in range(self.chance.choice((1, 1, 2, 3))):
                first, last = self.chance.choice(words.FIRST_NAMES), self.chance.choice(words.LAST_NAMES)
                email = f"{first.lower()}.{last.lower()}{person or ''}@{domain}"
                contact_id = self._base + 6_000_000 + len(contacts)
                contacts.append(Contact(contact_id, first, last, email, customers[-1], at + person * DAY))
        return customers, contacts

    # -- everyday

    def _day(self) -> None:
        company, chance = self.company, self.chance
        day = company.calendar.day_of(self.agenda.now + DAY // 2)
        start = company.calendar.day_start(day)
        self.agenda.at(start + DAY + 2 * HOUR, self._day)
        mean = TICKETS_PER_DAY if company.calendar.is_working_day(day) else TICKETS_PER_DAY / 5
        for _ in range(draw(chance, mean)):
            self.agenda.at(start + 7 * HOUR + chance.randrange(13 * HOUR), self._ask)

    def _ask(self) -> None:
        chance = self.chance
        service = chance.choice(self.company.services).component
        is_bug = chance.random() < 0.3
        text = chance.choice(words.BUG_REPORTS if is_bug else words.QUESTIONS)
        ticket = self._open(chance, text.format(service=service, number=chance.randint(1000, 9999)), None)
        self._answer(chance, ticket)
        if is_bug and chance.random() < 0.4:
            self.agenda.at(self.agenda.now + chance.randrange(HOUR, DAY), self._escalate, ticket, service)

    def _escalate(self, ticket: Ticket, service: str) -> None:
        """Support hands a bug to engineering; the ticket then names the issue."""
        if ticket.is_closed or not ticket.is_there:
            return
        reporter = self.company.humans[ticket.ticket_id % len(self.company.humans)]
        issue = self.site.create(
            self.site.operations, "bug", ticket.subject, reporter, service, labels=["customer"], priority="High"
        )
        self.name_issue(ticket, issue)

    def name_issue(self, ticket: Ticket, issue: Issue) -> None:
        if ticket.is_there:
            ticket.jira_issue_key = issue.key
            self.note(ticket, "jira_issue_key", issue.key)

    def _open(self, chance: Random, subject: str, incident: Incident | None) -> Ticket:
        now, contact = self.agenda.now, chance.choice(self.contacts)
        content = chance.choice(words.CONTENTS).format(subject=subject, count=chance.randint(2, 60))
        pipeline = ONBOARDING if "training" in subject else SUPPORT
        ticket = Ticket(
            ticket_id=self._base + len(self.tickets) + 1,
            subject=subject,
            content=None if chance.random() < NO_CONTENT_SHARE else content,
            pipeline=pipeline,
            stage=pipeline.stages[0],
            priority=None
            if chance.random() < NO_PRIORITY_SHARE
            else chance.choices(("LOW", "MEDIUM", "HIGH"), (3, 5, 4))[0],
            category=chance.choice((None, "PRODUCT_ISSUE", "BILLING_ISSUE", "GENERAL_INQUIRY", "FEATURE_REQUEST")),
            owner=chance.choice((None, *self.owners[:4])),
            source_type=chance.choice(("EMAIL", "EMAIL", "CHAT", "FORM", "PHONE")),
            contacts=[contact],
            created_at=now,
            updated_at=now,
            has_duplicate_association=chance.random() < 0.06,
            incident=incident,
        )
        self.tickets.append(ticket)
        self.note(ticket, "hs_pipeline_stage", ticket.stage.stage_id)
        self.note(ticket, "hs_ticket_priority", ticket.priority)
        return ticket

    def note(self, ticket: Ticket, name: str, value: str | None) -> None:
        """Write down a property's new value."""
        ticket.history.setdefault(name, []).append((self.agenda.now, value))
        self._touch(ticket)

    def _touch(self, ticket: Ticket) -> None:
        ticket.updated_at = self.agenda.now
        ticket.version += 1

    # -- the support desk

    def _answer(self, chance: Random, ticket: Ticket) -> None:
        """Somebody answers, waits, and closes."""
        stages, calendar = ticket.pipeline.stages, self.company.calendar
        first = calendar.work_after(self.agenda.now, min(30.0, chance.lognormvariate(0.3, 1.0)))
        self.agenda.at(first, self._move, ticket, stages[1])
        if len(stages) > 3 and chance.random() < 0.5:
            self.agenda.at(calendar.work_after(first, chance.uniform(1, 9)), self._move, ticket, stages[2])
        if chance.random() < 0.93:  # the others stay open
            closed = calendar.work_after(first, min(120.0, chance.lognormvariate(2.2, 0.9)))
            self._close_at(chance, ticket, closed)

    def _close_at(self, chance: Random, ticket: Ticket, at: int) -> None:
        last = ticket.pipeline.stages[-1]
        self.agenda.at(at, self._move, ticket, last)
        if chance.random() < REOPENED_SHARE:
            back = at + chance.randrange(3 * HOUR, 4 * DAY)
            self.agenda.at(back, self._move, ticket, ticket.pipeline.stages[-2], True)
            self.agenda.at(self.company.calendar.work_after(back, chance.uniform(2, 24)), self._move, ticket, last)
        elif chance.random() < ARCHIVED_SHARE:
            self.agenda.at(at + chance.randrange(5, 40) * DAY, self.archive, ticket)

    def _move(self, ticket: Ticket, stage: Stage, is_reopening: bool = False) -> None:
        if not ticket.is_there or ticket.stage == stage or (ticket.is_closed and not is_reopening):
            return
        self.set_stage(ticket, stage)

    def set_stage(self, ticket: Ticket, stage: Stage) -> None:
        was_closed, now = ticket.is_closed, self.agenda.now
        ticket.stage = stage
        self.note(ticket, "hs_pipeline_stage", stage.stage_id)
        if stage.is_closed and not was_closed:
            ticket.closed_at = now
            ticket.resolved_at.append(now)
        elif was_closed and not stage.is_closed:
            ticket.closed_at = None
            ticket.reopened_at.append(now)

    def archive(self, ticket: Ticket) -> None:
        if ticket.is_there:
            ticket.archived_at = self.agenda.now
            self._touch(ticket)

    # -- incidents

    def suffer(self, incident: Incident, issue: Issue | None) -> None:
        """Several customers notice an incident, and none of them calls it what engineering does."""
        chance = self.company.random("tracker", "wave", incident.incident_id)
        service = self.company.service(incident.service).component
        known = next((texts for fault, texts in words.COMPLAINTS.items() if fault in incident.title), words.OUTAGE)
        self.waves[incident.incident_id] = []
        ways = chance.sample(known, len(known))
        for number in range(chance.randint(2, 3 + incident.severity)):
            subject = ways[number % len(ways)].format(service=service)
            delay = 60 * min(600.0, 4 + chance.lognormvariate(3.3, 0.9))
            self.agenda.at(self.agenda.now + int(delay), self._complain, chance, incident, issue, subject)

    def _complain(self, chance: Random, incident: Incident, issue: Issue | None, subject: str) -> None:
        wave = self.waves[incident.incident_id]
        ticket = self._open(chance, subject, incident)
        wave.append(ticket)
        if issue is not None and chance.random() < 0.45:
            self.agenda.at(self.agenda.now + chance.randint(600, 9000), self.name_issue, ticket, issue)
        self.agenda.at(self.agenda.now + chance.randint(300, 5400), self._move, ticket, SUPPORT.stages[2])
        if len(wave) > 1 and chance.random() < MERGED_SHARE:
            self.agenda.at(self.agenda.now + chance.randint(1800, 20_000), self._merge, wave[0], ticket)
        # The company may have lived further than this agenda: what it knows already may be still to come here.
        if incident.resolved_at is not None and incident.resolved_at <= self.agenda.now:
            self._close_at(chance, ticket, self.agenda.now + chance.randrange(HOUR, 2 * DAY))

    def recover(self, incident: Incident) -> None:
        """Once the incident is over, its tickets are closed one by one."""
        chance = self.company.random("tracker", "recovery", incident.incident_id)
        for ticket in self.waves.get(incident.incident_id, []):
            self._close_at(chance, ticket, self.agenda.now + chance.randrange(HOUR // 2, 2 * DAY))

    def _merge(self, kept: Ticket, other: Ticket) -> None:
        """Two reports of one customer become one ticket; the other one is gone, its id lives on in the kept one."""
        if kept.is_there and other.is_there and not kept.is_closed:
            other.merged_into, other.merged_at = kept, self.agenda.now
            kept.merged.append(other)
            kept.contacts = [*kept.contacts, *(c for c in other.contacts if c not in kept.contacts)]
            self.note(kept, "hs_merged_object_ids", ";".join(str(ticket.ticket_id) for ticket in kept.merged))
