"""What an operator may set. Read once at start and handed down; nothing else reads the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

DEFAULT_ORIGINS = ("http://localhost:3000", "http://localhost:5173")


class SettingsInvalid(Exception):
    """A setting that cannot be used. The message names it and says what to write."""


@dataclass(frozen=True)
class Settings:
    """How this process serves. Sizes are bytes, times are seconds."""

    cors_origins: tuple[str, ...] = DEFAULT_ORIGINS
    dagster_url: str = "http://127.0.0.1:3000"
    public_url: str = ""  # where the world reaches this API, where that is not what its requests say
    allowed_hosts: tuple[str, ...] = ()  # inside hosts that a tenant's connection may name, as host or host:port
    pool_size: int = 10
    pool_queue: int = 64  # requests that may wait for a connection; the next one is told to come back
    pool_wait: float = 3.0
    statement_timeout: float = 10.0
    body_limit: int = 100_000
    webhook_limit: int = 5_000_000
    cache_limit: int = 64_000_000
    hashing_threads: int = 2  # a password costs 64 MB while it is checked, so few at once

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """The settings of this environment. Raises SettingsInvalid."""
        port = environ.get("CLEARSIGNAL_DAGSTER_PORT") or "3000"
        return cls(
            cors_origins=_origins(environ),
            public_url=environ.get("CLEARSIGNAL_API_URL", ""),
            allowed_hosts=tuple(filter(None, map(str.strip, environ.get("CLEARSIGNAL_ALLOWED_HOSTS", "").split(",")))),
            dagster_url=(environ.get("CLEARSIGNAL_DAGSTER_URL") or f"http://127.0.0.1:{port}").rstrip("/"),
            pool_size=_whole_number(environ, "CLEARSIGNAL_API_POOL", 10, 1, 100),
        )


def _origins(environ: Mapping[str, str]) -> tuple[str, ...]:
    """`CORS_ORIGINS` (a JSON list) and `FRONTEND_ORIGIN` (one address); both absent: the two usual ones."""
    given = list(filter(None, [environ.get("FRONTEND_ORIGIN")]))
    if listed := environ.get("CORS_ORIGINS"):
        try:
            given += msgspec.json.decode(listed.encode(), type=list[str])
        except (msgspec.MsgspecError, UnicodeEncodeError):
            raise SettingsInvalid('CORS_ORIGINS is not a JSON list. Do: write ["http://localhost:3000"].') from None
    for origin in given:
        if not origin.startswith(("http://", "https://")) or origin.endswith("/"):
            raise SettingsInvalid(
                f"{origin!r} is no origin. Do: write scheme, host and port, such as https://app.example."
            )
    return tuple(dict.fromkeys(given)) or DEFAULT_ORIGINS


def _whole_number(environ: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    given = environ.get(name) or str(default)
    if not (given.isascii() and given.isdigit() and least <= int(given[:9]) <= most):
        raise SettingsInvalid(f"{name} is {given!r}. Do: write a whole number from {least} to {most}.")
    return int(given)
