"""What a preview says of the rules in force: nothing may change, or it judges otherwise than the models do."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec

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
    return [what_if(project, tenant_id, kind) for tenant_id in tenants]


def what_if(project: Project, tenant_id: UUID, kind: str, rows: list[dict[str, Any]] | None = None) -> Preview:
    """The preview of these rows, or of those in force, on what is published."""
    found = stored.kind_of(kind)
    with project.warehouse.connect_as_tenant(tenant_id) as database:
        in_force = stored.shown(database, tenant_id, found).rows
        rows = in_force if rows is None else msgspec.to_builtins(found.parse(rows), enc_hook=str)
        return preview(database, found, rows, found.defaults(dbt_project.seed))
