"""What today's contracts require and old recordings lack: filled where a neutral value says nothing wrong.

A count, such as a pull request's additions, has none: it stays away. What another field of the same object says is
taken from there.
"""

from typing import Any

NEUTRAL: dict[str, dict[str, Any]] = {
    "pull_requests": {"auto_merge": None, "active_lock_reason": None, "assignees": [], "requested_teams": []},
    "issues": {"active_lock_reason": None, "state_reason": None, "performed_via_github_app": None, "assignees": []},
    "workflow_runs": {"conclusion": None, "head_branch": None, "pull_requests": [], "name": None},
    "workflow_jobs": {"workflow_name": None, "head_branch": None, "steps": []},
    "repositories": {"has_discussions": False, "archived": False, "disabled": False},
    "releases": {"body": None, "published_at": None},
    "deployments": {"description": None, "payload": {}},
}
FULL_PULL = {"mergeable": None, "rebaseable": None, "mergeable_state": "unknown", "merged_by": None}


def filled(kind: str, body: dict[str, Any], full: bool) -> dict[str, Any]:
    """The recorded object with the neutral values that it lacks."""
    shown = {**NEUTRAL.get(kind, {}), **body}
    if kind == "pull_requests" and full:
        shown = {**FULL_PULL, "merged": body.get("merged_at") is not None, "maintainer_can_modify": False, **shown}
    elif kind == "workflow_runs" and not shown.get("display_title"):
        message = (body.get("head_commit") or {}).get("message") or body.get("name") or ""
        shown["display_title"] = message.split("\n", 1)[0]
    elif kind in ("commits", "pull_request_commits"):
        commit = dict(body["commit"])
        if isinstance(commit.get("verification"), dict):
            commit["verification"] = {"verified_at": None, **commit["verification"]}
        shown["commit"] = commit
    return shown


def issue_of(pull: dict[str, Any]) -> dict[str, Any]:
    """A pull request as a list of issues shows it."""
    same = ("node_id", "html_url", "number", "title", "user", "labels", "state", "locked", "assignee", "assignees",
            "milestone", "created_at", "updated_at", "closed_at", "author_association", "body")  # fmt: skip
    url = pull.get("issue_url") or pull["url"].replace("/pulls/", "/issues/")
    names = ("url", "html_url", "diff_url", "patch_url", "merged_at")
    shown = {name: pull[name] for name in same if name in pull}
    return {
        **NEUTRAL["issues"],
        **shown,
        "id": pull["id"],
        "url": url,
        "repository_url": url.rsplit("/issues/", 1)[0],
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "draft": pull.get("draft", False),
        "pull_request": {name: pull.get(name) for name in names},
    }
