"""GitHub's JSON of pull requests and issues, and of the reviews, files, events and comments on them."""

from typing import TYPE_CHECKING, Any

from pipelines.simulator import github_shapes as shapes
from pipelines.simulator.clock import iso, maybe_iso
from pipelines.simulator.github_shapes import API, HTML
from pipelines.simulator.records import Comment, Issue, IssueEvent, PullRequest, Review
from pipelines.simulator.repositories import Repository

if TYPE_CHECKING:
    from pipelines.simulator.github_objects import GitHubObjects


def file_entry(repository: Repository, sha: str, file: tuple[str, int, int]) -> dict[str, Any]:
    """A changed file of a commit or pull request."""
    name, additions, deletions = file
    return {
        "sha": f"{sum(map(ord, name)):040x}",
        "filename": name,
        "status": "added" if deletions == 0 else "modified",
        "additions": additions,
        "deletions": deletions,
        "changes": additions + deletions,
        "blob_url": f"{HTML}/{repository.full_name}/blob/{sha}/{name}",
        "raw_url": f"{HTML}/{repository.full_name}/raw/{sha}/{name}",
        "contents_url": f"{API}/repos/{repository.full_name}/contents/{name}?ref={sha}",
    }


class Conversations:
    """Pull requests and issues."""

    def __init__(self, objects: "GitHubObjects") -> None:
        self.objects = objects

    def pull(self, repository: Repository, row: PullRequest, full: bool) -> dict[str, Any]:
        """A pull request. The list's form lacks sizes, `merged` and who merged; only the full one has them."""
        url = f"{API}/repos/{repository.full_name}/pulls/{row.number}"
        issue = f"{API}/repos/{repository.full_name}/issues/{row.number}"
        page = f"{HTML}/{repository.full_name}/pull/{row.number}"
        statuses = f"{API}/repos/{repository.full_name}/statuses/{row.head_sha}"
        links = {"self": url, "html": page, "issue": issue, "comments": f"{issue}/comments"}
        pulls = url[: url.rindex("/")]
        links |= {"review_comments": f"{url}/comments", "review_comment": f"{pulls}/comments{{/number}}"}
        links |= {"commits": f"{url}/commits", "statuses": statuses}
        shown: dict[str, Any] = {
            "url": url,
            "id": row.pull_request_id,
            "node_id": f"PR_{row.pull_request_id}",
            "html_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "issue_url": issue,
            "number": row.number,
            "state": "open" if row.closed_at is None else "closed",
            "locked": False,
            "title": row.title,
            "user": self.objects.user(row.author),
            "body": row.body,
            "created_at": iso(row.created_at),
            "updated_at": iso(row.updated_at),
            "closed_at": maybe_iso(row.closed_at),
            "merged_at": maybe_iso(row.merged_at),
            "merge_commit_sha": row.merge_commit_sha,
            "assignee": None,
            "assignees": [],
            "requested_reviewers": [],
            "requested_teams": [],
            "labels": [shapes.label(name, repository.full_name) for name in row.labels],
            "milestone": None,
            "draft": row.is_draft,
            "commits_url": f"{url}/commits",
            "review_comments_url": links["review_comments"],
            "review_comment_url": links["review_comment"],
            "comments_url": links["comments"],
            "statuses_url": statuses,
            "head": self._end(repository, row, row.head_branch, row.head_sha, row.is_fork_deleted),
            "base": self._end(repository, row, row.base_branch, row.base_sha, False),
            "_links": {name: {"href": link} for name, link in links.items()},
            "author_association": self._association(row),
            "auto_merge": None,
            "active_lock_reason": None,
        }
        return {**shown, **self._sizes(row)} if full else shown

    def _end(self, repository: Repository, row: PullRequest, branch: str, sha: str, is_deleted: bool) -> dict[str, Any]:
        """Head or base. The repository of a deleted fork is null."""
        owner = row.author.login if is_deleted else repository.full_name.split("/")[0]
        user = self.objects.user(row.author) if is_deleted else self.objects.owner(repository)
        return {
            "label": f"{owner}:{branch}",
            "ref": branch,
            "sha": sha,
            "user": user,
            "repo": None if is_deleted else self.objects.repository(repository),
        }

    def _association(self, row: PullRequest | Issue) -> str:
        return "CONTRIBUTOR" if row.author.is_bot else "MEMBER"

    def _sizes(self, row: PullRequest) -> dict[str, Any]:
        is_open = row.closed_at is None
        return {
            "merged": row.merged_at is not None,
            "mergeable": True if is_open else None,
            "rebaseable": True if is_open else None,
            "mergeable_state": "clean" if is_open else "unknown",
            "merged_by": self.objects.user(row.merged_by),
            "comments": len(row.comments),
            "review_comments": 0,
            "maintainer_can_modify": False,
            "commits": len(row.commits),
            "additions": sum(additions for _, additions, _ in row.files),
            "deletions": sum(deletions for *_, deletions in row.files),
            "changed_files": len(row.files),
        }

    def review(self, repository: Repository, pull: PullRequest, row: Review) -> dict[str, Any]:
        url = f"{API}/repos/{repository.full_name}/pulls/{pull.number}"
        page = f"{HTML}/{repository.full_name}/pull/{pull.number}#pullrequestreview-{row.review_id}"
        return {
            "id": row.review_id,
            "node_id": f"PRR_{row.review_id}",
            "user": self.objects.user(row.author),
            "body": row.body,
            "state": row.state,
            "html_url": page,
            "pull_request_url": url,
            "author_association": "NONE" if row.author.is_bot else "MEMBER",
            "_links": {"html": {"href": page}, "pull_request": {"href": url}},
            "submitted_at": iso(row.submitted_at),
            "commit_id": row.commit_sha,
        }

    def issue(self, repository: Repository, row: Issue, full: bool) -> dict[str, Any]:
        shown = self._as_issue(repository, row, row.issue_id, "issues")
        shown["state_reason"] = row.state_reason if row.issue_id % 8 else None  # null on some old ones
        return shown

    def pull_as_issue(self, repository: Repository, row: PullRequest, full: bool) -> dict[str, Any]:
        """A pull request in the list of issues: another id, and the key `pull_request`."""
        url = f"{API}/repos/{repository.full_name}/pulls/{row.number}"
        page = f"{HTML}/{repository.full_name}/pull/{row.number}"
        shown = self._as_issue(repository, row, row.pull_request_id + 500_000, "pull")
        shown["draft"] = row.is_draft
        shown["state_reason"] = None
        shown["pull_request"] = {
            "url": url,
            "html_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "merged_at": maybe_iso(row.merged_at),
        }
        return shown

    def _as_issue(self, repository: Repository, row: Any, issue_id: int, path: str) -> dict[str, Any]:
        url = f"{API}/repos/{repository.full_name}/issues/{row.number}"
        assignee = self.objects.user(getattr(row, "assignee", None))
        return {
            "url": url,
            "repository_url": f"{API}/repos/{repository.full_name}",
            "labels_url": f"{url}/labels{{/name}}",
            "comments_url": f"{url}/comments",
            "events_url": f"{url}/events",
            "html_url": f"{HTML}/{repository.full_name}/{path}/{row.number}",
            "id": issue_id,
            "node_id": f"I_{issue_id}",
            "number": row.number,
            "title": row.title,
            "user": self.objects.user(row.author),
            "labels": [shapes.label(name, repository.full_name) for name in row.labels],
            "state": "open" if row.closed_at is None else "closed",
            "locked": False,
            "assignee": assignee,
            "assignees": [assignee] if assignee else [],
            "milestone": None,
            "comments": len(row.comments),
            "created_at": iso(row.created_at),
            "updated_at": iso(row.updated_at),
            "closed_at": maybe_iso(row.closed_at),
            "author_association": self._association(row),
            "active_lock_reason": None,
            "body": row.body,
            "timeline_url": f"{url}/timeline",
            "performed_via_github_app": None,
        }

    def event(self, repository: Repository, row: IssueEvent, full: bool) -> dict[str, Any]:
        """An event; `full` gives the form of the repository's list, which holds the issue too."""
        commit = f"{API}/repos/{repository.full_name}/commits/{row.commit_sha}" if row.commit_sha else None
        shown: dict[str, Any] = {
            "id": row.event_id,
            "node_id": f"EV_{row.event_id}",
            "url": f"{API}/repos/{repository.full_name}/issues/events/{row.event_id}",
            "actor": self.objects.user(row.actor),
            "event": row.event,
            "commit_id": row.commit_sha,
            "commit_url": commit,
            "created_at": iso(row.created_at),
            "performed_via_github_app": None,
        }
        if row.label is not None:
            label = shapes.label(row.label, repository.full_name)
            shown["label"] = {"name": label["name"], "color": label["color"]}
        if full:
            shown["issue"] = self._issue_of(repository, row.number)
        return shown

    def _issue_of(self, repository: Repository, number: int) -> dict[str, Any] | None:
        found = repository.numbered.get(number)
        if isinstance(found, PullRequest):
            return self.pull_as_issue(repository, found, False)
        return None if found is None else self.issue(repository, found, False)

    def comment(self, repository: Repository, row: Comment, full: bool) -> dict[str, Any]:
        issue = f"{API}/repos/{repository.full_name}/issues/{row.number}"
        return {
            "url": f"{API}/repos/{repository.full_name}/issues/comments/{row.comment_id}",
            "html_url": f"{HTML}/{repository.full_name}/issues/{row.number}#issuecomment-{row.comment_id}",
            "issue_url": issue,
            "id": row.comment_id,
            "node_id": f"IC_{row.comment_id}",
            "user": self.objects.user(row.author),
            "created_at": iso(row.created_at),
            "updated_at": iso(row.updated_at),
            "body": row.body,
            "author_association": "MEMBER",
            "performed_via_github_app": None,
        }
