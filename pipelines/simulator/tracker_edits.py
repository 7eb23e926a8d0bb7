"""What somebody edited or deleted by hand in Jira, HubSpot or Zendesk: events of that world, with history and truth."""

from typing import Any

from pipelines.simulator import zendesk_objects
from pipelines.simulator.amendments import AMENDABLE, Amendments
from pipelines.simulator.customer_records import Ticket
from pipelines.simulator.customers import Customers
from pipelines.simulator.tracker_records import Issue, Status
from pipelines.simulator.tracker_site import Site
from pipelines.simulator.tracker_words import PRIORITIES

# What records/edit can change: of a Jira issue, of a HubSpot ticket.
ISSUE_FIELDS = ("status", "priority", "summary", "points")
TICKET_FIELDS = ("hs_pipeline_stage", "hs_ticket_priority", "subject", "content", "archived")


class Edits:
    """The amendments of one company, each applied once, at the instant at which it was made."""

    def __init__(self, slug: str, site: Site, customers: Customers) -> None:
        self.slug = slug
        self.site = site
        self.customers = customers
        self._version = -1
        self._applied: dict[tuple[str, str], dict[str, Any]] = {}
        self._gone: set[tuple[str, str, str]] = set()

    def listen(self, amendments: Amendments) -> None:
        if amendments.version == self._version:
            return
        self._version = amendments.version
        for (slug, provider, kind, record_id), at in amendments.deleted.items():
            about = (provider, kind, record_id)
            if slug == self.slug and kind in AMENDABLE.get(provider, ()) and about not in self._gone:
                self._gone.add(about)
                self.site.agenda.at(at, self._delete, *about)
        for (slug, provider, kind, record_id), edit in amendments.edits.items():
            if slug != self.slug or kind not in AMENDABLE.get(provider, ())[:1]:
                continue
            before = self._applied.get((provider, record_id), {})
            news = {name: value for name, value in edit.changes.items() if before.get(name, ...) != value}
            self._applied[provider, record_id] = dict(edit.changes)
            if news:
                self.site.agenda.at(edit.at, self._edit, provider, record_id, news)

    def _delete(self, provider: str, kind: str, record_id: str) -> None:
        if provider == "jira" and kind == "issues":
            self.site.deleted.add(record_id)
        elif provider == "jira":
            self.site.removals.add(self.site, kind, record_id)
        elif provider == "zendesk" and kind == "tickets":
            ticket = zendesk_objects.find(self.customers, record_id)
            if ticket is not None:
                self.customers.archive(ticket)
        elif kind == "tickets":
            self.customers.deleted.add(record_id)
        else:
            self.customers.removed.add((provider, kind, record_id))

    def _edit(self, provider: str, record_id: str, changes: dict[str, Any]) -> None:
        if provider == "jira":
            issue = self.site.by_name.get(record_id)
            if issue is not None:
                self._edit_issue(issue, changes)
        elif provider == "zendesk":
            found = zendesk_objects.find(self.customers, record_id)
            if found is not None:
                self._edit_ticket(found, zendesk_objects.as_properties(found, changes))
        else:
            for ticket in self.customers.tickets:
                if record_id == str(ticket.ticket_id):
                    self._edit_ticket(ticket, changes)

    def _edit_issue(self, issue: Issue, changes: dict[str, Any]) -> None:
        author = issue.assignee or issue.reporter
        for name, value in changes.items():
            if name == "status":
                issue.is_by_hand, issue.plan = True, issue.plan + 1
                self.site.move(issue, self._status(value), author)
            elif name == "priority" and value in PRIORITIES:
                self.site.prioritise(issue, value, author)
            elif name == "points":
                self.site.estimate(issue, value, author)
            elif name == "summary":
                self.site.rename(issue, str(value), author)

    def _status(self, wanted: str) -> Status:
        """By the site's own name, or by what it means: todo, progress, review, done, dropped."""
        flow = self.site.workflow
        return next((status for status in flow[1:] if status.name == wanted), None) or getattr(flow, wanted)

    def _edit_ticket(self, ticket: Ticket, changes: dict[str, Any]) -> None:
        for name, value in changes.items():
            if name == "hs_pipeline_stage":
                stages = ticket.pipeline.stages
                self.customers.set_stage(ticket, next(stage for stage in stages if stage.stage_id == str(value)))
            elif name == "archived":
                self.customers.archive(ticket)
            elif name in TICKET_FIELDS:
                setattr(ticket, {"hs_ticket_priority": "priority"}.get(name, name), value)
                self.customers.note(ticket, name, value)
