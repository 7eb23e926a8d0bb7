"""Users: made, their passwords hashed and checked, and one-time sign-in codes."""

import hashlib
import secrets
import unicodedata
from datetime import timedelta
from functools import cache
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from pipelines import names
from pipelines.tenants import Tenant
from pipelines.warehouse.connection import Warehouse

LONGEST_PASSWORD = 1024  # bytes: hashing is meant to be slow, so its input is bounded
SHORTEST_PASSWORD = 12
ROLES = ("viewer", "analyst", "editor", "admin")
CODE_LIFETIME = timedelta(minutes=15)


class InvalidAccount(Exception):
    """The e-mail address, name, password or role cannot be used. The message says why."""


def spelling(email: str) -> str:
    """The one form in which an address is stored and looked up, so that look-alike spellings are one account."""
    return unicodedata.normalize("NFKC", email).strip().casefold()


def create_user(
    warehouse: Warehouse, email: str, name: str, password: str | None, tenant: Tenant, role: str = "viewer"
) -> UUID:
    """The user with this address, made where it is new, as a member of `tenant` in `role`.

    Without a password the user signs in by one-time codes. An existing user's password is replaced where one is
    given. Raises InvalidAccount.
    """
    email = spelling(email)
    if email.count("@") != 1 or len(email) > 320 or any(map(names.is_blank, email)):
        raise InvalidAccount("email: is no address.")
    if role not in ROLES:
        raise InvalidAccount(f"role: {role!r} is none of {', '.join(ROLES)}.")
    try:
        name = names.checked(name) if name else name
    except names.InvalidName as error:
        raise InvalidAccount(str(error)) from None
    hashed = None if password is None else hash_password(password)
    with warehouse.connect("loader") as connection:
        row = connection.execute(
            """
            insert into app.user as u (email, name, password_hash, verified_at) values (%s, %s, %s, now())
            on conflict (email) do update
            set password_hash = coalesce(excluded.password_hash, u.password_hash), deleted_at = null
            returning user_id
            """,
            [email, name, hashed],
        ).fetchone()
        assert row is not None
        connection.execute(
            "insert into app.membership (tenant_id, user_id, role) values (%s, %s, %s)"
            " on conflict (tenant_id, user_id) do update set role = excluded.role",
            [tenant.tenant_id, row[0], role],
        )
    return row[0]


def hash_password(password: str) -> str:
    """argon2id. Raises InvalidAccount for a password that is too short or too long."""
    if len(password) < SHORTEST_PASSWORD:
        raise InvalidAccount(f"password: use at least {SHORTEST_PASSWORD} characters.")
    if len(password.encode()) > LONGEST_PASSWORD:
        raise InvalidAccount(f"password: use at most {LONGEST_PASSWORD} bytes.")
    return _hasher().hash(password)


def verify_password(password: str, hashed: str | None) -> bool:
    """Whether it is the right password. As slow for an unknown user (`hashed` None) as for a wrong password."""
    if len(password.encode("utf-8", "replace")) > LONGEST_PASSWORD:
        return False
    try:
        return _hasher().verify(hashed or _nobody(), password) and hashed is not None
    except (VerificationError, InvalidHashError):
        return False


def sign_in_code(warehouse: Warehouse, tenant: Tenant, user: str) -> str:
    """A code that signs the user in once, within 15 minutes. Only its hash is kept. Raises InvalidAccount."""
    code = secrets.token_urlsafe(32)
    with warehouse.connect("loader") as connection:
        row = connection.execute(
            """
            insert into app.sign_in_code (tenant_id, code_hash, user_id, expires_at)
            select m.tenant_id, %s, m.user_id, now() + %s
            from app.membership as m join app.user as u using (user_id)
            where m.tenant_id = %s and u.email = %s and u.deleted_at is null
            returning 1
            """,
            [hashlib.sha256(code.encode()).digest(), CODE_LIFETIME, tenant.tenant_id, spelling(user)],
        ).fetchone()
    if row is None:
        raise InvalidAccount(f"{user} is no user of {tenant.slug}. Do: clearsignal user add.")
    return code


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobody() -> str:
    """A hash that no password fits."""
    return _hasher().hash(secrets.token_urlsafe(32))
