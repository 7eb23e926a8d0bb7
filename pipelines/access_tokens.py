"""Access tokens: who calls, for which tenant, in which role. Signed, short-lived, made here and nowhere else.

One algorithm, one issuer, one audience, one kind; a token that differs in any of them is none. The API makes them at
sign-in, and `clearsignal token` for whoever holds the secret key.
"""

import time
from uuid import UUID

import jwt
from msgspec import Struct

from pipelines.warehouse.connection import Warehouse

ROLES = ("viewer", "analyst", "editor", "admin")  # each may do what those before it may
LIFETIME_SECONDS = 15 * 60
ISSUER, AUDIENCE, KIND, ALGORITHM = "clearsignal", "clearsignal-api", "access", "HS256"
HEADER = {"alg": ALGORITHM, "typ": "JWT", "kid": "1"}
LONGEST = 2048  # characters
CLOCK_LEEWAY_SECONDS = 5
REQUIRED = ["exp", "iat", "iss", "aud", "sub", "typ", "tenant", "role"]


class TokenRefused(Exception):
    """No valid access token. Which part was wrong is nobody's business."""


class Claims(Struct, frozen=True):
    """What a valid token says. Without a session it was made on this machine and cannot be revoked, only expire."""

    tenant_id: UUID
    role: str
    user_id: UUID | None
    session_id: UUID | None
    expires_at: int


def key(warehouse: Warehouse) -> bytes:
    """The signing key."""
    return warehouse.derive("jwt")


def issue(
    signing_key: bytes,
    tenant_id: UUID,
    role: str,
    user_id: UUID | None = None,
    session_id: UUID | None = None,
    lifetime: int = LIFETIME_SECONDS,
) -> str:
    """A token for one tenant and role. Raises ValueError for a role that does not exist."""
    if role not in ROLES:
        raise ValueError(f"unknown role {role!r}. Do: use one of {', '.join(ROLES)}.")
    now = int(time.time())
    said = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "typ": KIND,
        "iat": now,
        "exp": now + lifetime,
        "sub": str(user_id) if user_id else "operator",
        "tenant": str(tenant_id),
        "role": role,
    }
    if session_id is not None:
        said["session"] = str(session_id)
    return jwt.encode(said, signing_key, algorithm=ALGORITHM, headers={"kid": HEADER["kid"]})


def read(signing_key: bytes, token: str) -> Claims:
    """What the token says. Raises TokenRefused."""
    try:
        if len(token) > LONGEST or jwt.get_unverified_header(token) != HEADER:
            raise TokenRefused
        said = jwt.decode(
            token,
            signing_key,
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            audience=AUDIENCE,
            leeway=CLOCK_LEEWAY_SECONDS,
            options={"require": REQUIRED, "strict_aud": True},
        )
        if said["typ"] != KIND or said["role"] not in ROLES:
            raise TokenRefused
        session = said.get("session")
        return Claims(
            tenant_id=UUID(said["tenant"]),
            role=said["role"],
            user_id=None if said["sub"] == "operator" else UUID(said["sub"]),
            session_id=UUID(session) if session else None,
            expires_at=int(said["exp"]),
        )
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        raise TokenRefused from None
