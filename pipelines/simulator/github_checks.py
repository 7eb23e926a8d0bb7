"""GitHub's check runs of a commit: one of each job, and in some repositories one that tells the coverage."""

from typing import Any

from pipelines.simulator.clock import iso
from pipelines.simulator.github_shapes import API, HTML
from pipelines.simulator.records import WorkflowRun
from pipelines.simulator.repositories import Repository


def coverage(repository: Repository, sha: str) -> float | None:
    """Percent of lines that the tests of a commit reached, None in a repository that does not measure it."""
    return None if repository.repository_id % 2 else 70 + int(sha[:4], 16) % 2500 / 100


def of_commit(repository: Repository, sha: str) -> list[dict[str, Any]]:
    """The newest of each name first, as `filter=latest` shows them."""
    found = []
    for run in reversed(repository.workflow_runs):
        if run.sha != sha:
            continue
        found.append(_check(repository, run, run.run_id * 10 + run.attempt, run.name.lower().replace(" ", "-")))
        percent = coverage(repository, sha)
        if run.name == "CI" and run.conclusion == "success" and percent is not None:
            title = f"{percent:.2f}% (+0.12%) compared to {sha[-7:]}"
            output = {"title": title, "summary": f"[View this Pull Request on Codecov]({HTML})\n\n{title}"}
            found.append(_check(repository, run, run.run_id * 10 + 9, "codecov/project", **output))
    return found


def _check(repository: Repository, run: WorkflowRun, number: int, name: str, **output: str) -> dict[str, Any]:
    url = f"{API}/repos/{repository.full_name}/check-runs/{number}"
    page = f"{HTML}/{repository.full_name}/runs/{number}"
    told = {
        "title": None,
        "summary": None,
        "text": None,
        "annotations_count": 0,
        "annotations_url": f"{url}/annotations",
    }
    return {
        "id": number,
        "name": name,
        "node_id": f"CR_{number}",
        "head_sha": run.sha,
        "external_id": "",
        "url": url,
        "html_url": page,
        "details_url": page,
        "status": run.status,
        "conclusion": run.conclusion,
        "started_at": iso(run.run_started_at),
        "completed_at": iso(run.updated_at) if run.status == "completed" else None,
        "output": {**told, **output},
        "check_suite": {"id": run.run_id + 7},
        "app": None,
        "pull_requests": [],
    }
