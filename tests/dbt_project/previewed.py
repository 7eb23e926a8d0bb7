"""What a preview says of the rules in force: nothing may change, or it judges otherwise than the models do."""

from collections.abc import Iterable
from uuid import UUID

import dbt_project
from pipelines.configuration import stored
from pipelines.configuration.previews import Preview, preview
from pipelines.publish import publish
from tests import parsed
from tests.dbt_project.project import Project


def rules_in_force(project: Project, tenants: Iterable[UUID], kind: str, *marts: str) -> list[Preview]:
    """Publish these marts, then preview each tenant's own rules of a kind."""
    every = parsed.marts()
    publish(project.warehouse, {name: every[name] for name in marts})
    found = stored.kind_of(kind)
    told = []
    for tenant_id in tenants:
        with project.warehouse.connect_as_tenant(tenant_id) as database:
            rows = stored.shown(database, tenant_id, found).rows
            told.append(preview(database, found, rows, found.defaults(dbt_project.seed)))
    return told
