"""Webhooks in: the signature over the raw bytes, then stored once, then acknowledged. Nothing is applied here."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, post
from litestar.params import Parameter
from msgspec import Meta, Struct

from api.errors import ApiError, Fault, not_found
from api.responses import Envelope
from api.security.callers import ANY
from api.services import Services
from pipelines.webhooks.events import Told, Unreadable, split
from pipelines.webhooks.signatures import SIGNATURES, Delivery

FIND = "select tenant_id, connection_id, webhook_secret from guard.find_webhooks($1, $2)"
STORE = """
insert into app.webhook_event (tenant_id, connection_id, source, delivery_id, position, event, body)
select $1::uuid, $2::uuid, $3::text, given.*
from unnest($4::text[], $5::integer[], $6::text[], $7::text[]) as given (delivery_id, position, event, body)
where not exists (
    select from app.webhook_event as known
    where known.tenant_id = $1::uuid and known.connection_id = $2::uuid and known.delivery_id = given.delivery_id
)
order by given.position
on conflict do nothing
"""
Sender = Annotated[str, Parameter(description="github, jira or hubspot")]


class Received(Struct, frozen=True):
    """What came in. What had come before is not stored again."""

    events: Annotated[int, Meta(description="How many events the webhook told.")]
    stored: Annotated[int, Meta(description="How many of them are new.")]


@post(
    "/webhooks/{source:str}/{connection:uuid}",
    public=True,
    parameters=ANY,
    status_code=202,
    operation_id="ReceiveWebhook",
    tags=["webhooks"],
    summary="What GitHub, Jira or HubSpot tell",
)
async def receive_webhook(
    request: Request[Any, Any, Any], services: Services, source: Sender, connection: UUID
) -> Envelope[Received]:
    """The body as the source sends it, signed with the connection's webhook secret. `connection` is its id, or the
    tenant's: then the signature tells which of the tenant's connections is meant.

    202: the events are durable and will be applied. 401: unknown connection or wrong signature, in the same words.
    """
    if source not in SIGNATURES:
        raise not_found()
    delivery = Delivery("POST", _addresses(request, services), _headers(request), await request.body())
    tenant_id, connection_id = await _sender(services, source, connection, delivery)
    try:
        told = split(source, delivery)
    except Unreadable as error:
        raise ApiError(400, "VALIDATION_ERROR", str(error), Fault("body", "is not what this source sends")) from None
    stored = await _store(services, tenant_id, connection_id, source, told) if told else 0
    return Envelope(Received(len(told), stored), "Stored")


async def _sender(services: Services, source: str, wanted: UUID, delivery: Delivery) -> tuple[UUID, str]:
    """Tenant and connection whose secret signed this. Raises ApiError 401."""
    async with services.database.connection() as database:
        found = await database.fetch(FIND, str(wanted), source)
    check = SIGNATURES[source]
    for tenant_id, connection_id, sealed in found:
        if check(services.warehouse.decrypt(sealed), delivery):
            return UUID(tenant_id), connection_id
    if not found:  # as much work as for a connection that exists
        check(services.warehouse.derive("webhooks of nobody").hex(), delivery)
    raise ApiError(401, "WEBHOOK_REFUSED", "There is no such connection, or the webhook is not signed with its secret.")


async def _store(services: Services, tenant_id: UUID, connection_id: str, source: str, told: list[Told]) -> int:
    """Commit what is new; how many that were."""
    columns = [list(column) for column in zip(*told, strict=True)]
    async with services.database.tenant(tenant_id, "write") as database:
        done = await database.execute(STORE, str(tenant_id), connection_id, source, *columns)
    return int(done.rpartition(" ")[2])


def _addresses(request: Request[Any, Any, Any], services: Services) -> tuple[str, ...]:
    """What the sender may have called: the public address, or this host by either scheme."""
    scope = request.scope
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1").partition("?")[0]
    query = scope["query_string"].decode("latin-1")
    called = f"{path}?{query}" if query else path
    host = request.headers.get("host", "")
    bases = (services.settings.public_url, f"https://{host}", f"http://{host}")
    return tuple(dict.fromkeys(base.rstrip("/") + called for base in bases if base))


def _headers(request: Request[Any, Any, Any]) -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}


ROUTES = [receive_webhook]
