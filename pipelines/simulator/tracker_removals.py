"""What somebody deleted by hand of a Jira site, but for its issues."""

from typing import TYPE_CHECKING, Any

from pipelines.simulator.tracker_records import Change, Issue

if TYPE_CHECKING:
    from pipelines.simulator.tracker_site import Site


class Removals:
    """By kind and id."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str], Issue | None] = {}  # with the issue that had it

    def add(self, site: "Site", kind: str, record_id: str) -> None:
        """Delete a record, now. What an issue loses is told by its history; a sprint leaves its issues."""
        of_issue = next((issue for issue in site.issues if record_id in _parts(issue, kind)), None)
        self.found[kind, record_id] = of_issue
        if of_issue is not None:
            name = "WorklogId" if kind == "worklogs" else "RemoteIssueLink"
            site.change(of_issue, of_issue.reporter, Change(name, "", record_id, record_id, None, None))
        if kind == "sprints":
            for issue in site.issues:
                issue.sprints = [one for one in issue.sprints if str(one.sprint_id) != record_id]

    def left(self, kind: str, found: list[Any], key: str) -> list[Any]:
        """Those that are still there; `key` is their id's attribute or key."""
        if not self.found:
            return found
        ids = [str(one[key] if isinstance(one, dict) else getattr(one, key)) for one in found]
        return [one for one, number in zip(found, ids, strict=True) if (kind, number) not in self.found]


def _parts(issue: Issue, kind: str) -> set[str]:
    """The ids of what belongs to an issue."""
    if kind == "worklogs":
        return {str(log.worklog_id) for log in issue.worklogs}
    return {str(link.link_id) for link in issue.remote_links} if kind == "remotelinks" else set()
