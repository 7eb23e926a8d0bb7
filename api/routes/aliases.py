"""The paths of the users' own documents: second mounts of the same handlers, never redirects.

A redirect loses the body of a POST and fails a webhook; so each path here calls the very function that ours calls.
"""

from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.types import ASGIApp

from api.responses import Envelope
from api.routes import dashboard_metrics, data_sources, dora, etl_aliases, repository_summary
from api.routes.dashboard import ANSWER, dashboard, of_tenant
from api.routes.sync import Trigger, Triggered, trigger_sync
from api.routes.sync_status import ConnectionStatus, read_sync_status
from api.routes.uploads import (
    PARAMETERS,
    Accepted,
    DateFormat,
    Decimal,
    DryRun,
    Encoding,
    Kind,
    Name,
    upload_file,
)
from api.routes.webhooks import Received, receive_webhook
from api.security.callers import ANY, Caller
from api.services import Services


@get(
    "/api/analytics/dashboard/{tenant_id:uuid}",
    operation_id="ReadDashboardOfTenant",
    tags=["same handlers, other paths"],
    summary="The same as GET /api/v1/dashboard",
    responses=ANSWER,
)
async def read_dashboard_of_tenant(services: Services, caller: Caller, tenant_id: UUID) -> ASGIApp:
    """The same as GET /api/v1/dashboard, for any tenant of the caller."""
    return await dashboard(services, await of_tenant(services, caller, tenant_id))


@get(
    "/api/sync/status",
    operation_id="ReadSyncStatusAlias",
    tags=["same handlers, other paths"],
    summary="The same as GET /api/v1/sync/status",
)
async def read_status(services: Services, caller: Caller) -> Envelope[list[ConnectionStatus]]:
    """The same as GET /api/v1/sync/status."""
    return await read_sync_status.fn(services=services, caller=caller)


@post(
    "/api/sync/trigger",
    role="editor",
    status_code=202,
    operation_id="TriggerSyncAlias",
    tags=["same handlers, other paths"],
    summary="The same as POST /api/v1/sync/trigger",
)
async def trigger(services: Services, caller: Caller, data: Trigger | None = None) -> Envelope[Triggered]:
    """The same as POST /api/v1/sync/trigger."""
    return await trigger_sync.fn(services=services, caller=caller, data=data)


@post(
    "/api/webhooks/hubspot/{tenant_id:uuid}",
    public=True,
    parameters=ANY,
    status_code=202,
    operation_id="ReceiveWebhookOfTenant",
    tags=["same handlers, other paths"],
    summary="The same as POST /api/v1/webhooks/hubspot/{connection}",
)
async def receive_hubspot(request: Request[Any, Any, Any], services: Services, tenant_id: UUID) -> Envelope[Received]:
    """The same as POST /api/v1/webhooks/hubspot/{connection}, signed over the address as it was called."""
    return await receive_webhook.fn(request=request, services=services, source="hubspot", connection=tenant_id)


@post(
    "/data/upload",
    role="editor",
    parameters=PARAMETERS,
    status_code=201,
    operation_id="UploadFileAlias",
    tags=["same handlers, other paths"],
    summary="The same as POST /api/v1/uploads",
)
async def upload(
    request: Request[Any, Any, Any], services: Services, caller: Caller,
    kind: Kind = None, name: Name = "", encoding: Encoding = None, date_format: DateFormat = None,
    decimal: Decimal = None, dry_run: DryRun = False,
) -> Envelope[Accepted]:  # fmt: skip
    """The same as POST /api/v1/uploads."""
    return await upload_file.fn(
        request=request, services=services, caller=caller, kind=kind, name=name, encoding=encoding,
        date_format=date_format, decimal=decimal, dry_run=dry_run,
    )  # fmt: skip


def again(path: str, handler: Any, ours: str) -> Any:
    """The function of one of our handlers at another path, where that names its parameters as ours does.

    `ours` is the method and the path that OpenAPI tells.
    """
    mount = {"GET": get, "POST": post}[ours.split()[0]](
        path, operation_id=f"{handler.operation_id}Alias", tags=["same handlers, other paths"],
        summary=f"The same as {ours}", status_code=handler.status_code, responses=handler.responses, **handler.opt,
    )  # fmt: skip
    return mount(handler.fn)


AGAIN = [
    again("/api/v1/fast/repositories/{repository_id:uuid}/summary", repository_summary.read_summary,
          "GET /api/v1/repositories/{repository_id}/summary"),
    again("/dashboard/metrics/{business_id:uuid}", dashboard_metrics.read_metrics,
          "GET /api/v1/dashboard/metrics/{business_id}"),
    again("/dashboard/metrics", dashboard_metrics.post_metrics, "POST /api/v1/dashboard/metrics"),
    *(again(f"/api/v1/metrics{path}", one, f"GET /api/v1{path}") for one in dora.ROUTES for path in one.paths),
]  # fmt: skip
ROUTES = [
    read_dashboard_of_tenant, read_status, trigger, receive_hubspot, upload, *AGAIN,
    *data_sources.ROUTES, *etl_aliases.ROUTES,
]  # fmt: skip
