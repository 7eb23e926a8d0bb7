"""GitHub's JSON of a company's records: repositories, commits, refs, releases, deployments, workflow runs.

Pull requests, issues and what hangs on them are in github_conversations.py.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import msgspec
from msgspec import Raw

from pipelines.simulator import github_conversations as conversations
from pipelines.simulator import github_shapes as shapes
from pipelines.simulator.clock import iso, maybe_iso
from pipelines.simulator.github_shapes import API, HTML
from pipelines.simulator.records import Commit, Deployment, DeploymentStatus, Person, Release, WorkflowRun
from pipelines.simulator.repositories import Repository

if TYPE_CHECKING:
    from pipelines.simulator.company import Company


class GitHubObjects:
    """Makes objects; keeps the parts that many of them hold."""

    def __init__(self, company: "Company") -> None:
        # Encoded once: a page of pull requests holds two hundred times the same repository.
        self._users: dict[str, Raw] = {}
        self._repositories: dict[str, tuple[tuple[int, int, int], Raw]] = {}
        self._minimal = {n: _encoded(shapes.minimal_repository(r)) for n, r in company.repositories.items()}
        self._owners = {n: _encoded(shapes.owner(r)) for n, r in company.repositories.items()}
        talk = conversations.Conversations(self)
        self._makers: dict[str, Callable[[Repository, Any, bool], dict[str, Any]]] = {
            "repositories": self.full_repository,
            "commits": self.commit,
            "pull_request_commits": self.commit,
            "branches": self.branch,
            "tags": self.tag,
            "releases": self.release,
            "deployments": self.deployment,
            "workflow_runs": self.run,
            "workflow_jobs": self.job,
            "workflows": self.workflow,
            "pull_requests": talk.pull,
            "pull_requests_as_issues": talk.pull_as_issue,
            "pull_request_files": lambda repository, row, full: conversations.file_entry(repository, "0" * 40, row),
            "issues": talk.issue,
            "issue_events": talk.event,
            "comments": talk.comment,
        }
        self.review = talk.review

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
        return self._owners[repository.name]

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
        known = self._repositories.get(repository.name)
        if known is None or known[0] != version:
            shown = _encoded(shapes.repository(repository))
            known = self._repositories[repository.name] = (version, shown)
        return known[1]

    def full_repository(self, _: Repository, row: Repository, full: bool) -> dict[str, Any]:
        """One repository, or a row of a list of them."""
        extra = {"network_count": 0, "subscribers_count": 1} if full else {}
        return {**shapes.repository(row), **extra}

    def commit(self, repository: Repository, row: Commit, full: bool) -> dict[str, Any]:
        """A commit; asked for by itself also its files."""
        url = f"{API}/repos/{repository.name}/commits/{row.sha}"
        page = f"{HTML}/{repository.name}/commit/"
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
                "tree": {"sha": row.sha[::-1], "url": f"{API}/repos/{repository.name}/git/trees/{row.sha[::-1]}"},
                "url": f"{API}/repos/{repository.name}/git/commits/{row.sha}",
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
                {"sha": sha, "url": f"{API}/repos/{repository.name}/commits/{sha}", "html_url": page + sha}
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
        commit = {"sha": row.sha, "url": f"{API}/repos/{repository.name}/commits/{row.sha}"}
        return {"name": row.name, "commit": commit, "protected": row.name in repository.protected}

    def tag(self, repository: Repository, row: Any, full: bool) -> dict[str, Any]:
        url = f"{API}/repos/{repository.name}"
        return {
            "name": row.name,
            "zipball_url": f"{url}/zipball/refs/tags/{row.name}",
            "tarball_url": f"{url}/tarball/refs/tags/{row.name}",
            "commit": {"sha": row.sha, "url": f"{url}/commits/{row.sha}"},
            "node_id": f"REF_{row.sha[:16]}",
        }

    def release(self, repository: Repository, row: Release, full: bool) -> dict[str, Any]:
        url = f"{API}/repos/{repository.name}/releases/{row.release_id}"
        return {
            "url": url,
            "assets_url": f"{url}/assets",
            "upload_url": f"{url.replace('api.', 'uploads.')}/assets{{?name,label}}",
            "html_url": f"{HTML}/{repository.name}/releases/tag/{row.tag}",
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
            "tarball_url": None if row.is_draft else f"{API}/repos/{repository.name}/tarball/{row.tag}",
            "zipball_url": None if row.is_draft else f"{API}/repos/{repository.name}/zipball/{row.tag}",
            "body": row.body,
        }

    def deployment(self, repository: Repository, row: Deployment, full: bool) -> dict[str, Any]:
        url = f"{API}/repos/{repository.name}/deployments/{row.deployment_id}"
        found: dict[str, Any] = {
            "url": url,
            "id": row.deployment_id,
            "node_id": f"DE_{row.deployment_id}",
            "task": "deploy",
            "original_environment": row.environment,
            "environment": row.environment,
            "description": row.description or None,
            "created_at": iso(row.created_at),
            "updated_at": iso(row.updated_at),
            "statuses_url": f"{url}/statuses",
            "repository_url": f"{API}/repos/{repository.name}",
            "creator": self.user(row.creator),
            "sha": row.sha,
            "ref": row.ref,
            "payload": row.payload,
            "transient_environment": False,
            "performed_via_github_app": None,
        }
        if row.deployment_id % 3 == 0:  # often missing
            found["production_environment"] = row.is_production
        return found

    def status(self, repository: Repository, deployment: Deployment, row: DeploymentStatus) -> dict[str, Any]:
        url = f"{API}/repos/{repository.name}/deployments/{deployment.deployment_id}"
        run = deployment.run
        log = f"{HTML}/{repository.name}/actions/runs/{run.run_id}" if run else ""
        return {
            "url": f"{url}/statuses/{row.status_id}",
            "id": row.status_id,
            "node_id": f"DES_{row.status_id}",
            "state": row.state,
            "creator": self.user(row.creator),
            "description": row.description,
            "environment": deployment.environment,
            "target_url": log,
            "created_at": iso(row.created_at),
            "updated_at": iso(row.created_at),
            "deployment_url": url,
            "repository_url": f"{API}/repos/{repository.name}",
            "environment_url": "",
            "log_url": log,
            "performed_via_github_app": None,
        }

    def run(self, repository: Repository, row: WorkflowRun, full: bool) -> dict[str, Any]:
        url = f"{API}/repos/{repository.name}/actions/runs/{row.run_id}"
        commit = repository.commits.get(row.sha)
        return {
            "id": row.run_id,
            "name": row.name,
            "node_id": f"WFR_{row.run_id}",
            "head_branch": row.branch,
            "head_sha": row.sha,
            "path": row.path,
            "display_title": row.title,
            "run_number": row.number,
            "event": row.event,
            "status": row.status,
            "conclusion": row.conclusion,
            "workflow_id": row.workflow_id,
            "check_suite_id": row.run_id + 7,
            "check_suite_node_id": f"CS_{row.run_id + 7}",
            "url": url,
            "html_url": f"{HTML}/{repository.name}/actions/runs/{row.run_id}",
            "pull_requests": [],
            "created_at": iso(row.created_at),
            "updated_at": iso(row.updated_at),
            "actor": self.user(row.actor),
            "run_attempt": row.attempt,
            "referenced_workflows": [],
            "run_started_at": iso(row.run_started_at),
            "triggering_actor": self.user(row.actor),
            "jobs_url": f"{url}/jobs",
            "logs_url": f"{url}/logs",
            "check_suite_url": f"{API}/repos/{repository.name}/check-suites/{row.run_id + 7}",
            "artifacts_url": f"{url}/artifacts",
            "cancel_url": f"{url}/cancel",
            "rerun_url": f"{url}/rerun",
            "previous_attempt_url": f"{url}/attempts/{row.attempt - 1}" if row.attempt > 1 else None,
            "workflow_url": f"{API}/repos/{repository.name}/actions/workflows/{row.workflow_id}",
            "head_commit": None if commit is None else _simple_commit(commit),
            "repository": self._minimal[repository.name],
            "head_repository": self._minimal[repository.name],
        }

    def job(self, repository: Repository, row: WorkflowRun, full: bool) -> dict[str, Any]:
        """The one job of a run."""
        run = f"{API}/repos/{repository.name}/actions/runs/{row.run_id}"
        has_runner = row.job_started_at is not None
        ended = iso(row.updated_at) if row.status == "completed" else None
        return {
            "id": row.run_id * 10 + row.attempt,
            "run_id": row.run_id,
            "workflow_name": row.name,
            "head_branch": row.branch,
            "run_url": run,
            "run_attempt": row.attempt,
            "node_id": f"CR_{row.run_id}",
            "head_sha": row.sha,
            "url": f"{API}/repos/{repository.name}/actions/jobs/{row.run_id * 10 + row.attempt}",
            "html_url": f"{HTML}/{repository.name}/actions/runs/{row.run_id}/job/{row.run_id * 10 + row.attempt}",
            "status": row.status,
            "conclusion": row.conclusion,
            "created_at": iso(row.run_started_at),
            "started_at": iso(row.job_started_at if row.job_started_at is not None else row.run_started_at),
            "completed_at": ended,
            "name": row.name.lower().replace(" ", "-"),
            "steps": [],
            "check_run_url": f"{API}/repos/{repository.name}/check-runs/{row.run_id * 10 + row.attempt}",
            "labels": ["ubuntu-latest"],
            "runner_id": 1 if has_runner else None,
            "runner_name": "GitHub Actions 1" if has_runner else None,
            "runner_group_id": 0 if has_runner else None,
            "runner_group_name": "GitHub Actions" if has_runner else None,
        }

    def workflow(self, repository: Repository, row: Any, full: bool) -> dict[str, Any]:
        file = row.path.rsplit("/", 1)[-1]
        return {
            "id": row.workflow_id,
            "node_id": f"W_{row.workflow_id}",
            "name": row.name,
            "path": row.path,
            "state": "active",
            "created_at": iso(row.created_at),
            "updated_at": iso(row.created_at),
            "url": f"{API}/repos/{repository.name}/actions/workflows/{row.workflow_id}",
            "html_url": f"{HTML}/{repository.name}/blob/main/{row.path}",
            "badge_url": f"{HTML}/{repository.name}/workflows/{file}/badge.svg",
        }


def _encoded(shown: dict[str, Any]) -> Raw:
    return Raw(msgspec.json.encode(shown))


def _simple_commit(commit: Commit) -> dict[str, Any]:
    author = {"name": commit.author.name, "email": commit.author.email}
    return {
        "id": commit.sha,
        "tree_id": commit.sha[::-1],
        "message": commit.message,
        "timestamp": iso(commit.committed_at),
        "author": author,
        "committer": author,
    }


_known: "WeakKeyDictionary[Company, GitHubObjects]" = WeakKeyDictionary()
