"""Sign-in: password or one-time code in, a short access token and a refresh token out."""

import hashlib
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, post
from litestar.types import Scope
from msgspec import Meta, Struct

from api.errors import not_signed_in
from api.responses import Envelope
from api.security.callers import Caller
from api.security.sessions import Session
from api.services import Services
from pipelines import access_tokens, accounts

FIND_USER = "select user_id, password_hash, tenant_id, role from guard.find_user($1)"
USE_CODE = "select tenant_id, user_id from guard.use_sign_in_code($1)"
ROLE = "select role from guard.my_tenants($1) where tenant_id = $2"
WRONG = "The e-mail address or the password is wrong."  # never which of them
NO_CODE = "The code is wrong, used or too old. Do: clearsignal sign-in."

Device = Annotated[str, Meta(max_length=200, description="What the user calls this device; default: the User-Agent.")]
Token = Annotated[str, Meta(max_length=1024)]


class Login(Struct, forbid_unknown_fields=True):
    """An account's e-mail address and password."""

    email: Annotated[str, Meta(min_length=3, max_length=320, examples=["demo@acme.example"])]
    password: Annotated[str, Meta(min_length=1, max_length=1024)]
    tenant_id: UUID | None = None
    device: Device = ""


class SignInCode(Struct, forbid_unknown_fields=True):
    """The one-time code that `make up` and `clearsignal sign-in` print."""

    code: Annotated[str, Meta(min_length=4, max_length=100)]
    device: Device = ""


class Refresh(Struct, forbid_unknown_fields=True):
    """The refresh token of the last answer, and the same device as at sign-in."""

    refresh_token: Token
    device: Device = ""


class Logout(Struct, forbid_unknown_fields=True):
    """Nothing: the access token names the session."""


class SignedIn(Struct, frozen=True):
    """What a client keeps: the access token in memory, the refresh token where no script can read it."""

    access_token: str
    refresh_token: str
    tenant_id: UUID
    role: str
    expires_in: Annotated[int, Meta(description="Seconds until the access token ends.")]
    token_type: str = "Bearer"


@post("/auth/login", public=True, status_code=200, operation_id="SignIn", tags=["accounts"], summary="Sign in")
async def login(request: Request[Any, Any, Any], data: Login, services: Services) -> Envelope[SignedIn]:
    """Sign in by password. Of several tenants the first joined is taken, unless `tenant_id` names another.

    After five wrong passwords from one address the next must wait, longer each time (429, Retry-After).
    """
    account, address = normal(data.email), _address(request.scope)
    services.limits.check(account, address)
    async with services.database.connection() as connection:
        rows = await connection.fetch(FIND_USER, account) if account else []
    stored = rows[0]["password_hash"] if rows else None
    # The failure is counted before the password is looked at: otherwise many guesses at once would all be free.
    services.limits.failed(account, address)
    fits = await services.passwords.fits(stored, data.password)
    wanted = [row for row in rows if row["tenant_id"] and data.tenant_id in (None, UUID(row["tenant_id"]))]
    if not fits or not wanted:
        raise not_signed_in(WRONG)
    services.limits.succeeded(account, address)
    row = wanted[0]
    device = _device(request.scope, data.device)
    session = await services.sessions.open(UUID(row["tenant_id"]), UUID(row["user_id"]), row["role"], device)
    return _signed_in(services, session)


@post(
    "/auth/sign-in-code",
    public=True,
    status_code=200,
    operation_id="SignInByCode",
    tags=["accounts"],
    summary="Sign in by one-time code",
)
async def sign_in_by_code(request: Request[Any, Any, Any], data: SignInCode, services: Services) -> Envelope[SignedIn]:
    """Exchange a one-time code, which works once and for some minutes."""
    address = _address(request.scope)
    services.limits.check("", address)
    services.limits.failed("", address)
    async with services.database.connection() as connection:
        used = await connection.fetchrow(USE_CODE, hashlib.sha256(data.code.strip().encode()).digest())
        role = await connection.fetchval(ROLE, used["user_id"], used["tenant_id"]) if used else None
    if used is None or role is None:
        raise not_signed_in(NO_CODE)
    services.limits.succeeded("", address)
    device = _device(request.scope, data.device)
    session = await services.sessions.open(UUID(used["tenant_id"]), UUID(used["user_id"]), role, device)
    return _signed_in(services, session)


@post(
    "/auth/refresh", public=True, status_code=200, operation_id="RefreshSession", tags=["accounts"], summary="Refresh"
)
async def refresh(request: Request[Any, Any, Any], data: Refresh, services: Services) -> Envelope[SignedIn]:
    """A new access token and the next refresh token; the old one is used up.

    The same device may repeat a refresh for ten seconds and gets the same answer. Later use of an old token ends
    the session, for then somebody holds a copy.
    """
    session = await services.sessions.renew(data.refresh_token, _device(request.scope, data.device))
    return _signed_in(services, session)


@post("/auth/logout", status_code=200, operation_id="SignOut", tags=["accounts"], summary="Sign out")
async def logout(services: Services, caller: Caller, data: Logout | None = None) -> Envelope[None]:
    """End this session; its tokens stop working at once in this process, within half a minute everywhere."""
    if caller.session_id is not None:
        await services.sessions.end(caller.tenant_id, caller.session_id)
        services.callers.forget(caller.session_id)
    return Envelope(None, "Signed out")


def normal(email: str) -> str:
    """One spelling of an address, as accounts are stored; empty where Postgres cannot hold it."""
    spelt = accounts.spelling(email)
    return "" if "\x00" in spelt else spelt


def _signed_in(services: Services, session: Session) -> Envelope[SignedIn]:
    token = access_tokens.issue(
        services.callers.signing_key, session.tenant_id, session.role, session.user_id, session.session_id
    )
    lifetime = access_tokens.LIFETIME_SECONDS
    return Envelope(SignedIn(token, session.refresh_token, session.tenant_id, session.role, lifetime), "Signed in")


def _address(scope: Scope) -> str:
    """Where the connection comes from. What a header claims about it is not believed."""
    client = scope.get("client")
    return client[0] if client else "unknown"


def _device(scope: Scope, named: str) -> str:
    if named:
        return named.replace("\x00", "")
    agent = next((value for name, value in scope["headers"] if name == b"user-agent"), b"")
    return agent[:200].decode("latin-1").replace("\x00", "")


ROUTES = [login, sign_in_by_code, refresh, logout]
