"""What the demo tenants have decided for themselves, so that teams, projects, objectives and targets have figures."""

from collections.abc import Sequence
from typing import Any

from pipelines.configuration import stored
from pipelines.configuration.kinds import KINDS
from pipelines.connection_changes import Author
from pipelines.tenants import Tenant
from pipelines.warehouse.connection import Warehouse

DAY = 86_400.0
FIRST_DAY = "2020-01-01"


def rows(slug: str, services: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """By kind. The first two services are one project, the others another; both make up the only portfolio."""
    tracker = slug.upper()[:10]
    projects = {service: "core" if number < 2 else "growth" for number, service in enumerate(services)}
    return {
        "teams": [
            {"team": "core", "repositories": [f"{slug}/{service}" for service in services[:2]],
             "projects": [{"source": "jira", "project": tracker}]},
            {"team": "growth", "repositories": [f"{slug}/{service}" for service in services[2:]]},
        ],
        "project_parts": [
            *({"project": project, "part": "service", "pattern": name} for name, project in projects.items()),
            *({"project": project, "part": "repository", "pattern": f"{slug}/{name}"}
              for name, project in projects.items()),
            {"project": "core", "part": "issue_project", "pattern": tracker},
        ],
        "portfolio_projects": [{"portfolio": "product", "project": name} for name in ("core", "growth")],
        "objectives": [
            {"objective": "happy customers", "description": "What customers report is solved."},
            {"objective": "safe operation", "description": "Incidents are few and short."},
        ],
        "objective_rules": [
            {"objective": "happy customers", "field": "label", "pattern": "customer"},
            {"objective": "safe operation", "field": "label", "pattern": "incident"},
        ],
        "targets": [
            {"metric": "lead_time", "value": 2 * DAY, "valid_from": FIRST_DAY},
            {"metric": "deployment_frequency", "value": 1, "valid_from": FIRST_DAY},
            {"metric": "change_failure_rate", "value": 0.15, "valid_from": FIRST_DAY},
        ],
    }  # fmt: skip


def configure(warehouse: Warehouse, tenant: Tenant, services: Sequence[str]) -> None:
    """Decide what nobody has decided yet."""
    with warehouse.connect("loader") as database:
        for kind, wanted in rows(tenant.slug, services).items():
            if stored.shown(database, tenant.tenant_id, KINDS[kind]).version == 0:
                stored.put(database, Author(tenant.tenant_id), KINDS[kind], wanted, "the demo's")
