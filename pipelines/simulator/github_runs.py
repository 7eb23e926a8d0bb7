"""GitHub's JSON of deployments with their statuses, and of workflow runs with their jobs."""

from typing import TYPE_CHECKING, Any

from pipelines.simulator.clock import iso
from pipelines.simulator.github_shapes import API, HTML
from pipelines.simulator.records import Commit, Deployment, DeploymentStatus, WorkflowRun
from pipelines.simulator.repositories import Repository

if TYPE_CHECKING:
    from pipelines.simulator.github_objects import GitHubObjects


class Runs:
    """What is run for a repository: pipelines and deployments."""

    def __init__(self, objects: "GitHubObjects") -> None:
        self.objects = objects

    def deployment(self, repository: Repository, row: Deployment, full: bool) -> dict[str, Any]:
        url = f"{API}/repos/{repository.full_name}/deployments/{row.deployment_id}"
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
            "repository_url": f"{API}/repos/{repository.full_name}",
            "creator": self.objects.user(row.creator),
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
        url = f"{API}/repos/{repository.full_name}/deployments/{deployment.deployment_id}"
        run = deployment.run
        log = f"{HTML}/{repository.full_name}/actions/runs/{run.run_id}" if run else ""
        return {
            "url": f"{url}/statuses/{row.status_id}",
            "id": row.status_id,
            "node_id": f"DES_{row.status_id}",
            "state": row.state,
            "creator": self.objects.user(row.creator),
            "description": row.description,
            "environment": deployment.environment,
            "target_url": log,
            "created_at": iso(row.created_at),
            "updated_at": iso(row.created_at),
            "deployment_url": url,
            "repository_url": f"{API}/repos/{repository.full_name}",
            "environment_url": "",
            "log_url": log,
            "performed_via_github_app": None,
        }

    def run(self, repository: Repository, row: WorkflowRun, full: bool) -> dict[str, Any]:
        url = f"{API}/repos/{repository.full_name}/actions/runs/{row.run_id}"
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
            "html_url": f"{HTML}/{repository.full_name}/actions/runs/{row.run_id}",
            "pull_requests": [],
            "created_at": iso(row.created_at),
            "updated_at": iso(row.updated_at),
            "actor": self.objects.user(row.actor),
            "run_attempt": row.attempt,
            "referenced_workflows": [],
            "run_started_at": iso(row.run_started_at),
            "triggering_actor": self.objects.user(row.actor),
            "jobs_url": f"{url}/jobs",
            "logs_url": f"{url}/logs",
            "check_suite_url": f"{API}/repos/{repository.full_name}/check-suites/{row.run_id + 7}",
            "artifacts_url": f"{url}/artifacts",
            "cancel_url": f"{url}/cancel",
            "rerun_url": f"{url}/rerun",
            "previous_attempt_url": f"{url}/attempts/{row.attempt - 1}" if row.attempt > 1 else None,
            "workflow_url": f"{API}/repos/{repository.full_name}/actions/workflows/{row.workflow_id}",
            "head_commit": None if commit is None else _simple_commit(commit),
            "repository": self.objects.minimal(repository),
            "head_repository": self.objects.minimal(repository),
        }

    def job(self, repository: Repository, row: WorkflowRun, full: bool) -> dict[str, Any]:
        """The one job of a run."""
        run = f"{API}/repos/{repository.full_name}/actions/runs/{row.run_id}"
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
            "url": f"{API}/repos/{repository.full_name}/actions/jobs/{row.run_id * 10 + row.attempt}",
            "html_url": f"{HTML}/{repository.full_name}/actions/runs/{row.run_id}/job/{row.run_id * 10 + row.attempt}",
            "status": row.status,
            "conclusion": row.conclusion,
            "created_at": iso(row.run_started_at),
            "started_at": iso(row.job_started_at if row.job_started_at is not None else row.run_started_at),
            "completed_at": ended,
            "name": row.name.lower().replace(" ", "-"),
            "steps": [],
            "check_run_url": f"{API}/repos/{repository.full_name}/check-runs/{row.run_id * 10 + row.attempt}",
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
            "url": f"{API}/repos/{repository.full_name}/actions/workflows/{row.workflow_id}",
            "html_url": f"{HTML}/{repository.full_name}/blob/main/{row.path}",
            "badge_url": f"{HTML}/{repository.full_name}/workflows/{file}/badge.svg",
        }


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
