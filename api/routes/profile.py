"""The signed-in user: who they are, and which tenants are theirs."""

from datetime import datetime
from uuid import UUID

from litestar import get
from msgspec import Struct

from api.responses import Envelope
from api.security.callers import Caller
from api.services import Services

TENANT = "select slug, name, time_zone, tier, created_at from app.tenant where tenant_id = $1"
USER = "select email, name from app.user where user_id = $1"
TENANTS = "select tenant_id, slug, name, role from guard.my_tenants($1)"


class Membership(Struct, frozen=True):
    """One of the user's tenants, and their role in it."""

    tenant_id: UUID
    slug: str
    name: str
    role: str


class CurrentTenant(Struct, frozen=True):
    """The tenant that the access token is for."""

    tenant_id: UUID
    slug: str
    name: str
    time_zone: str
    tier: str
    created_at: datetime


class Profile(Struct, frozen=True):
    """A user in a tenant. The user is null for a token that the operator of this machine made."""

    user_id: UUID | None
    email: str | None
    name: str | None
    role: str
    tenant: CurrentTenant
    tenants: list[Membership]


@get("/users/profile", operation_id="ReadProfile", tags=["accounts"], summary="The signed-in user")
async def read_profile(services: Services, caller: Caller) -> Envelope[Profile]:
    """Who is signed in, in which role and tenant, and which other tenants they may sign in to."""
    user, tenants = None, []
    async with services.database.tenant(caller.tenant_id) as connection:
        tenant = await connection.fetchrow(TENANT, str(caller.tenant_id))
        if caller.user_id is not None:
            user = await connection.fetchrow(USER, str(caller.user_id))
            tenants = await connection.fetch(TENANTS, str(caller.user_id))
    current = CurrentTenant(caller.tenant_id, **dict(tenant))
    listed = [Membership(UUID(row["tenant_id"]), row["slug"], row["name"], row["role"]) for row in tenants]
    email, name = (user["email"], user["name"]) if user else (None, None)
    return Envelope(Profile(caller.user_id, email, name, caller.role, current, listed))


ROUTES = [read_profile]
