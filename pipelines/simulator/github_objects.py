"""GitHub's JSON of a company's records: repositories, commits, refs, releases.

Pull requests and issues are in github_conversations.py, deployments and workflow runs in github_runs.py.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import msgspec
from msgspec import Raw

from pipelines.simulator import github_conversations as conversations
from pipelines.simulator import github_shapes as shapes
from pipelines.simulator.clock import iso, maybe_iso
from pipelines.simulator.github_runs import Runs
from pipelines.simulator.github_shapes import API, HTML
from pipelines.simulator.records import Commit, Person, Release
from pipelines.simulator.repositories import Repository

if TYPE_CHECKING:
    from pipelines.simulator.company import Company


class GitHubObjects:
    """Makes objects; keeps the parts that many of them hold."""

    def __init__(self, company: "Company") -> None:
        # Encoded once: a page of pull requests holds two hundred times the same repository.
        self._users: dict[str, Raw] = {}
        self._repositories: dict[str, tuple[tuple[int, int, int], Raw]] = {}
        self._minimal: dict[str, Raw] = {}
        self._owners: dict[str, Raw] = {}
        runs = Runs(self)
        talk = conversations.Conversations(self)
        self._makers: dict[str, Callable[[Repository, Any, bool], dict[str, Any]]] = {
            "repositories": self.full_repository,
            "commits": self.commit,
            "pull_request_commits": self.commit,
            "branches": self.branch,
            "tags": self.tag,
            "releases": self.release,
            "deployments": runs.deployment,
            "workflow_runs": runs.run,
            "workflow_jobs": runs.job,
            "workflows": runs.workflow,
            "pull_requests": talk.pull,
            "pull_requests_as_issues": talk.pull_as_issue,
            "pull_request_files": lambda repository, row, full: conversations.file_entry(repository, "0" * 40, row),
            "issues": talk.issue,
            "issue_events": talk.event,
            "comments": talk.comment,
        }
        self.review = talk.review
        self.status = runs.status

    @classmethod
    def of(cls, company: "Company") -> "GitHubObjects":
        """The one for that company."""
        found = _known.get(company)
        if found is None:
            found = _known[company] = cls(company)
        return found

    def show(self, repository: Repository, kind: str, row: Any, full: bool = False) -> dict[str, Any]:
        return self._makers[kind](repository, row, full)

    def owner(self, repository: Repository) -> Raw:
        return _kept(self._owners, repository, shapes.owner)

    def minimal(self, repository: Repository) -> Raw:
        return _kept(self._minimal, repository, shapes.minimal_repository)

    def user(self, person: Person | None) -> Raw | None:
        if person is None:
            return None
        found = self._users.get(person.login)
        if found is None:
            found = self._users[person.login] = _encoded(shapes.user(person))
        return found

    def repository(self, repository: Repository) -> Raw:
        """As pull requests hold it; made anew when something in it changed."""
        version = (repository.pushed_at, repository.last_number, len(repository.issue_events))
        known = self._repositories.get(repository.full_name)
        if known is None or known[0] != version:
            shown = _encoded(shapes.repository(repository))
            known = self._repositories[repository.full_name] = (version, shown)
        return known[1]

    def full_repository(self, _: Repository, row: Repository, full: bool) -> dict[str, Any]:
        """One repository, or a row of a list of them."""
        extra = {"network_count": 0, "subscribers_count": 1} if full else {}
        return {**shapes.repository(row), **extra}

    def commit(self, repository: Repository, row: Commit, full: bool) -> dict[str, Any]:
        """A commit; asked for by itself also its files."""
        url = f"{API}/repos/{repository.full_name}/commits/{row.sha}"
        page = f"{HTML}/{repository.full_name}/commit/"
        committer = row.committer or row.author
        name, email = row.author.name, row.author.email
        if not row.has_account:
            email = f"{name.split()[0].lower()}@laptop.local"
        found: dict[str, Any] = {
            "sha": row.sha,
            "node_id": f"C_{row.sha[:20]}",
            "commit": {
                "author": {"name": name, "email": email, "date": iso(row.authored_at)},
                "committer": {"name": committer.name, "email": committer.email, "date": iso(row.committed_at)},
                "message": row.message,
                "tree": {"sha": row.sha[::-1], "url": f"{API}/repos/{repository.full_name}/git/trees/{row.sha[::-1]}"},
                "url": f"{API}/repos/{repository.full_name}/git/commits/{row.sha}",
                "comment_count": 0,
                "verification": {
                    "verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None,
                },
            },
            "url": url,
            "html_url": page + row.sha,
            "comments_url": f"{url}/comments",
            "author": self.user(row.author) if row.has_account else None,
            "committer": self.user(committer) if row.has_account or row.committer else None,
            "parents": [
                {"sha": sha, "url": f"{API}/repos/{repository.full_name}/commits/{sha}", "html_url": page + sha}
                for sha in row.parents
            ],
        }  # fmt: skip
        if full:
            files = [conversations.file_entry(repository, row.sha, file) for file in row.files]
            lines = [sum(file[1] for file in row.files), sum(file[2] for file in row.files)]
            found["stats"] = {"additions": lines[0], "deletions": lines[1], "total": sum(lines)}
            found["files"] = files
        return found

    def branch(self, repository: Repository, row: Any, full: bool) -> dict[str, Any]:
        commit = {"sha": row.sha, "url": f"{API}/repos/{repository.full_name}/commits/{row.sha}"}
        return {"name": row.name, "commit": commit, "protected": row.name in repository.protected}

    def tag(self, repository: Repository, row: Any, full: bool) -> dict[str, Any]:
        url = f"{API}/repos/{repository.full_name}"
        return {
            "name": row.name,
            "zipball_url": f"{url}/zipball/refs/tags/{row.name}",
            "tarball_url": f"{url}/tarball/refs/tags/{row.name}",
            "commit": {"sha": row.sha, "url": f"{url}/commits/{row.sha}"},
            "node_id": f"REF_{row.sha[:16]}",
        }

    def release(self, repository: Repository, row: Release, full: bool) -> dict[str, Any]:
        url = f"{API}/repos/{repository.full_name}/releases/{row.release_id}"
        return {
            "url": url,
            "assets_url": f"{url}/assets",
            "upload_url": f"{url.replace('api.', 'uploads.')}/assets{{?name,label}}",
            "html_url": f"{HTML}/{repository.full_name}/releases/tag/{row.tag}",
            "id": row.release_id,
            "author": self.user(row.author),
            "node_id": f"RE_{row.release_id}",
            "tag_name": row.tag,
            "target_commitish": row.branch,
            "name": row.name,
            "draft": row.is_draft,
            "prerelease": row.is_prerelease,
            "created_at": iso(row.created_at),
            "published_at": maybe_iso(row.published_at),
            "assets": [],
            "tarball_url": None if row.is_draft else f"{API}/repos/{repository.full_name}/tarball/{row.tag}",
            "zipball_url": None if row.is_draft else f"{API}/repos/{repository.full_name}/zipball/{row.tag}",
            "body": row.body,
        }


def _kept(made: dict[str, Raw], found: Repository, make: Callable[[Repository], dict[str, Any]]) -> Raw:
    """A part that hangs on nothing but the repository's name."""
    if found.full_name not in made:
        made[found.full_name] = _encoded(make(found))
    return made[found.full_name]


def _encoded(shown: dict[str, Any]) -> Raw:
    return Raw(msgspec.json.encode(shown))


_known: "WeakKeyDictionary[Company, GitHubObjects]" = WeakKeyDictionary()
