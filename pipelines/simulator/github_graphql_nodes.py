"""GraphQL's objects, made of the REST API's: one truth, two shapes."""

from collections.abc import Callable
from typing import Any

import msgspec
from graphql import GraphQLError, GraphQLResolveInfo

from pipelines.simulator.github_answers import Asked
from pipelines.simulator.github_graphql_pages import connection

Object = dict[str, Any]
CHANGES = {"removed": "DELETED"}  # REST's word → GraphQL's, where it is not the same in capitals


def root(found: Callable[[str, str], Asked | None], rate_limit: Callable[[], Object]) -> Object:
    """The resolvers of Query. `found`: a repository that the token may see, None for any other."""

    def repository(info: GraphQLResolveInfo, owner: str, name: str, **_: Any) -> Object:
        asked = found(owner, name)
        if asked is None:
            text = f"Could not resolve to a Repository with the name '{owner}/{name}'."
            raise GraphQLError(text, extensions={"type": "NOT_FOUND"})
        return Nodes(asked).repository()

    return {"repository": repository, "rateLimit": lambda info, **_: rate_limit()}


class Nodes:
    """The nodes of one repository."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked

    def repository(self) -> Object:
        row = next(row for row in self._asked.rows("repositories") if row.full_name == self._asked.repository)
        shown = self._show("repositories", row)
        return {
            **_repository(shown),
            "defaultBranchRef": lambda info: self._branch(shown["default_branch"]),
            "deployments": self._counted("deployments"),
            "issues": self._counted("issues"),
            "pullRequest": self._pull_request,
            "pullRequests": self._pull_requests,
        }

    def _branch(self, name: str) -> Object | None:
        """A branch with what it points at; none in an empty repository."""
        asked = self._asked
        found = asked.store.commits(asked.repository, name)
        if not found:
            return None
        head: Object = {"__typename": "Commit", "oid": found[0].sha}
        head["history"] = lambda info, **page: connection(found, lambda row: {"oid": row.sha}, **page)
        return {"name": name, "target": head}

    def _counted(self, kind: str) -> Callable[..., Object]:
        """A connection that only tells how many there are."""
        return lambda info, **page: connection(self._asked.rows(kind), lambda row: {}, **page)

    def _pull_request(self, info: GraphQLResolveInfo, number: int) -> Object:
        for row in self._asked.rows("pull_requests"):
            if row.number == number:
                return self._pull(row)
        text = f"Could not resolve to a PullRequest with the number of {number}."
        raise GraphQLError(text, extensions={"type": "NOT_FOUND"})

    def _pull_requests(
        self,
        info: GraphQLResolveInfo,
        orderBy: Object | None = None,  # noqa: N803  (the argument's name)
        states: list[str] | None = None,
        baseRefName: str | None = None,  # noqa: N803
        headRefName: str | None = None,  # noqa: N803
        **page: Any,
    ) -> Object:
        rows = self._asked.rows("pull_requests")
        rows = [
            row for row in rows if baseRefName in (None, row.base_branch) and headRefName in (None, row.head_branch)
        ]
        if states is not None:
            rows = [row for row in rows if self._show("pull_requests", row)["state"].upper() in states]
        order = orderBy or {"field": "CREATED_AT", "direction": "ASC"}
        updated_at = self._asked.updated_at("pull_requests")
        by: dict[str, Callable[[Any], int]] = {
            "UPDATED_AT": updated_at,
            "CREATED_AT": lambda row: row.created_at,
            "COMMENTS": lambda row: len(row.comments),
        }

        def key(row: Any) -> tuple[int, int]:
            return by[order["field"]](row), row.number

        descending = order["direction"] == "DESC"
        rows.sort(key=key, reverse=descending)
        return connection(rows, self._pull, key, descending=descending, **page)

    def _show(self, kind: str, row: Any, parent: int | None = None) -> Object:
        """REST's full object as a client reads it."""
        return msgspec.json.decode(msgspec.json.encode(self._asked.show(kind, row, parent, full=True)))

    def _pull(self, row: Any) -> Object:
        shown = self._show("pull_requests", row)
        is_merged = shown["merged_at"] is not None
        merge_commit = {"oid": shown["merge_commit_sha"]} if shown["merge_commit_sha"] else None
        head, base = shown["head"], shown["base"]
        return {
            "additions": shown["additions"],
            "author": _actor(shown["user"]),
            "baseRefName": base["ref"],
            "baseRefOid": base["sha"],
            "baseRepository": _repository(base["repo"]),
            "body": shown["body"] or "",
            "changedFiles": shown["changed_files"],
            "closedAt": shown["closed_at"],
            "commits": self._children("pull_request_commits", shown, self._commit, 250),
            "createdAt": shown["created_at"],
            "databaseId": _small(shown["id"]),
            "deletions": shown["deletions"],
            "files": self._children("pull_request_files", shown, _file, 3000),
            "fullDatabaseId": str(shown["id"]),
            "headRefName": head["ref"],
            "headRefOid": head["sha"],
            "headRepository": _repository(head["repo"]) if head["repo"] else None,
            "headRepositoryOwner": _actor(head["user"]),
            "id": shown["node_id"],
            "isDraft": shown["draft"],
            "labels": lambda info, **page: connection(shown["labels"], lambda label: label, **page),
            "mergeCommit": merge_commit if is_merged else None,
            "merged": is_merged,
            "mergedAt": shown["merged_at"],
            "mergedBy": _actor(shown["merged_by"]),
            "number": shown["number"],
            "potentialMergeCommit": None if is_merged else merge_commit,
            "reviews": self._children("reviews", shown, _review),
            "state": "MERGED" if is_merged else shown["state"].upper(),
            "title": shown["title"],
            "updatedAt": shown["updated_at"],
            "url": shown["html_url"],
        }

    def _children(
        self, kind: str, pull: Object, show: Callable[[Object], Object], most: int | None = None
    ) -> Callable[..., Object]:
        """A connection of what belongs to a pull request, oldest first."""

        def resolve(info: GraphQLResolveInfo, states: list[str] | None = None, **page: Any) -> Object:
            rows = self._asked.rows(kind, pull["number"])[:most]
            if kind == "reviews":
                rows = sorted(rows, key=lambda row: row.review_id)
            if states is not None:
                rows = [row for row in rows if self._show(kind, row, pull["number"])["state"] in states]
            return connection(rows, lambda row: show(self._show(kind, row, pull["number"])), **page)

        return resolve

    def _commit(self, shown: Object) -> Object:
        inner, account = shown["commit"], shown["author"]
        is_user = bool(account) and account["type"] == "User"
        return {
            "commit": {
                "oid": shown["sha"],
                "message": inner["message"],
                "authoredDate": inner["author"]["date"],
                "committedDate": inner["committer"]["date"],
                "author": {
                    "name": inner["author"]["name"],
                    "email": inner["author"]["email"],
                    "user": _actor(account) if is_user else None,  # a bot is no User
                },
                "parents": lambda info, **page: connection(
                    shown["parents"], lambda parent: {"oid": parent["sha"]}, **page
                ),
            }
        }


