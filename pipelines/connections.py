"""The kinds of connection: one typed Struct each. A new source is one class and one name in `Connection`."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from pipelines.credentials import Email, Secret, Token, decode
from pipelines.names import LINE, whole

GITHUB_COM = "https://api.github.com"


class InvalidConnection(Exception):
    """The config fits no kind of connection. The message names the field and what it must be."""


class Kind(Struct, tag_field="source", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every kind of connection is. Each has a `base_url`, the address that is shown."""


class Base(Kind, frozen=True, kw_only=True):
    """What every kind has that is asked by HTTP."""

    base_url: str


OWNER, REPOSITORY = r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", r"(?!\.{1,2}$)[A-Za-z0-9_.-]{1,100}"
Organization = Annotated[str, Meta(pattern=whole(OWNER), description="as in its address")]
Repository = Annotated[str, Meta(pattern=whole(f"{OWNER}/{REPOSITORY}"), description="owner/name")]
CloneName = Annotated[str, Meta(pattern=whole(r"[\w.-]+/[\w.-]+"), max_length=200, description="owner/name")]
Glob = Annotated[
    str, Meta(pattern=whole(r"[\w.*?\[\]!-]+"), max_length=100, description="such as api-*, without the owner")
]
Line = Annotated[str, Meta(pattern=whole(LINE), max_length=500)]
Property = Annotated[str, Meta(pattern=whole("[A-Za-z0-9_-]{1,100}"), description="its internal name")]
UserName = Annotated[str, Meta(pattern=whole("[!-~]{1,100}"))]


class GitHub(Base, tag="github", frozen=True, kw_only=True):
    """Repositories on github.com or a GitHub Enterprise server: those named, or all of an organization."""

    token: Token
    tokens: tuple[Token, ...] = ()  # more of them, of other accounts: each has a quota of its own
    repositories: tuple[Repository, ...] = ()
    organization: Organization | None = None
    include: tuple[Glob, ...] = ()  # of the organization: only repositories whose names fit one of these; none: all
    exclude: tuple[Glob, ...] = ()  # of the organization: not those whose names fit one of these
    archived: bool = True  # of the organization: its archived ones too, since what they shipped still counts
    forks: bool = True  # of the organization: its forks too
    base_url: str = GITHUB_COM
    api: Literal["graphql", "rest"] | None = None  # for pull requests; None: graphql on github.com, rest elsewhere
    webhook_secret: Secret | None = None  # what GitHub signs its webhooks with

    def __post_init__(self) -> None:
        if not self.repositories and not self.organization:
            raise ValueError("needs repositories or an organization")
        if not self.organization and (self.include or self.exclude or not self.archived or not self.forks):
            raise ValueError("include, exclude, archived and forks choose among the repositories of an organization")

    def takes(self, name: str, *, is_archived: bool, is_fork: bool) -> bool:
        """Whether a repository of the organization is read; `name` without the owner, compared without case."""
        fits = (self.archived or not is_archived) and (self.forks or not is_fork)
        return fits and (not self.include or _fits(name, self.include)) and not _fits(name, self.exclude)

    def one_a_token(self) -> "list[GitHub]":
        """The same connection with each of its tokens alone."""
        return [msgspec.structs.replace(self, token=token, tokens=()) for token in (self.token, *self.tokens)]

    @property
    def reads_by_graphql(self) -> bool:
        """Whether pull requests come by GraphQL, in a hundredth of the requests; older servers lack its fields."""
        return (self.api or ("graphql" if self.base_url == GITHUB_COM else "rest")) == "graphql"


class Jira(Base, tag="jira", frozen=True, kw_only=True):
    """A Jira Cloud site, `https://<site>.atlassian.net`, read as the owner of the API token."""

    base_url: str
    email: Email
    token: Token
    projects: tuple[Annotated[str, Meta(pattern=whole("[A-Za-z][A-Za-z0-9_]{0,99}"))], ...] = ()  # none: every project
    webhook_secret: Secret | None = None


class HubSpot(Base, tag="hubspot", frozen=True, kw_only=True):
    """A HubSpot account, read as a private app."""

    token: Token
    base_url: str = "https://api.hubapi.com"
    jira_key_property: Property = "jira_issue_key"  # the ticket property that names the linked Jira issue
    webhook_secret: Secret | None = None  # the app's client secret


