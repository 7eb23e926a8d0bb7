"""Sessions: a refresh token is used once, and its successor follows from it.

A refresh token names its tenant and session and carries a tag that only this installation can make, so an old token
is told from an invented one. The successor is computed from the token, not drawn: two tabs that refresh at the same
moment get the same one. Whoever shows a used token later holds a copy, and the whole session ends.
"""

import base64
import hashlib
import hmac
import os
from uuid import UUID, uuid4

from msgspec import Struct

from api.database import Database
from api.errors import not_signed_in

SESSION_DAYS = 30
GRACE_SECONDS = 10  # two tabs, or an answer that was lost on the way
TOKEN_BYTES = 16 + 16 + 16 + 32  # tenant, session, nonce, tag
LONGEST_DEVICE = 200

CREATE = f"""
insert into app.session (tenant_id, session_id, user_id, family_id, refresh_hash, device, expires_at)
values ($1, $2, $3, $2, $4, $5, now() + interval '{SESSION_DAYS} days')
"""
# One statement decides: the row is locked by the first of many, and the others see what it left. A token that is
# neither the current one nor the one just replaced, or comes from another device, ends the session.
ROTATE = f"""
update app.session as s set
    refresh_hash = case when s.refresh_hash = $2 and s.revoked_at is null then $3 else s.refresh_hash end,
    previous_hash = case when s.refresh_hash = $2 and s.revoked_at is null then $2 else s.previous_hash end,
    rotated_at = case when s.refresh_hash = $2 and s.revoked_at is null then clock_timestamp() else s.rotated_at end,
    last_seen_at = clock_timestamp(),
    revoked_at = case
        when s.refresh_hash = $2 then s.revoked_at
        when s.previous_hash = $2 and s.device = $4
            and s.rotated_at > clock_timestamp() - interval '{GRACE_SECONDS} seconds' then s.revoked_at
        else coalesce(s.revoked_at, clock_timestamp())
    end
where s.session_id = $1
returning s.user_id, s.revoked_at is null and s.expires_at > clock_timestamp() and s.refresh_hash = $3 as is_open
"""
REVOKE = "update app.session set revoked_at = coalesce(revoked_at, now()) where session_id = $1"
ROLE = "select role from guard.my_tenants($1) where tenant_id = $2"


class Session(Struct, frozen=True):
    """An open session and the refresh token that keeps it open."""

    tenant_id: UUID
    session_id: UUID
    user_id: UUID
    role: str
    refresh_token: str


class Sessions:
    """Opens, renews and ends sessions."""

    def __init__(self, key: bytes, database: Database) -> None:
        self.key, self.database = key, database

    async def open(self, tenant_id: UUID, user_id: UUID, role: str, device: str) -> Session:
        """A new session of this user in this tenant."""
        session_id = uuid4()
        token = self._token(tenant_id, session_id, os.urandom(16))
        values = (str(tenant_id), str(session_id), str(user_id), _hash(token), device[:LONGEST_DEVICE])
        async with self.database.tenant(tenant_id, "write") as connection:
            await connection.execute(CREATE, *values)
        return Session(tenant_id, session_id, user_id, role, token)

    async def renew(self, token: str, device: str) -> Session:
        """The session with its next refresh token. Raises ApiError 401; a token used before ends its session."""
        tenant_id, session_id = self._parse(token)
        nonce = hmac.new(self.key, b"successor " + token.encode(), hashlib.sha256).digest()[:16]
        successor = self._token(tenant_id, session_id, nonce)
        async with self.database.tenant(tenant_id, "write") as connection:
            row = await connection.fetchrow(
                ROTATE, str(session_id), _hash(token), _hash(successor), device[:LONGEST_DEVICE]
            )
            role = await connection.fetchval(ROLE, row["user_id"], str(tenant_id)) if row else None
        if row is None or not row["is_open"] or role is None:
            raise not_signed_in("The session has ended. Sign in again.")
        return Session(tenant_id, session_id, UUID(row["user_id"]), role, successor)

    async def end(self, tenant_id: UUID, session_id: UUID) -> None:
        """Revoke a session. One that is gone already stays gone."""
        async with self.database.tenant(tenant_id, "write") as connection:
            await connection.execute(REVOKE, str(session_id))

    def _token(self, tenant_id: UUID, session_id: UUID, nonce: bytes) -> str:
        said = tenant_id.bytes + session_id.bytes + nonce
        return base64.urlsafe_b64encode(said + self._tag(said)).decode().rstrip("=")

    def _tag(self, said: bytes) -> bytes:
        return hmac.new(self.key, b"refresh " + said, hashlib.sha256).digest()

    def _parse(self, token: str) -> tuple[UUID, UUID]:
        try:
            sealed = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (ValueError, UnicodeEncodeError):
            raise not_signed_in("The session has ended. Sign in again.") from None
        if len(sealed) != TOKEN_BYTES or not hmac.compare_digest(self._tag(sealed[:48]), sealed[48:]):
            raise not_signed_in("The session has ended. Sign in again.")
        return UUID(bytes=sealed[:16]), UUID(bytes=sealed[16:32])


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
