"""GraphQL's nodes → the same rows as those of the REST API's objects."""

import re
from typing import Any

Object = dict[str, Any]
NOREPLY = re.compile(r"^(\d+)\+(.+\[bot\])@users\.noreply\.github\.com$")
STATUSES = {"DELETED": "removed"}  # GraphQL's word → REST's, where it is not the same in small letters


def pull_request(repository: str, node: Object) -> Object:
    merge_commit = node["mergeCommit"] or node["potentialMergeCommit"]  # the latter: GitHub's test merge
    return {
        "id": int(node["fullDatabaseId"]),
        "repository": repository,
        "number": node["number"],
        "state": "open" if node["state"] == "OPEN" else "closed",
        "title": node["title"],
        "body": node["body"],
        "user": account(node["author"]),
        "draft": node["isDraft"],
        "created_at": node["createdAt"],
        "updated_at": node["updatedAt"],
        "closed_at": node["closedAt"],
        "merged_at": node["mergedAt"],
        "merge_commit_sha": merge_commit and merge_commit["oid"],
        "head": _branch(node["headRepositoryOwner"], node["headRefName"], node["headRefOid"], node["headRepository"]),
        "base": _branch(
            (node["baseRepository"] or {}).get("owner"), node["baseRefName"], node["baseRefOid"], node["baseRepository"]
        ),
        "labels": sorted((node["labels"] or {}).get("nodes", ()), key=lambda label: label["name"]),
        "additions": node["additions"],
        "deletions": node["deletions"],
        "changed_files": node["changedFiles"],
        "html_url": node["url"],
        "merged_by": account(node["mergedBy"]),
    }


def account(found: Object | None) -> Object | None:
    """An account with the login that the REST API gives it: a bot's ends in `[bot]`."""
    if found is None:
        return None
    login, kind = found["login"], found["__typename"]
    if kind == "Bot" and not login.endswith("[bot]"):
        login += "[bot]"
    return {"login": login, "id": found.get("databaseId"), "type": kind}


def _branch(owner: Object | None, ref: str, sha: str, repository: Object | None) -> Object:
    return {
        "label": f"{owner['login']}:{ref}" if owner else None,
        "ref": ref,
        "sha": sha,
        "repo": {
            "id": repository["databaseId"],
            "full_name": repository["nameWithOwner"],
            "fork": repository["isFork"],
        }
        if repository
        else None,
    }


def pull_request_commit(repository: str, number: int, position: int, node: Object) -> Object:
    commit = node["commit"]
    written = commit["author"] or {}
    return {
        "repository": repository,
        "pull_request_number": number,
        "sha": commit["oid"],
        "position": position,
        "authored_at": commit["authoredDate"],
        "committed_at": commit["committedDate"],
        "author": account(written.get("user")) or _bot(written.get("email")),
        "commit_author_name": written.get("name"),
        "commit_author_email": written.get("email"),
        "message": commit["message"],
        "parents": [parent["oid"] for parent in commit["parents"]["nodes"]],
    }


def _bot(email: str | None) -> Object | None:
    """A bot is no user to GraphQL; the address that GitHub gave it names it."""
    found = NOREPLY.match(email or "")
    return {"login": found.group(2), "id": int(found.group(1)), "type": "Bot"} if found else None


def review(repository: str, number: int, node: Object) -> Object:
    return {
        "id": int(node["fullDatabaseId"]),
        "repository": repository,
        "pull_request_number": number,
        "user": account(node["author"]),
        "state": node["state"],
        "submitted_at": node["submittedAt"],
        "commit_id": node["commit"] and node["commit"]["oid"],
        "html_url": node["url"],
    }


def file(repository: str, number: int, node: Object) -> Object:
    return {
        "repository": repository,
        "pull_request_number": number,
        "filename": node["path"],
        "status": STATUSES.get(node["changeType"], node["changeType"].lower()),
        "additions": node["additions"],
        "deletions": node["deletions"],
    }
