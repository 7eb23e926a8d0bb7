"""GitHub's objects → rows, where a column is not simply the field of that name."""

from typing import Any

Object = dict[str, Any]


def with_repository(repository: str, rows: list[Object], **more: Any) -> list[Object]:
    """The objects as they are, with the repository's name and `more`."""
    return [{**row, "repository": repository, **more} for row in rows]


def repository(found: Object) -> Object:
    return {**found, "repository": found["full_name"]}


def account(found: Object | None) -> Object | None:
    """Who it is, as both of GitHub's APIs tell it; None where the account is deleted or unknown."""
    if not found:
        return None
    return {"login": found.get("login"), "id": found.get("id"), "type": found.get("type")}


def label_names(found: list[Object] | None) -> list[Object]:
    """Name and colour, by name."""
    labels = [{"name": one["name"], "color": one.get("color")} for one in found or ()]
    return sorted(labels, key=lambda label: label["name"])


def pull_request(repository: str, listed: Object, detail: Object) -> Object:
    """The list's fields and the detail's. Of both branches only what stays the same: GitHub puts the whole
    repository into each, with counters that change by the hour."""
    row = {**listed, **detail, "repository": repository}
    return {
        **row,
        "user": account(row.get("user")),
        "merged_by": account(row.get("merged_by")),
        "labels": label_names(row.get("labels")),
        "head": _branch(row.get("head")),
        "base": _branch(row.get("base")),
    }


def review(repository: str, number: int, found: Object) -> Object:
    return {**found, "repository": repository, "pull_request_number": number, "user": account(found.get("user"))}


def _branch(found: Object | None) -> Object | None:
    if not found:
        return None
    repo = found.get("repo")  # null where the fork is deleted
    return {
        "label": found.get("label"),
        "ref": found.get("ref"),
        "sha": found.get("sha"),
        "repo": {"id": repo.get("id"), "full_name": repo.get("full_name"), "fork": repo.get("fork")} if repo else None,
    }


def number_in(url: str | None) -> int | None:
    """The number at the end of an address such as …/issues/7."""
    last = (url or "").rstrip("/").rsplit("/", 1)[-1]
    return int(last) if last.isdigit() else None


def commit(repository: str, found: Object) -> Object:
    inner = found.get("commit") or {}
    author, committer = inner.get("author") or {}, inner.get("committer") or {}
    return {
        "repository": repository,
        "sha": found["sha"],
        "message": inner.get("message"),
        "author_name": author.get("name"),
        "author_email": author.get("email"),
        "authored_at": author.get("date"),
        "committed_at": committer.get("date"),
        "author": found.get("author") or None,  # null where the e-mail belongs to no account; sometimes {}
        "committer": found.get("committer") or None,
        "parents": parents(found),
        "html_url": found.get("html_url"),
    }


def pull_request_commit(repository: str, number: int, position: int, found: Object) -> Object:
    row = commit(repository, found)
    return {
        **row,
        "author": account(row["author"]),
        "pull_request_number": number,
        "position": position,
        "commit_author_name": row["author_name"],
        "commit_author_email": row["author_email"],
    }


def parents(found: Object) -> list[str]:
    return [parent["sha"] for parent in found.get("parents") or []]


def issue_event(repository: str, found: Object) -> Object:
    issue = found.get("issue") or {}
    return {**found, "repository": repository, "issue_number": issue.get("number") or number_in(issue.get("url"))}


def comment(repository: str, found: Object) -> Object:
    return {**found, "repository": repository, "issue_number": number_in(found.get("issue_url"))}


def named_commit(repository: str, found: Object) -> Object:
    """A tag or branch: a name that points at a commit."""
    return {**found, "repository": repository, "sha": found["commit"]["sha"]}
