"""Who calls: from the Authorization header to a caller with a tenant and a role. Nobody passes by default.

A token is checked once and remembered; whether its session and membership still stand is asked of the database every
half minute, so that a sign-out or a change of role acts well within a minute of it.
"""

import time
from collections import OrderedDict
from collections.abc import Collection
from typing import Any
from uuid import UUID

from litestar import Request
from litestar.types import Scope
from msgspec import Struct

from api.database import Database
from api.errors import did_you_mean, forbidden, invalid, not_signed_in
from api.filters import pairs
from pipelines import access_tokens
from pipelines.access_tokens import ROLES, Claims, TokenRefused

STANDING_SECONDS = 30.0
MOST_REMEMBERED = 20_000
ANY = "any"  # of the option `parameters`: the route checks them itself
STANDING = """
select
    (select role from guard.my_tenants($1) where tenant_id = $2),
    exists (select from app.session where session_id = $3 and revoked_at is null and expires_at > now())
"""


class Caller(Struct, frozen=True):
    """A request's tenant and rights. `user_id` is None for a token made by the operator of this machine."""

    tenant_id: UUID
    role: str
    user_id: UUID | None
    session_id: UUID | None

    def may(self, role: str) -> bool:
        """Whether this caller's role is that one or a higher one."""
        return ROLES.index(self.role) >= ROLES.index(role)


class Callers:
    """Turns tokens into callers."""

    def __init__(self, signing_key: bytes, database: Database) -> None:
        self.signing_key, self.database = signing_key, database
        self._remembered: OrderedDict[str, tuple[Caller, float, int]] = OrderedDict()

    async def of(self, scope: Scope) -> Caller:
        """The caller of a request. Raises ApiError 401."""
        token = bearer(scope)
        found = self._remembered.get(token)
        now = time.time()
        if found is not None and now < found[1] and now < found[2]:
            return found[0]
        try:
            claims = access_tokens.read(self.signing_key, token)
        except TokenRefused:
            raise not_signed_in() from None
        caller = await self._standing(claims)
        self._remembered[token] = (caller, now + STANDING_SECONDS, claims.expires_at)
        self._remembered.move_to_end(token)
        if len(self._remembered) > MOST_REMEMBERED:
            self._remembered.popitem(last=False)
        return caller

    def forget(self, session_id: UUID) -> None:
        """Ask again at the next request of this session."""
        gone = [token for token, (caller, *_) in self._remembered.items() if caller.session_id == session_id]
        for token in gone:
            del self._remembered[token]

    async def _standing(self, claims: Claims) -> Caller:
        """The caller as the database knows them now: the role there counts, not the token's."""
        if claims.user_id is None:
            return Caller(claims.tenant_id, claims.role, None, None)
        if claims.session_id is None:
            raise not_signed_in()
        async with self.database.tenant(claims.tenant_id) as connection:
            role, is_open = await connection.fetchrow(
                STANDING, str(claims.user_id), str(claims.tenant_id), str(claims.session_id)
            )
        if role is None or not is_open:
            raise not_signed_in()
        return Caller(claims.tenant_id, role, claims.user_id, claims.session_id)


def bearer(scope: Scope) -> str:
    """The one token of the Authorization header. Raises ApiError 401."""
    given = [value for name, value in scope["headers"] if name == b"authorization"]
    if len(given) != 1 or given[0][:7].lower() != b"bearer ":
        raise not_signed_in()
    token = given[0][7:].strip()
    if not token or len(token) > access_tokens.LONGEST or not token.isascii() or b" " in token:
        raise not_signed_in()
    return token.decode()


async def authorise(request: Request[Any, Any, Any]) -> None:
    """Runs before every handler. A route is open only where it says `public=True`; `role` is the least role it needs.

    `parameters` are the names its query string may hold; a mart checks its own against the contract. (This is no
    guard of Litestar's, since each guard costs a copy of the request.)
    """
    scope = request.scope
    options = scope["route_handler"].opt
    check_parameters(scope, options.get("parameters", ()))
    if options.get("public"):
        return
    caller = await request.app.state.services.callers.of(scope)
    scope["caller"] = caller  # type: ignore[typeddict-unknown-key]
    needed = options.get("role", "viewer")
    if not caller.may(needed):
        raise forbidden(needed)


def check_parameters(scope: Scope, allowed: Collection[str]) -> None:
    """Raise ApiError 400 for a query parameter that the route does not have, and for one that is given twice."""
    if allowed is ANY or not scope["query_string"]:
        return
    names = [name for name, _ in pairs(scope["query_string"])]
    for name in names:
        if name not in allowed:
            raise invalid(name[:200], f"there is no such parameter.{did_you_mean(name, allowed)}")
        if names.count(name) > 1:
            raise invalid(name, "is given more than once")
