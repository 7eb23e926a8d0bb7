"""How each company's Jira speaks: its workflow, its issue types, and what its issues are about."""

from typing import NamedTuple

from pipelines.simulator.tracker_records import DONE, INDETERMINATE, NEW, Status


class Workflow(NamedTuple):
    """The statuses by what they mean here, and the language of the site."""

    language: str
    todo: Status
    progress: Status
    review: Status
    done: Status
    dropped: Status  # decided against; also a done category


WORKFLOWS = {
    "trunk": Workflow(
        "de",
        Status("10010", "Offen", NEW),
        Status("10011", "In Arbeit", INDETERMINATE),
        Status("10012", "In Prüfung", INDETERMINATE),
        Status("10013", "Fertig", DONE),
        Status("10014", "Verworfen", DONE),
    ),
    "monorepo": Workflow(
        "en",
        Status("10020", "To Do", NEW),
        Status("10021", "In Progress", INDETERMINATE),
        Status("10022", "In Review", INDETERMINATE),
        Status("10023", "Done", DONE),
        Status("10024", "Won't Do", DONE),
    ),
    "release": Workflow(
        "en",
        Status("10030", "Backlog", NEW),
        Status("10031", "Doing", INDETERMINATE),
        Status("10032", "Ready for Release", INDETERMINATE),
        Status("10033", "Closed", DONE),
        Status("10034", "Rejected", DONE),
    ),
}
# kind → id, hierarchy level, English name, German name
ISSUE_TYPES = {
    "story": ("10001", 0, "Story", "Story"),
    "task": ("10002", 0, "Task", "Aufgabe"),
    "bug": ("10003", 0, "Bug", "Fehler"),
    "subtask": ("10004", -1, "Sub-task", "Unteraufgabe"),
    "incident": ("10005", 0, "Incident", "Incident"),
}
PRIORITIES = {"Highest": "1", "High": "2", "Medium": "3", "Low": "4", "Lowest": "5"}
RESOLUTIONS = {"Done": "10000", "Won't Do": "10001", "Duplicate": "10002"}
# A site's own numbers of its custom fields: sprint, story points.
CUSTOM_FIELDS = {
    "trunk": ("customfield_10020", "customfield_10016"),
    "monorepo": ("customfield_10010", "customfield_10024"),
    "release": ("customfield_10007", "customfield_10104"),
}
POINTS_NAMES = {"trunk": "Story point estimate", "monorepo": "Story Points", "release": "Story Points"}

STORIES = (
    "As a customer I can filter {thing} in {component}",
    "Show {thing} on the {component} page",
    "Let partners configure {thing}",
    "Export {thing} of {component} for auditors",
    "Offer {thing} in a second language",
)
TASKS = (
    "Document {thing} of {component}",
    "Prepare the load test of {thing}",
    "Review access rights around {thing}",
    "Clean up dashboards of {component}",
    "Agree on {thing} with legal",
    "Upgrade the runbook of {component}",
)
BUGS = (
    "{thing} in {component} shows an old value",
    "{component}: {thing} fails for long names",
    "Wrong time zone in {thing}",
    "{thing} is missing after the last change of {component}",
)
SUBTASKS = ("Write tests", "Update documentation", "Migrate existing data", "Ask support for feedback")
THINGS = (
    "order history", "spending limits", "delivery dates", "team invitations", "tax numbers", "bulk edits",
    "saved searches", "voucher rules", "approval steps", "notification settings", "monthly statements", "roles",
)  # fmt: skip
GOALS = ("Fewer support tickets", "Ready for the audit", "Faster first page", "", "Pilot with two customers")
