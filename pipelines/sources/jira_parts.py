"""What belongs to Jira's issues: changelogs in bulk, worklogs and remote links by the issue."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from pipelines.http import Client
from pipelines.sources import jira_rows
from pipelines.sources.jira_search import tokens, whole_list
from pipelines.sources.reading import Present, Request, Rows, at_once, present
from pipelines.sync_error import SyncError

BULK_ISSUES = 100
Parts = tuple[list[dict], list[str]]  # rows, and the issues whose rows these are all


def custom_fields(request: Request) -> jira_rows.CustomFields:
    """The site's own fields, asked for once a sync."""
    if "fields" not in request.notes:
        request.notes["fields"] = request.client.json("/rest/api/3/field")
    return jira_rows.custom_fields(request.notes["fields"])


def whole(
    request: Request, custom: jira_rows.CustomFields, page: list[dict], *, is_news: bool
) -> Iterator[Rows | Present]:
    """These issues with their changelogs, worklogs and remote links; of news also which of these are still there.

    A change of an issue cannot be taken back, so its changelog only grows.
    """
    rows = [jira_rows.issue(found, custom, request.connection.base_url) for found in page]
    yield Rows("issues", rows)
    ids = [row["id"] for row in rows]
    parts: dict[str, Callable[[], Parts]] = {
        "changelogs": partial(_changelogs, request.client, ids),
        "worklogs": partial(_worklogs, request.client, page),
        "remotelinks": partial(_remotelinks, request.client, ids),
    }
    for table, (found, of_issues) in zip(parts, at_once(lambda read: read(), list(parts.values())), strict=True):
        yield Rows(table, found)
        if is_news and of_issues:
            yield from present(table, {"issue_id": of_issues}, [row for row in found if row["issue_id"] in of_issues])


def _changelogs(client: Client, ids: list[str]) -> Parts:
    """Every change of these issues, oldest first. One issue may come on several pages."""
    rows = []
    for start in range(0, len(ids), BULK_ISSUES):
        body = {"issueIdsOrKeys": ids[start : start + BULK_ISSUES], "maxResults": 1000}
        for page in tokens(partial(_bulk, client, body), "issueChangeLogs"):
            for issue in page:
                rows += [{**change, "issue_id": issue["issueId"]} for change in issue["changeHistories"]]
    return rows, []


def _bulk(client: Client, body: dict[str, Any], more: dict[str, Any]) -> dict:
    return client.post("/rest/api/3/changelog/bulkfetch", {**body, **more})


def _worklogs(client: Client, issues: list[dict]) -> Parts:
    """The search brings an issue's first twenty; only longer lists are asked for."""

    def read(issue: dict) -> tuple[list[dict], bool]:
        inline = issue["fields"].get("worklog") or {}
        found = inline.get("worklogs") or []
        is_whole = inline.get("total") == len(found)  # without the field nobody knows whether there are any
        if inline.get("total", 0) > len(found):
            found, is_whole = whole_list(client, f"/rest/api/3/issue/{issue['id']}/worklog", "worklogs")
        return [jira_rows.worklog(issue["id"], one) for one in found], is_whole

    return _together([issue["id"] for issue in issues], at_once(read, issues))


def _remotelinks(client: Client, ids: list[str]) -> Parts:
    def read(issue_id: str) -> tuple[list[dict], bool]:
        try:
            found = client.json(f"/rest/api/3/issue/{issue_id}/remotelink")
        except SyncError as error:
            if error.error_class not in ("not_found", "permission"):  # links may be switched off
                raise
            return [], False
        return [jira_rows.remotelink(issue_id, one) for one in found], True

    return _together(ids, at_once(read, ids))


def _together(ids: list[str], found: list[tuple[list[dict], bool]]) -> Parts:
    whole_ones = [issue_id for issue_id, (_, is_whole) in zip(ids, found, strict=True) if is_whole]
    return [row for rows, _ in found for row in rows], whole_ones