def _repository(shown: Object) -> Object:
    return {
        "databaseId": _small(shown["id"]),
        "isFork": shown["fork"],
        "nameWithOwner": shown["full_name"],
        "owner": _actor(shown["owner"]),
    }


def _actor(shown: Object | None) -> Object | None:
    """An account. GraphQL leaves `[bot]` out of a bot's login."""
    if not shown:
        return None
    return {
        "__typename": shown["type"],
        "databaseId": _small(shown["id"]),
        "login": shown["login"].removesuffix("[bot]") if shown["type"] == "Bot" else shown["login"],
        "url": shown["html_url"],
    }


def _review(shown: Object) -> Object:
    return {
        "author": _actor(shown["user"]),
        "body": shown["body"],
        "commit": {"oid": shown["commit_id"]} if shown["commit_id"] else None,
        "databaseId": _small(shown["id"]),
        "fullDatabaseId": str(shown["id"]),
        "id": shown["node_id"],
        "state": shown["state"],
        "submittedAt": shown["submitted_at"],
        "url": shown["html_url"],
    }


def _file(shown: Object) -> Object:
    return {
        "additions": shown["additions"],
        "changeType": CHANGES.get(shown["status"], shown["status"].upper()),
        "deletions": shown["deletions"],
        "path": shown["filename"],
    }


def _small(number: int) -> int | None:
    """`databaseId` is a 32-bit number, null where the id has outgrown it."""
    return number if number < 2**31 else None
