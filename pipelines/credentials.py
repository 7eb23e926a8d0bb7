"""What a connection signs in with: kept apart, encrypted, and shown to nobody."""

import re
from typing import Annotated, Any

from msgspec import Meta

from pipelines.names import whole

LONGEST = 4_096  # characters: what a header of HTTP may be long is up to each server, and mostly 8 KB
IN_A_HEADER = re.compile(r"[\x20-\x7e]+")
Email = Annotated[str, Meta(pattern=whole(r"[!-9;-~]+"), max_length=320, description="as the account has it")]


class Secret(str):
    """A credential. It prints as stars, and is stored apart from the config, encrypted."""

    def __repr__(self) -> str:
        return "Secret('***')"


class Token(Secret):
    """A credential that is sent in a header: printable ASCII, without the blanks and line breaks of a copied line."""


def decode(kind: type, value: Any) -> Secret:
    """For msgspec: a field of these types. Raises ValueError, whose text never holds the value."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be text that is not empty")
    if len(value) > LONGEST:
        raise ValueError(f"must be at most {LONGEST:,} characters")
    if kind is Token:
        value = value.strip()
        if not IN_A_HEADER.fullmatch(value):
            raise ValueError("must be printable ASCII on one line; something else was copied with it")
        return Token(value)
    if "\0" in value or value != value.encode("utf-8", "replace").decode():
        raise ValueError("must be text that can be kept")
    return Secret(value)


def secrets_of(connection: Any) -> dict[str, Any]:
    """The credentials of a connection by field, in clear: a text, or a list of them."""
    found: dict[str, Any] = {}
    for name in connection.__struct_fields__:
        value = getattr(connection, name)
        if isinstance(value, Secret):
            found[name] = str.__str__(value)
        elif isinstance(value, tuple) and any(isinstance(one, Secret) for one in value):
            found[name] = [str.__str__(one) for one in value]
    return found


def secret_texts(connection: Any) -> tuple[str, ...]:
    """All credentials of a connection, none of which may be shown."""
    found = secrets_of(connection).values()
    return tuple(text for value in found for text in (value if isinstance(value, list) else [value]))
