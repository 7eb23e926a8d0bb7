"""How each role reaches the database. Nothing else in the project builds a database address."""

import base64
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit
from uuid import UUID

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipelines.warehouse import embedded
from pipelines.warehouse import home as local
from pipelines.warehouse.session import Session

ROLES = ("owner", "loader", "transformer", "api", "dagster")
KEY_ID = b"\x01"  # first byte of each encrypted secret: which key encrypted it


class WarehouseUnavailable(Exception):
    """There is no database to talk to. The message says why and what to do."""


@dataclass(frozen=True)
class Warehouse:
    """A database, the key that its roles' passwords come from, and the folder of local state."""

    admin_url: str = field(repr=False)  # holds a password
    secret_key: bytes = field(repr=False)
    home: Path

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Warehouse":
        """The database of `DATABASE_URL`, else the embedded server of the home folder.

        Raises WarehouseUnavailable where the address is malformed or the embedded server is not running.
        """
        folder = local.home(environ)
        key = local.secret_key(folder, environ)
        given = environ.get("DATABASE_URL", "")
        if given:
            return cls(plain_url(given), key, folder)
        url = embedded.running_url(folder, key)
        if url is None:
            raise WarehouseUnavailable(
                "the embedded database is not running. Do: make up, or set DATABASE_URL to a PostgreSQL of your own."
            )
        return cls(url, key, folder)

    def derive(self, purpose: str) -> bytes:
        """32 secret bytes for one purpose, such as signing tokens."""
        return local.derive(self.secret_key, purpose)

    def password(self, role: str) -> str:
        """The password of one of our roles."""
        if role not in ROLES:
            raise ValueError(f"unknown role {role!r}")
        return base64.urlsafe_b64encode(self.derive(f"role {role}")).decode().rstrip("=")

    def parts(self, role: str) -> dict[str, str]:
        """Host, port, user, password and dbname of a role, for programs that want them apart."""
        split = urlsplit(self.admin_url)
        return {
            "host": split.hostname or "127.0.0.1",
            "port": str(split.port or 5432),
            "user": f"clearsignal_{role}",
            "password": self.password(role),
            "dbname": split.path.lstrip("/") or "postgres",
        }

    def url(self, role: str) -> str:
        """The address of the warehouse for one role; options such as `sslmode` are the administrator's."""
        split = urlsplit(self.admin_url)
        host = f"{split.hostname or '127.0.0.1'}:{split.port or 5432}"
        login = f"clearsignal_{role}:{quote(self.password(role), safe='')}@{host}"
        return urlunsplit(("postgresql", login, split.path or "/postgres", split.query, ""))

    @property
    def dagster_url(self) -> str:
        """Dagster's own database on the same server."""
        split = urlsplit(self.url("dagster"))
        return urlunsplit(split._replace(path=f"{split.path}_dagster"))

    def connect(self, role: str, **options: object) -> psycopg.Connection:
        """A psycopg connection as one of our roles."""
        return Session.connect(self.url(role), **options)  # type: ignore[arg-type]

    @contextmanager
    def loader(self, session: psycopg.Connection | None = None) -> Iterator[psycopg.Connection]:
        """This session of the loader, or one for the time of the context."""
        if session is not None:
            yield session
        else:
            with self.connect("loader") as own:
                yield own

    @contextmanager
    def connect_as_tenant(self, tenant_id: UUID) -> Iterator[psycopg.Connection]:
        """A transaction as role api in which this tenant's rows, and no others, exist."""
        with psycopg.connect(self.url("api"), connect_timeout=5) as connection:
            connection.execute("select set_config('app.tenant_id', %s, true)", [str(tenant_id)])
            yield connection

    def connect_as_administrator(self, **options: object) -> psycopg.Connection:
        """Only migrations and server checks use this."""
        return psycopg.connect(self.admin_url, **options)  # type: ignore[arg-type]

    def encrypt(self, text: str) -> bytes:
        """Authenticated encryption for secrets at rest; the key never enters the database."""
        nonce = os.urandom(12)
        return KEY_ID + nonce + AESGCM(self.derive("secrets at rest")).encrypt(nonce, text.encode(), KEY_ID)

    def decrypt(self, sealed: bytes) -> str:
        """The text that `encrypt` sealed. Raises WarehouseUnavailable where the key is another one."""
        sealed = bytes(sealed)
        try:
            return AESGCM(self.derive("secrets at rest")).decrypt(sealed[1:13], sealed[13:], sealed[:1]).decode()
        except Exception:
            raise WarehouseUnavailable(
                "a stored secret cannot be read with this secret key. "
                "Do: restore CLEARSIGNAL_SECRET_KEY (or secret.key in the home folder), or clearsignal rotate-key "
                "with the key until now at hand, or enter the credentials again."
            ) from None


def plain_url(url: str) -> str:
    """The address without a `+driver`. Raises WarehouseUnavailable where it is no PostgreSQL address."""
    split = urlsplit(url.strip())
    if split.scheme.split("+")[0] not in ("postgresql", "postgres") or not split.hostname:
        raise WarehouseUnavailable(
            "DATABASE_URL is not a PostgreSQL address. Do: write postgresql://user:password@host:5432/database."
        )
    try:
        split.port  # noqa: B018  (reading it checks it)
    except ValueError:
        raise WarehouseUnavailable("DATABASE_URL has no valid port. Do: use a number below 65536.") from None
    return urlunsplit(split._replace(scheme="postgresql"))
