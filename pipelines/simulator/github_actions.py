"""GitHub's REST API: deployments with their statuses, workflow runs with their jobs."""

from typing import Any

from litestar import Request, Response

from pipelines.simulator.clock import parse_instant
from pipelines.simulator.github_answers import Asked, asked, at
from pipelines.simulator.github_limits import Refused

MOST_FILTERED_RUNS = 1000


@at("/deployments")
def list_deployments(request: Request) -> Response:
    """Newest first."""
    found = asked(request)
    rows = found.rows("deployments")
    for name in ("sha", "ref", "environment"):
        wanted = found.parameter(name)
        if wanted:
            rows = [row for row in rows if getattr(row, name) == wanted]
    return found.page("deployments", sorted(rows, key=lambda row: -row.deployment_id))


@at("/deployments/{deployment_id:int}")
def read_deployment(request: Request, deployment_id: int) -> Response:
    found = asked(request)
    return found.answer(found.show("deployments", _deployment(found, deployment_id), full=True))


@at("/deployments/{deployment_id:int}/statuses")
def list_statuses(request: Request, deployment_id: int) -> Response:
    """Newest first."""
    found = asked(request)
    _deployment(found, deployment_id)
    rows = sorted(found.rows("deployment_statuses", deployment_id), key=lambda row: -row.status_id)
    return found.page("deployment_statuses", rows, deployment_id)


def _deployment(found: Asked, deployment_id: int) -> Any:
    row = next((row for row in found.rows("deployments") if row.deployment_id == deployment_id), None)
    if row is None:
        raise Refused(404, "Not Found", found.headers)
    return row


@at("/actions/runs")
def list_runs(request: Request) -> Response:
    """Newest first; a filtered list ends at 1,000."""
    found = asked(request)
    rows = found.rows("workflow_runs")
    filters = {
        "branch": lambda row, wanted: row.branch == wanted,
        "event": lambda row, wanted: row.event == wanted,
        "status": lambda row, wanted: wanted in {row.status, row.conclusion},
        "head_sha": lambda row, wanted: row.sha == wanted,
        "actor": lambda row, wanted: row.actor.login == wanted,
        "created": lambda row, wanted: _is_between(row.created_at, wanted),
    }
    used = {name: found.parameter(name) for name in filters if found.parameter(name)}
    for name, wanted in used.items():
        rows = [row for row in rows if filters[name](row, wanted)]
    rows.sort(key=lambda row: -row.run_id)
    return found.page("workflow_runs", rows[:MOST_FILTERED_RUNS] if used else rows, envelope="workflow_runs")


def _is_between(instant: int, wanted: str) -> bool:
    """GitHub's date search: `>=2026-01-01`, `<2026-01-01T10:00:00Z`, `2026-01-01..2026-02-01`, a day."""
    first, dots, last = wanted.partition("..")
    if dots:
        return (first == "*" or instant >= parse_instant(first)) and (last == "*" or instant < _end(last))
    for sign in (">=", "<=", ">", "<"):
        if wanted.startswith(sign):
            limit = parse_instant(wanted[len(sign) :])
            return {">=": instant >= limit, "<=": instant <= limit, ">": instant > limit, "<": instant < limit}[sign]
    return parse_instant(wanted) <= instant < _end(wanted)


def _end(text: str) -> int:
    """A day lasts to its midnight, an instant for its second."""
    return parse_instant(text) + (86_400 if len(text) == 10 else 1)


@at("/actions/runs/{run_id:int}/jobs")
def list_jobs(request: Request, run_id: int) -> Response:
    """Those of the last attempt, of all attempts with `filter=all`."""
    found = asked(request)
    if not any(run.run_id == run_id for run in found.rows("workflow_runs")):
        raise Refused(404, "Not Found", found.headers)
    rows = found.rows("workflow_jobs", run_id)
    if found.parameter("filter", "latest") == "latest":
        last = max((getattr(row, "attempt", 1) for row in rows), default=1)
        rows = [row for row in rows if getattr(row, "attempt", 1) == last]
    return found.page("workflow_jobs", rows, run_id, envelope="jobs")


@at("/actions/workflows")
def list_workflows(request: Request) -> Response:
    found = asked(request)
    return found.page("workflows", found.rows("workflows"), envelope="workflows")


HANDLERS = [list_deployments, read_deployment, list_statuses, list_runs, list_jobs, list_workflows]
