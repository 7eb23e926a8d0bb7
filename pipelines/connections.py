"""The kinds of connection: one typed Struct each. A new source is one class and one name in `Connection`."""

import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import msgspec
from msgspec import Meta, Struct
from psycopg.types.json import Jsonb

from pipelines.raw_tables import TABLES
from pipelines.tenants import Tenant
from pipelines.warehouse.connection import Warehouse

__all__ = ["SOURCES", "TABLES", "Connection", "InvalidConnection", "Secret", "StoredConnection", "add", "of", "parse"]
BLOCKED_HOSTS = ("metadata.google.internal", "metadata")


class InvalidConnection(Exception):
    """The config fits no kind of connection. The message names the field and what it must be."""


class Secret(str):
    """A credential. It prints as stars, and is stored apart from the config, encrypted."""

    def __repr__(self) -> str:
        return "Secret('***')"


class Kind(Struct, tag_field="source", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every kind of connection is. Each has a `base_url`, the address that is shown."""


class Base(Kind, frozen=True, kw_only=True):
    """What every kind has that is asked by HTTP."""

    base_url: str


Repository = Annotated[str, Meta(pattern=r"^[\w.-]+/[\w.-]+$", description="owner/name")]
Text = Annotated[str, Meta(min_length=1, max_length=500)]


class GitHub(Base, tag="github", frozen=True, kw_only=True):
    """Repositories on github.com or a GitHub Enterprise server: those named, or all of an organization."""

    token: Secret
    repositories: tuple[Repository, ...] = ()
    organization: str | None = None
    base_url: str = "https://api.github.com"

    def __post_init__(self) -> None:
        if not self.repositories and not self.organization:
            raise ValueError("needs repositories or an organization")


class Jira(Base, tag="jira", frozen=True, kw_only=True):
    """A Jira Cloud site, `https://<site>.atlassian.net`, read as the owner of the API token."""

    base_url: str
    email: Text
    token: Secret
    projects: tuple[Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")], ...] = ()  # none: every project


class HubSpot(Base, tag="hubspot", frozen=True, kw_only=True):
    """A HubSpot account, read as a private app."""

    token: Secret
    base_url: str = "https://api.hubapi.com"
    jira_key_property: Text = "jira_issue_key"  # the ticket property that names the linked Jira issue


class Gdelt(Base, tag="gdelt", frozen=True, kw_only=True):
    """News about the tenant's places. No key."""

    base_url: str = "https://api.gdeltproject.org"
    pace_seconds: Annotated[float, Meta(ge=0, le=60)] = 5.0  # between two requests, as the API asks
    first_days: Annotated[int, Meta(ge=1, le=90)] = 30


class OpenMeteo(Base, tag="open_meteo", frozen=True, kw_only=True):
    """Weather of the tenant's places. No key."""

    base_url: str = "https://api.open-meteo.com"
    archive_url: str = "https://archive-api.open-meteo.com"
    first_days: Annotated[int, Meta(ge=1, le=730)] = 60


class ExchangeRates(Base, tag="exchange_rates", frozen=True, kw_only=True):
    """Daily rates of one base currency from one provider, whose series are never mixed with another's."""

    provider: str = "frankfurter"  # or open_er_api, exchangerate_api
    base: Annotated[str, Meta(pattern=r"^[A-Z]{3}$")] = "EUR"
    base_url: str = "https://api.frankfurter.dev"
    first_days: Annotated[int, Meta(ge=1, le=730)] = 180

    def __post_init__(self) -> None:
        if self.provider not in ("frankfurter", "open_er_api", "exchangerate_api"):
            raise ValueError(f"{self.provider!r} is no provider: frankfurter, open_er_api or exchangerate_api")


class GeoNames(Base, tag="geonames", frozen=True, kw_only=True):
    """Coordinates, country and time zone of the tenant's places."""

    username: Text
    base_url: str = "https://secure.geonames.org"


class Git(Kind, tag="git", frozen=True, kw_only=True):
    """A clone on this machine, read by the git program. Only the operator may add one: it opens a folder."""

    path: Annotated[str, Meta(pattern="^/", max_length=4000, description="absolute")]
    repository: Repository | None = None  # none: by the origin's address, else the folder's name
    branches: tuple[Text, ...] = ()  # globs; none: every branch

    @property
    def base_url(self) -> str:
        return f"file://{self.path}"


Connection = GitHub | Jira | HubSpot | Gdelt | OpenMeteo | ExchangeRates | GeoNames | Git
KINDS: tuple[type[Kind], ...] = (GitHub, Jira, HubSpot, Gdelt, OpenMeteo, ExchangeRates, GeoNames, Git)
SOURCES: dict[str, type[Kind]] = {str(kind.__struct_config__.tag): kind for kind in KINDS}


@dataclass(frozen=True)
class StoredConnection:
    """A connection as a tenant keeps it."""

    connection_id: UUID
    tenant: Tenant
    source: str
    name: str
    connection: Any  # one of KINDS
    is_paused: bool = False

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(_secrets_of(self.connection).values())


def parse(config: Mapping[str, Any]) -> Connection:
    """Raise InvalidConnection, naming the field, where `config` fits no kind."""
    try:
        return msgspec.convert(config, Connection, dec_hook=_decode)
    except msgspec.ValidationError as error:  # "Object missing required field `token`"
        raise InvalidConnection(f"connection config: {error}. Do: correct this field.") from None


def add(
    warehouse: Warehouse, tenant: Tenant, name: str, config: Mapping[str, Any], *, allow_private: bool = False
) -> StoredConnection:
    """Store a connection, or change the one of this source and name. Raises InvalidConnection.

    `allow_private` lets the address be on this machine or network (the simulator, a server of one's own, a clone).
    """
    connection = parse(config)
    if isinstance(connection, Git):
        if not allow_private:
            raise InvalidConnection("path: only the operator connects a folder of this machine, by the command line.")
        connection = msgspec.structs.replace(connection, repository=clone_facts(config)[0])
    for field in ("base_url", "archive_url"):
        if field in connection.__struct_fields__:
            check_base_url(getattr(connection, field), allow_private)
    source = str(connection.__struct_config__.tag)
    shown = dict(msgspec.to_builtins(connection, enc_hook=str))
    secrets = _secrets_of(connection)
    sealed = warehouse.encrypt(msgspec.json.encode(secrets).decode()) if secrets else None
    for field in (*secrets, "source"):
        shown.pop(field)
    with warehouse.connect("loader") as database:
        row = database.execute(
            """
            insert into app.connection as c (tenant_id, connection_id, source, name, config, secrets)
            values (%s, %s, %s, %s, %s, %s)
            on conflict (tenant_id, source, name) do update
            set config = excluded.config, secrets = excluded.secrets, version = c.version + 1, updated_at = now()
            returning connection_id, is_paused
            """,
            [tenant.tenant_id, uuid4(), source, name, Jsonb(shown), sealed],
        ).fetchone()
    assert row is not None
    return StoredConnection(row[0], tenant, source, name, connection, row[1])


def of(warehouse: Warehouse, tenant: Tenant, source: str | None = None) -> list[StoredConnection]:
    """The tenant's connections, by source and name."""
    with warehouse.connect("loader") as database:
        rows = database.execute(
            """
            select connection_id, source, name, config, secrets, is_paused from app.connection
            where tenant_id = %s and (%s::text is null or source = %s) order by source, name
            """,
            [tenant.tenant_id, source, source],
        ).fetchall()
    stored = []
    for connection_id, kind, name, config, sealed, is_paused in rows:
        secrets = msgspec.json.decode(warehouse.decrypt(sealed)) if sealed else {}
        connection = parse({**config, **secrets, "source": kind})
        stored.append(StoredConnection(connection_id, tenant, kind, name, connection, is_paused))
    return stored


def clone_facts(config: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The repository's name and what the clone lacks, of a config for `Git`. Raises InvalidConnection."""
    from pipelines.sources.git_program import Repository as Clone
    from pipelines.sync_error import SyncError

    connection = parse(config)
    assert isinstance(connection, Git)
    try:
        clone = Clone(connection.path)
        clone.output("rev-parse", "--git-dir")
        return connection.repository or clone.name(), clone.notes()
    except SyncError as error:
        raise InvalidConnection(f"path: {error.message} Do: {error.what_to_do}") from None


def check_base_url(url: str, allow_private: bool) -> None:
    """Raise InvalidConnection unless the address is https on the public internet.

    With `allow_private` (the operator's choice, never the tenant's) http and private addresses may be used too.
    """
    try:
        split = urlsplit(url)
        host, port = split.hostname, split.port
    except ValueError:
        raise InvalidConnection("base_url: is no address. Do: write https://host.") from None
    if split.scheme not in ("http", "https") or not host or split.username or split.query or split.fragment:
        raise InvalidConnection("base_url: must be https://host/path, without user, query or fragment.")
    if allow_private:
        return
    if split.scheme != "https":
        raise InvalidConnection("base_url: must begin with https://.")
    if host.lower().rstrip(".") in BLOCKED_HOSTS:
        raise InvalidConnection(f"base_url: {host} is not a public host.")
    for address in _addresses(host, port or 443):
        if not address.is_global or address.is_multicast:
            raise InvalidConnection(
                f"base_url: {host} is not on the public internet. Do: ask the operator to allow it."
            )


def _addresses(host: str, port: int) -> set[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """Every address of the host; none where its name cannot be resolved now (the first sync will say so)."""
    try:
        found = {info[4][0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        return set()
    addresses = {ipaddress.ip_address(str(text).split("%")[0]) for text in found}
    return {getattr(address, "ipv4_mapped", None) or address for address in addresses}


def _secrets_of(connection: Any) -> dict[str, str]:
    values = {name: getattr(connection, name) for name in connection.__struct_fields__}
    return {name: str.__str__(value) for name, value in values.items() if isinstance(value, Secret)}


def _decode(kind: type, value: Any) -> Any:
    if kind is Secret and isinstance(value, str) and value:
        return Secret(value)
    raise ValueError("must be text that is not empty")
