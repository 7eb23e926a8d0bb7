"""Where the GitHub handlers get their objects from: a company's life here, a recording in replay.py.

Rows are any objects with the attributes that the handlers filter and sort by; `show` makes the JSON of one.

| kind | parent | attributes of a row |
|---|---|---|
| repositories | | repository_id, name |
| pull_requests | | pull_request_id, number, created_at, updated_at, closed_at, base_branch, head_branch, author |
| pull_request_commits | number | sha |
| pull_request_files | number | filename |
| reviews | number | review_id |
| issues | | issue_id, number, created_at, updated_at, closed_at, labels (names), author, comments (list) |
| issue_events | | event_id, number, created_at |
| comments | | comment_id, number, created_at, updated_at |
| tags, branches | | name, sha |
| releases | | release_id, created_at |
| deployments | | deployment_id, created_at, sha, ref, environment |
| deployment_statuses | deployment id | status_id, created_at |
| workflow_runs | | run_id, created_at, branch, event, status, conclusion, sha |
| workflow_jobs | run id | run_id, attempt |
| workflows | | workflow_id |
Times are instants (whole seconds). Rows come in any order. Issues hold no pull requests: the handlers put them in.
"""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from pipelines.simulator import github_checks
from pipelines.simulator.github_objects import GitHubObjects
from pipelines.simulator.records import Commit, PullRequest
from pipelines.simulator.repositories import Repository

if TYPE_CHECKING:
    from pipelines.simulator.company import Company

# What identifies a row in records/edit and records/delete.
IDENTITY = {
    "repositories": "repository_id",
    "pull_requests": "pull_request_id",
    "pull_request_commits": "sha",
    "pull_request_files": "filename",
    "reviews": "review_id",
    "issues": "issue_id",
    "issue_events": "event_id",
    "comments": "comment_id",
    "commits": "sha",
    "tags": "name",
    "branches": "name",
    "releases": "release_id",
    "deployments": "deployment_id",
    "deployment_statuses": "status_id",
    "workflow_runs": "run_id",
    "workflow_jobs": "run_id",
    "check_runs": "id",
}


class Store(Protocol):
    """The repositories of one company or recording."""

    slug: str  # whose records/edit and records/delete apply
    owners: Collection[str]  # the first part of owner/name
    token: str | None  # None: any token is good

    def resolve(self, name: str) -> str | None:
        """The present name of a repository that is or was called owner/name; None for one that never was."""

    def rows(self, repository: str, kind: str, parent: int | None = None) -> Sequence[Any] | None:
        """All objects of a kind; None where the parent does not exist."""

    def commits(self, repository: str, ref: str | None) -> Sequence[Any] | None:
        """What is reachable from a branch, tag or sha (None: the default branch), newest first: sha, committed_at,
        authored_at, author. None for an unknown ref."""

    def commit(self, repository: str, ref: str) -> Any | None:
        """One commit by sha, branch or tag, also one that no branch reaches."""

    def check_runs(self, repository: str, ref: str) -> list[dict[str, Any]]:
        """GitHub's JSON of the checks of a commit, branch or tag."""

    def show(
        self, repository: str, kind: str, row: Any, parent: int | None = None, full: bool = False
    ) -> dict[str, Any]:
        """GitHub's JSON of a row; `full` as when one object is asked for by itself. Pull requests are also shown as
        kind `pull_requests_as_issues`; a full issue event holds its issue."""


class Ref(NamedTuple):
    name: str
    sha: str


class Workflow(NamedTuple):
    workflow_id: int
    name: str
    path: str
    created_at: int


class LivedStore:
    """A company's repositories as of now."""

    def __init__(self, company: "Company") -> None:
        self.company = company
        self.slug = company.slug
        self.owners: Collection[str] = {one.owner for one in company.repositories.values()} | {company.slug}
        self.token: str | None = f"github-{company.slug}"
        self.objects = GitHubObjects.of(company)

    def resolve(self, name: str) -> str | None:
        wanted = name.lower()
        for repository in self.company.repositories.values():
            if wanted == repository.full_name.lower():
                return repository.full_name
        for repository in self.company.repositories.values():
            if wanted in repository.former_names:
                return repository.full_name
        return None

    def _repository(self, full_name: str) -> Repository:
        return next(one for one in self.company.repositories.values() if one.full_name == full_name)

    def rows(self, repository: str, kind: str, parent: int | None = None) -> Sequence[Any] | None:
        if kind == "repositories":
            return list(self.company.repositories.values())
        found = self._repository(repository)
        if kind in {"pull_request_commits", "pull_request_files", "reviews"}:
            return self._of_pull_request(found, kind, parent)
        if kind == "deployment_statuses":
            deployment = self._deployment(found, parent)
            return None if deployment is None else deployment.statuses
        if kind == "workflow_jobs":
            run = next((run for run in found.workflow_runs if run.run_id == parent), None)
            return None if run is None else [*run.earlier, run]
        if kind == "branches":
            return [Ref(*branch) for branch in found.branches.items()]
        if kind == "tags":
            return [Ref(*tag) for tag in found.tags.items()]
        if kind == "workflows":
            return list({run.workflow_id: Workflow(run.workflow_id, run.name, run.path, found.created_at)
                         for run in found.workflow_runs}.values())  # fmt: skip
        return getattr(found, kind)

    def _of_pull_request(self, repository: Repository, kind: str, number: int | None) -> Sequence[Any] | None:
        pull = self._pull(repository, number)
        if pull is None:
            return None
        if kind == "reviews":
            return pull.reviews
        return pull.commits if kind == "pull_request_commits" else pull.files

    def _pull(self, repository: Repository, number: int | None) -> PullRequest | None:
        found = repository.numbered.get(number or 0)
        return found if isinstance(found, PullRequest) else None

    def commits(self, repository: str, ref: str | None) -> Sequence[Commit] | None:
        found = self._repository(repository)
        return found.reachable(ref or found.default_branch)

    def check_runs(self, repository: str, ref: str) -> list[dict[str, Any]]:
        commit = self.commit(repository, ref)
        return github_checks.of_commit(self._repository(repository), commit.sha) if commit else []

    def commit(self, repository: str, ref: str) -> Commit | None:
        found = self._repository(repository)
        return found.commits.get(found.branches.get(ref) or found.tags.get(ref) or ref)

    def show(
        self, repository: str, kind: str, row: Any, parent: int | None = None, full: bool = False
    ) -> dict[str, Any]:
        found = self._repository(repository)
        if kind == "reviews":
            pull = self._pull(found, parent)
            assert pull is not None  # its rows were asked for before
            return self.objects.review(found, pull, row)
        if kind == "deployment_statuses":
            return self.objects.status(found, self._deployment(found, parent), row)
        return self.objects.show(found, kind, row, full)

    def _deployment(self, repository: Repository, deployment_id: int | None) -> Any:
        return next((d for d in reversed(repository.deployments) if d.deployment_id == deployment_id), None)
