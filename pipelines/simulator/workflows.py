"""GitHub Actions: a CI run for every opened pull request, and the runs that deployments are made by."""

from dataclasses import replace
from typing import TYPE_CHECKING

from pipelines.simulator.records import Person, PullRequest, WorkflowRun
from pipelines.simulator.repositories import Repository

if TYPE_CHECKING:
    from pipelines.simulator.company import Company

FILES = {"CI": "ci.yml", "Pages": "pages.yml"}
CI_FAILURES = 0.13


def start(
    company: "Company",
    repository: Repository,
    name: str,
    title: str,
    branch: str | None,
    sha: str,
    event: str,
    actor: Person,
) -> WorkflowRun:
    """A run that is queued now."""
    file = FILES.get(name, name.lower().replace(" ", "-") + ".yml")
    known = repository.workflows.get(name)
    workflow_id, count = known or (company.next_id("workflow"), 0)
    repository.workflows[name] = (workflow_id, count + 1)
    run = WorkflowRun(
        run_id=company.next_id("run"),
        repository=repository.name,
        workflow_id=workflow_id,
        name=name,
        path=f".github/workflows/{file}",
        title=title,
        branch=branch,
        sha=sha,
        event=event,
        actor=actor,
        number=count + 1,
        created_at=company.now,
        run_started_at=company.now,
        updated_at=company.now,
    )
    repository.workflow_runs.append(run)
    return run


def begin(company: "Company", run: WorkflowRun) -> None:
    run.status = "in_progress"
    run.job_started_at = run.updated_at = company.now


def finish(company: "Company", run: WorkflowRun, conclusion: str) -> None:
    run.status, run.conclusion, run.updated_at = "completed", conclusion, company.now


def run_ci(company: "Company", repository: Repository, pull: PullRequest) -> None:
    """Test a pull request; what fails by chance is run again."""
    run = start(company, repository, "CI", pull.title, pull.head_branch, pull.head_sha, "pull_request", pull.author)
    chance = company.random("ci", run.run_id)
    company.at(company.now + chance.randint(3, 30), begin, company, run)
    ends = company.now + chance.randint(150, 700)
    if chance.random() < CI_FAILURES:
        company.at(ends, finish, company, run, "failure")
        if chance.random() < 0.6:
            company.at(ends + chance.randint(120, 1500), _again, company, run)
    else:
        company.at(ends, finish, company, run, "cancelled" if chance.random() < 0.04 else "success")


def _again(company: "Company", run: WorkflowRun) -> None:
    """A second attempt of the same run: its start is new, its id and creation are not."""
    run.earlier.append(replace(run, earlier=[]))
    run.attempt += 1
    run.status, run.conclusion, run.job_started_at = "queued", None, None
    run.run_started_at = run.updated_at = company.now
    company.at(company.now + 10, begin, company, run)
    company.at(company.now + 400, finish, company, run, "success")
