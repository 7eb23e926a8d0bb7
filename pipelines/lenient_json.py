"""JSON as sources really send it: half a character, bytes that are no UTF-8, a mark at the beginning."""

import re
from typing import Any

import msgspec

# An escape that is half of a character outside the basic plane, without its other half: a title cut in an emoji.
ESCAPES = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)"
)


def decode(body: bytes) -> Any:
    """The value. What is no text becomes U+FFFD, the replacement character, and nothing else is changed.

    Raises msgspec.DecodeError.
    """
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return msgspec.json.decode(ESCAPES.sub(_whole, body.decode("utf-8-sig", "replace")))


def _whole(escape: re.Match[str]) -> str:
    return "\\ufffd" if escape["half"] else escape[0]
