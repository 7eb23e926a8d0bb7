"""Figures of deployments, changes, pull requests and people beside the simulator's own books."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from statistics import median
from typing import Any

from tests.end_to_end.figures import Books, Cells, Row, figure, spread, times

UNSEEN = (
    "a revert is evidence, though the books may know of no harm; an incident that nobody linked and that came late is"
    " not seen"
)
MENDED = "every revert and hotfix is rework to us; the books count a deployment only where it mended an incident"


def middle(values: list[float]) -> float | None:
    return median(values) if values else None


def of_days(books: Books, mart: str, names: dict[str, Callable[[Row], Any]]) -> tuple[Cells, Cells]:
    """A service's days in production from its first success on; `names`: a column → what the books say of the day."""
    days = {(row["service"], row["day"]): row for row in books.happened("dora?by=day")}
    if mart == "dora_daily":
        rows = {(r["service"], r["day"]): r for r in books.told(mart) if r["environment_class"] == "production"}
    else:
        rows = {
            (r["scope"], r["first_day"]): r
            for r in books.told(mart)
            if (r["scope_kind"], r["period_kind"]) == ("service", "day")
        }
    told = {(key, name): rows[key][name] for key in days if key in rows for name in names}
    return told, {(key, name): of(days[key]) for key in days for name, of in names.items()}


@figure("Deployments: service, environment, sha, failed, rollback, redeploy", "deployments")
def deployments(books: Books) -> tuple[Cells, Cells]:
    names = ("service", "environment", "sha", "is_failed", "is_rollback", "is_redeploy")
    return (
        spread(books.told("deployments"), lambda row: row["external_id"], *names),
        spread(books.happened("deployments"), lambda row: str(row["id"]), *names),
    )


@figure("Deployments: the instant of the first success", "deployments")
def ends(books: Books) -> tuple[Cells, Cells]:
    happened = [row for row in books.happened("deployments") if row["result"] == "success"]
    told = [row for row in books.told("deployments") if row["status"] == "success"]
    return (
        times(told, lambda row: row["external_id"], "finished_at"),
        times(happened, lambda row: str(row["id"]), "finished_at"),
    )


def _changes(books: Books, told: Callable[[Row], Any], happened: Callable[[Row], Any]) -> tuple[Cells, Cells]:
    place = ("service", "environment", "repository", "change_kind")
    rows = {
        (
            *(row[name] for name in place),
            str(row["number"]) if row["change_kind"] == "pull_request" else row["sha"],
        ): row
        for row in books.told("change_deployments")
    }
    truth = {
        (*(row[name] for name in place), row["change_id"]): row
        for row in books.happened("changes")
        if row["touches_service"]
    }
    return {key: told(row) for key, row in rows.items()}, {key: happened(row) for key, row in truth.items()}


@figure("Which deployment delivered which change", "change_deployments")
def delivered(books: Books) -> tuple[Cells, Cells]:
    numbers = {row["deployment_id"]: row["external_id"] for row in books.told("deployments")}
    return _changes(
        books,
        lambda row: (numbers[row["deployment_id"]], row["is_baseline"]),
        lambda row: (str(row["deployment_id"]), row["is_baseline"]),
    )


@figure("Lead time of each change", "change_deployments")
def lead_times(books: Books) -> tuple[Cells, Cells]:
    def measured(row: Row) -> Any:
        return "baseline" if row["is_baseline"] else row["lead_time_seconds"]

    return _changes(books, measured, measured)


@figure("Lead time by day: median and n", "dora_daily")
def lead_time_days(books: Books) -> tuple[Cells, Cells]:
    return of_days(books, "dora_daily", {
        "lead_time_p50_seconds": lambda day: middle(day["lead_time_seconds"]),
        "n": lambda day: len(day["lead_time_seconds"]),
    })  # fmt: skip


@figure("Deployment frequency by day", "dora_daily")
def frequency(books: Books) -> tuple[Cells, Cells]:
    return of_days(books, "dora_daily", {"deployment_count": lambda day: day["deployment_count"]})


@figure("Failed pipelines and rollbacks by day", "dora_daily")
def failed(books: Books) -> tuple[Cells, Cells]:
    names = ("failed_count", "rollback_count")
    return of_days(books, "dora_daily", {name: lambda day, name=name: day[name] for name in names})