class Zendesk(Base, tag="zendesk", frozen=True, kw_only=True):
    """A Zendesk Support account, `https://<subdomain>.zendesk.com`, read with an administrator's API token."""

    base_url: str
    email: Email
    token: Token
    jira_key_field: Annotated[int, Meta(ge=1)] | None = None  # the ticket field that names the linked Jira issue


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


PROVIDERS = {  # of exchange rates, in the order in which they stand in for each other
    "frankfurter": "https://api.frankfurter.dev",
    "open_er_api": "https://open.er-api.com",
    "exchangerate_api": "https://api.exchangerate-api.com",
}
Provider = Literal["frankfurter", "open_er_api", "exchangerate_api"]


class ExchangeRates(Base, tag="exchange_rates", frozen=True, kw_only=True):
    """Daily rates of one base currency from one provider. While it fails, the first of `fallbacks` that answers is
    asked for the newest rates: a series of its own, for the rates of two providers are never mixed in one."""

    provider: Provider = "frankfurter"
    base: Annotated[str, Meta(pattern=whole("[A-Z]{3}"))] = "EUR"
    base_url: str = ""  # none: the provider's own
    first_days: Annotated[int, Meta(ge=1, le=730)] = 180
    fallbacks: tuple[Provider, ...] | None = None  # none: the other two, in their order

    def __post_init__(self) -> None:
        if not self.base_url:
            msgspec.structs.force_setattr(self, "base_url", PROVIDERS[self.provider])

    @property
    def stand_ins(self) -> tuple[str, ...]:
        """Whom to ask while the provider fails."""
        wanted = tuple(PROVIDERS) if self.fallbacks is None else self.fallbacks
        return tuple(name for name in wanted if name != self.provider)

    def address_of(self, provider: str) -> str:
        """A provider's own address; a server of one's own that stands for one stands for all of them."""
        return PROVIDERS[provider] if self.base_url == PROVIDERS[self.provider] else self.base_url


class GeoNames(Base, tag="geonames", frozen=True, kw_only=True):
    """Coordinates, country and time zone of the tenant's places."""

    username: UserName
    base_url: str = "https://secure.geonames.org"


class Git(Kind, tag="git", frozen=True, kw_only=True):
    """A clone on this machine, read by the git program. Only the operator may add one: it opens a folder."""

    path: Annotated[str, Meta(pattern=whole(r"/[^\x00-\x1f\x7f]*"), max_length=4000, description="absolute")]
    repository: CloneName | None = None  # none: by the origin's address, else the folder's name
    branches: tuple[Line, ...] = ()  # globs; none: every branch

    @property
    def base_url(self) -> str:
        return f"file://{self.path}"


Connection = GitHub | Jira | HubSpot | Zendesk | Gdelt | OpenMeteo | ExchangeRates | GeoNames | Git
KINDS: tuple[type[Kind], ...] = (GitHub, Jira, HubSpot, Zendesk, Gdelt, OpenMeteo, ExchangeRates, GeoNames, Git)
SOURCES: dict[str, type[Kind]] = {str(kind.__struct_config__.tag): kind for kind in KINDS}


def parse(config: Mapping[str, Any]) -> Connection:
    """Raise InvalidConnection, naming the field, where `config` fits no kind."""
    try:
        return msgspec.convert(config, Connection, dec_hook=decode)
    except msgspec.ValidationError as error:  # "Object missing required field `token`"
        raise InvalidConnection(f"connection config: {error}. Do: correct this field.") from None


def schema_of(kind: type[Kind]) -> dict[str, Any]:
    """The JSON schema of a kind's config, without the name of the source."""

    def secret(custom: type) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "writeOnly": True}

    schema = msgspec.json.schema(kind, schema_hook=secret)
    found: dict[str, Any] = schema["$defs"][kind.__name__]
    fields = {name: each for name, each in found["properties"].items() if name != "source"}
    return {**found, "properties": fields, "required": [name for name in found["required"] if name != "source"]}


def _fits(name: str, globs: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name.lower(), glob.lower()) for glob in globs)
