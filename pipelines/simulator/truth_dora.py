"""The five figures of delivery as they truly were, for a window or for every day."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from pipelines.simulator.records import Deployment, Incident
from pipelines.simulator.truth_rows import recovery_seconds

if TYPE_CHECKING:
    from pipelines.simulator.company import Company

Row = dict[str, Any]


def by_day(company: "Company") -> list[Row]:
    """One row a service and local day, from the service's first success in production to today; empty days too."""
    rows = []
    for service in company.services:
        days = [company.calendar.day_of(d.finished_at) for d in _successes(company, [service.name]) if d.finished_at]
        if days:
            rows += [_day(company, service.name, day) for day in company.days() if day >= min(days)]
    return rows


def window(company: "Company", start: int, end: int) -> list[Row]:
    """One row for all services together (`service` null) and one for each, of what ended from `start` until `end`."""

    def is_within(instant: int) -> bool:
        return start <= instant < end

    names = [service.name for service in company.services]
    return [
        {"service": None, **_figures(company, names, is_within)},
        *({"service": name, **_figures(company, [name], is_within)} for name in names),
    ]


def _day(company: "Company", service: str, day: date) -> Row:
    figures = _figures(company, [service], lambda instant: company.calendar.day_of(instant) == day)
    return {"service": service, "day": day.isoformat(), **figures}


def _successes(company: "Company", services: list[str]) -> Iterable[Deployment]:
    return (d for d in company.deployments if d.is_production and d.service in services and d.result == "success")


def _figures(company: "Company", services: list[str], is_within: Callable[[int], bool]) -> Row:
    """Production of these services; a deployment belongs to the moment when its pipeline ended."""
    ended = [
        d
        for d in company.deployments
        if d.is_production and d.service in services and d.run and d.result and is_within(d.run.updated_at)
    ]
    succeeded = [d for d in ended if d.result == "success"]
    forward = [d for d in succeeded if not d.is_rollback]
    bad = [d for d in forward if d.incident_id is not None]
    broken: list[Incident] = [i for i in company.incidents if i.deployment_id in {d.deployment_id for d in bad}]
    recoveries = [seconds for i in broken if (seconds := recovery_seconds(company, i)) is not None]
    mended = [i for i in company.incidents if i.service in services and i.resolved_at and is_within(i.resolved_at)]
    delivered = [
        d
        for d in company.deliveries.delivered
        if d.deployment.is_production and d.service in services and is_within(d.deployed_at)
    ]
    own = [d for d in delivered if not d.is_baseline and d.service in d.change.services]
    return {
        "deployment_count": len(succeeded),
        "failed_count": sum(d.result == "failure" for d in ended),
        "cancelled_count": sum(d.result == "cancelled" for d in ended),
        "rollback_count": len(succeeded) - len(forward),
        "redeploy_count": sum(d.is_redeploy for d in succeeded),
        "change_failure_count": len(bad),
        "change_failure_rate": len(bad) / len(forward) if forward else None,
        "recovery_seconds": sorted(recoveries),
        "restore_seconds": sorted(i.resolved_at - i.started_at for i in mended if i.resolved_at),
        "lead_time_seconds": sorted(d.lead_time_seconds for d in own),
        "pull_request_lead_time_seconds": sorted(d.lead_time_seconds for d in own if d.change.kind == "pull_request"),
    }
