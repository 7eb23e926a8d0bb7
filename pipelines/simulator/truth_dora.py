"""The five figures of delivery as they truly were, for a window or for every day."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from pipelines.simulator.deliveries import Delivery
from pipelines.simulator.records import Deployment, Incident
from pipelines.simulator.truth_rows import recovery_seconds

if TYPE_CHECKING:
    from pipelines.simulator.company import Company

Row = dict[str, Any]


@dataclass(slots=True)
class Period:
    """What ended in a service's production in some time: a deployment belongs to the moment its pipeline ended."""

    ended: list[Deployment] = field(default_factory=list)
    delivered: list[Delivery] = field(default_factory=list)
    resolved: list[Incident] = field(default_factory=list)


def by_day(company: "Company") -> list[Row]:
    """One row a service and local day, from the service's first success in production to today; empty days too."""
    periods = _periods(company, lambda service, instant: (service, company.calendar.day_of(instant)))
    begun: dict[str, date] = {}
    for (service, day), period in sorted(periods.items()):
        if any(deployment.result == "success" for deployment in period.ended):
            begun.setdefault(service, day)
    return [
        {"service": name, "day": day.isoformat(), **_figures(company, periods.get((name, day), Period()))}
        for name in (service.name for service in company.services)
        for day in company.days()
        if name in begun and day >= begun[name]
    ]


def window(company: "Company", start: int, end: int) -> list[Row]:
    """One row for all services together (`service` null) and one for each, of what ended from `start` until `end`."""
    periods = _periods(company, lambda service, instant: service if start <= instant < end else None)
    whole = _periods(company, lambda _, instant: "all" if start <= instant < end else None).get("all", Period())
    return [
        {"service": None, **_figures(company, whole)},
        *({"service": s.name, **_figures(company, periods.get(s.name, Period()))} for s in company.services),
    ]


def _periods(company: "Company", key: Callable[[str, int], Any]) -> dict[Any, Period]:
    """What ended, grouped by a key of service and instant."""
    found: dict[Any, Period] = defaultdict(Period)
    for deployment in company.deployments:
        if deployment.is_production and deployment.result and deployment.run:
            found[key(deployment.service, deployment.run.updated_at)].ended.append(deployment)
    for delivery in company.deliveries.delivered:
        if delivery.deployment.is_production:
            found[key(delivery.service, delivery.deployed_at)].delivered.append(delivery)
    for incident in company.incidents:
        if incident.resolved_at is not None:
            found[key(incident.service, incident.resolved_at)].resolved.append(incident)
    found.pop(None, None)
    return found


def _figures(company: "Company", period: Period) -> Row:
    succeeded = [d for d in period.ended if d.result == "success"]
    forward = [d for d in succeeded if not d.is_rollback]
    bad = {d.deployment_id for d in forward if d.incident_id is not None}
    broken = [incident for incident in company.incidents if incident.deployment_id in bad]
    recoveries = [seconds for i in broken if (seconds := recovery_seconds(company, i)) is not None]
    own = [d for d in period.delivered if not d.is_baseline and d.service in d.change.services]
    return {
        "deployment_count": len(succeeded),
        "failed_count": sum(d.result == "failure" for d in period.ended),
        "cancelled_count": sum(d.result == "cancelled" for d in period.ended),
        "rollback_count": len(succeeded) - len(forward),
        "redeploy_count": sum(d.is_redeploy for d in succeeded),
        "change_failure_count": len(bad),
        "change_failure_rate": len(bad) / len(forward) if forward else None,
        "recovery_seconds": sorted(recoveries),
        "restore_seconds": sorted(i.resolved_at - i.started_at for i in period.resolved if i.resolved_at),
        "lead_time_seconds": sorted(d.lead_time_seconds for d in own),
        "pull_request_lead_time_seconds": sorted(d.lead_time_seconds for d in own if d.change.kind == "pull_request"),
    }
