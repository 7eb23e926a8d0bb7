"""Jira's webhooks. They lack changelog, worklogs and links, so each only points at what is read again."""

import re
from typing import Any

from pipelines.sources import jira_rows
from pipelines.sources.events import NOTHING, Change, Rereading, Stale
from pipelines.sources.jira import RESOURCES
from pipelines.sources.jira_parts import custom_fields, whole
from pipelines.sources.reading import Gone, Request
from pipelines.sync_error import SyncError

ASKS_AT_ONCE = False
ISSUE_ID = re.compile(r"[1-9][0-9]{0,18}")
BOARDS = re.compile(r"^(sprint|board)_")
# Events that tell the end of something by its id: the table, and where the body has it.
ENDS = {
    "sprint_deleted": ("sprints", "sprint"),
    "board_deleted": ("boards", "board"),
    "worklog_deleted": ("worklogs", "worklog"),
}


def change(connection: Any, event: str, body: dict[str, Any]) -> Change:
    """The issues that an event is about, or the boards with their sprints, and what is gone. Raises KeyError,
    ValueError."""
    table, name = ENDS.get(event, ("", ""))
    gone = (Gone(table, _numbers([body[name]["id"]])),) if table else ()
    if BOARDS.match(event):
        return Change(gone=gone, stale=(Stale("sprints", ""),))
    stale = tuple(Stale("issues", one) for one in _numbers(_issues(event, body)))
    return Change(gone=gone, stale=stale) if stale or gone else NOTHING


def _numbers(ids: list[Any]) -> tuple[str, ...]:
    """Ids that are part of an address. Raises ValueError."""
    found = tuple(map(str, ids))
    if any(not ISSUE_ID.fullmatch(one) for one in found):
        raise ValueError("an id is no number")
    return found


def _issues(event: str, body: dict[str, Any]) -> list[Any]:
    if event.startswith("jira:issue_") or "issue" in body:  # a comment brings its issue too
        return [body["issue"]["id"]]
    if event.startswith("worklog_"):
        return [body["worklog"]["issueId"]]
    if event.startswith("issuelink_"):
        return [body["issueLink"]["sourceIssueId"], body["issueLink"]["destinationIssueId"]]
    return []


def again(request: Request, stale: Stale) -> Rereading:
    """One issue by its id: a search would be minutes behind. One out of reach or of this connection's projects is gone.

    Sprints are read by their boards.
    """
    if stale.kind == "sprints":
        for resource in ("boards", "sprints"):
            yield from RESOURCES[resource](request)
        return
    custom = custom_fields(request)
    asked = ",".join([*jira_rows.ASKED, *custom.all])
    try:
        found = request.client.json(f"/rest/api/3/issue/{stale.name}", {"fields": asked})
    except SyncError as error:
        if error.error_class != "not_found":
            raise
        yield Gone("issues", (stale.name,))
        return
    projects = {key.upper() for key in request.connection.projects}
    if projects and found["key"].rpartition("-")[0].upper() not in projects:
        yield Gone("issues", (found["id"],))
        return
    yield from whole(request, custom, [found], is_news=True)
