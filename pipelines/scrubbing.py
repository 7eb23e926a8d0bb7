"""Texts without secrets, whether these stand there as they are or as a program wrote them down."""

import base64
import html
import json
import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote_plus

HIDDEN = "***"
PLAIN = re.compile(r"[A-Za-z0-9_.-]")  # no program writes these in another way
PARTS = re.compile(r"\\+|.", re.DOTALL)
MOST_ESCAPED = 8  # backslashes where one is meant: of a text in JSON, in JSON, in a Python text
BACKSLASHES = ("%5c", r"\\{1,8}u005c", r"\\{1,8}x5c", "&#92;")  # one, by those who do not double it
SHORTEST_CODED = 8  # characters of base64; fewer would be found where no secret is


def scrub(text: str, secrets: Iterable[str]) -> str:
    """`text` with stars for the secrets: plain, with escapes (Python, JSON, HTML, per cent), or in base64."""
    known = {str.__str__(secret) for secret in secrets if secret}
    for secret in sorted(known, key=len, reverse=True):  # one may be a part of another
        text = _pattern(secret).sub(HIDDEN, text)
    return text


@lru_cache(1024)
def _pattern(secret: str) -> re.Pattern[str]:
    coded = [each for each in _in_base64(secret.encode("utf-8", "replace")) if len(each) >= SHORTEST_CODED]
    return re.compile("|".join("".join(map(_spelled, PARTS.findall(each))) for each in (secret, *coded)))


def _in_base64(secret: bytes) -> set[str]:
    """What base64 makes of a secret behind any other text, such as a user's name: only whole characters of it."""
    found: set[str] = set()
    for before in range(3):  # bytes in the group of three that the secret begins in
        first, end = -(-before * 8 // 6), (before + len(secret)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            found.add(encode(b"\0" * before + secret)[first:end].decode())
    return found


@lru_cache(4096)
def _spelled(part: str) -> str:
    """A pattern for one character, itself or escaped, or for a run of backslashes, which each escaping doubles."""
    if PLAIN.match(part):
        return re.escape(part)
    if part.startswith("\\"):
        alone = rf"\\{{{len(part)},{MOST_ESCAPED * len(part)}}}"
        coded = "|".join(f"(?:{each}){{{len(part)}}}" for each in BACKSLASHES)
        return f"(?:(?i:{coded})|{alone})"
    code, encoded = ord(part), part.encode("utf-8", "replace")
    escaped = {
        json.dumps(part)[1:-1],
        repr(part)[1:-1],
        rf"\{part}",
        rf"\U{code:08x}",
        rf"\u{code:04x}",
        rf"\x{code:02x}",
        "".join(rf"\x{byte:02x}" for byte in encoded),
        "".join(f"%{byte:02x}" for byte in encoded),
        quote_plus(part, errors="replace"),
        html.escape(part),
        f"&#{code};",
    } - {part}
    most = rf"\\{{1,{MOST_ESCAPED}}}"
    spellings = [re.escape(each).replace(r"\\", most) for each in sorted(escaped, key=len, reverse=True)]
    return f"(?:(?i:{'|'.join(spellings)})|{re.escape(part)})"