@figure("Change failures: which deployments", "deployments", UNSEEN, share=0.1)
def change_failures(books: Books) -> tuple[Cells, Cells]:
    happened = {
        str(row["id"]): row["caused_incident"]
        for row in books.happened("deployments")
        if row["is_production"] and row["result"] == "success" and not row["is_rollback"]
    }
    told = {row["external_id"]: row["is_change_failure"] for row in books.told("deployments")}
    return {number: told.get(number) for number in happened}, happened


@figure("Change failure rate by day", "dora_periods", UNSEEN, share=0.1)
def change_failure_rate(books: Books) -> tuple[Cells, Cells]:
    return of_days(books, "dora_periods", {"change_failure_rate": lambda day: day["change_failure_rate"]})


@figure("Recovery time by day: median", "dora_periods", UNSEEN, share=0.1)
def recovery(books: Books) -> tuple[Cells, Cells]:
    return of_days(books, "dora_periods", {"recovery_p50_seconds": lambda day: middle(day["recovery_seconds"])})


@figure("Time to restore by day: median", "dora_periods")
def restore(books: Books) -> tuple[Cells, Cells]:
    return of_days(books, "dora_periods", {"restore_p50_seconds": lambda day: middle(day["restore_seconds"])})


@figure("Rework: which deployments", "deployments", MENDED, share=0.1)
def rework(books: Books) -> tuple[Cells, Cells]:
    happened = {
        str(row["id"]): row["is_rollback"] or row["remediates_incident_id"] is not None
        for row in books.happened("deployments")
        if row["is_production"] and row["result"] == "success"
    }
    told = {row["external_id"]: row["is_rework"] for row in books.told("deployments")}
    return {number: told.get(number) for number in happened}, happened


def _pull(row: Row) -> tuple[str, int]:
    return row["repository"], row["number"]


@figure("Pull requests: their eight timestamps", "pull_requests")
def timestamps(books: Books) -> tuple[Cells, Cells]:
    names = (
        "first_commit_at", "opened_at", "ready_at", "first_review_at", "first_approval_at", "merged_at",
        "deploy_started_at", "deployed_at",
    )  # fmt: skip
    return (
        times(books.told("pull_requests"), _pull, *names),
        times(books.happened("pull_requests"), _pull, *names),
    )


@figure("Pull requests: cycle time, where all parts are measured", "pull_requests")
def cycle_time(books: Books) -> tuple[Cells, Cells]:
    told = {_pull(row): row["total_seconds"] for row in books.told("pull_requests") if row["total_seconds"] is not None}
    happened = {}
    for row in books.happened("pull_requests"):
        begun, out = (row[name] and datetime.fromisoformat(row[name]) for name in ("first_commit_at", "deployed_at"))
        if _pull(row) in told:
            happened[_pull(row)] = (out - begun).total_seconds()
    return told, happened


@figure("Pull requests: how they were merged", "pull_requests")
def merge_methods(books: Books) -> tuple[Cells, Cells]:
    name = "merge_method"
    return spread(books.told("pull_requests"), _pull, name), spread(books.happened("pull_requests"), _pull, name)


@figure("Who committed, opened, merged and reviewed, by week", "contributors_weekly")
def people(books: Books) -> tuple[Cells, Cells]:
    names = ("commit_count", "opened_count", "merged_count", "reviewed_count")

    def key(row: Row) -> tuple[str, str, str]:
        return row["repository"], row["week"], row["contributor"]

    return spread(books.told("contributors_weekly"), key, *names), spread(books.happened("people"), key, *names)


@figure("Who reviewed whom", "review_pairs")
def review_pairs(books: Books) -> tuple[Cells, Cells]:
    pairs: Counter[tuple[str, str, str]] = Counter()
    for row in books.told("review_pairs"):
        pairs[row["repository"], row["author"], row["reviewer"]] += row["pull_request_count"]
    happened: Counter[tuple[str, str, str]] = Counter()
    for pull in books.happened("pull_requests"):
        if not pull["is_bot"]:
            happened.update((pull["repository"], pull["author"], reviewer) for reviewer in pull["reviewers"])
    return dict(pairs), dict(happened)
