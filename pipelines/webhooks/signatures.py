"""Whether a webhook comes from who knows the connection's secret: each source signs in its own way.

A check takes the raw bytes, before anything parses them, and compares in constant time.
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

OLDEST_SECONDS = 300  # a signed time that lies further away is refused, in the past and in the future
DECODED = {  # HubSpot signs its address with these written out
    "%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$", "%27": "'", "%28": "(", "%29": ")",
    "%2A": "*", "%2C": ",", "%3B": ";",
}  # fmt: skip


@dataclass(frozen=True)
class Delivery:
    """A webhook as it arrived. Header names are in lower case; `urls` are the addresses that it may have called:
    behind a proxy this process knows its own only by what it is told."""

    method: str
    urls: tuple[str, ...]
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    received_at: float = field(default_factory=time.time)  # seconds since 1970


def github(secret: str, delivery: Delivery) -> bool:
    """`X-Hub-Signature-256: sha256=…` over the body. GitHub signs no time: a replay is known by its delivery id."""
    return _is_hex_of(delivery.headers.get("x-hub-signature-256"), secret, delivery.body)


def jira(secret: str, delivery: Delivery) -> bool:
    """`X-Hub-Signature: sha256=…` over the body."""
    return _is_hex_of(delivery.headers.get("x-hub-signature"), secret, delivery.body)


def hubspot(secret: str, delivery: Delivery) -> bool:
    """`X-HubSpot-Signature-v3` over method, address, body and a time that is five minutes away at most.

    The older signatures know no time and are not accepted.
    """
    given, sent = (delivery.headers.get(f"x-hubspot-{name}", "") for name in ("signature-v3", "request-timestamp"))
    is_recent = sent.isascii() and sent.isdigit() and len(sent) < 16
    is_recent = is_recent and abs(delivery.received_at - int(sent) / 1000) <= OLDEST_SECONDS
    matches = False
    for url in dict.fromkeys([*delivery.urls, *map(_decoded, delivery.urls)]):
        signed = delivery.method.encode() + url.encode() + delivery.body + sent.encode("utf-8", "replace")
        wanted = base64.b64encode(_digest(secret, signed))
        matches |= hmac.compare_digest(wanted, given.encode("utf-8", "replace"))
    return matches and is_recent


SIGNATURES: dict[str, Callable[[str, Delivery], bool]] = {"github": github, "jira": jira, "hubspot": hubspot}


def _is_hex_of(given: str | None, secret: str, body: bytes) -> bool:
    wanted = b"sha256=" + _digest(secret, body).hex().encode()
    return hmac.compare_digest(wanted, (given or "").encode("utf-8", "replace"))


def _digest(secret: str, signed: bytes) -> bytes:
    return hmac.new(secret.encode(), signed, hashlib.sha256).digest()


def _decoded(url: str) -> str:
    for code, character in DECODED.items():
        url = url.replace(code, character).replace(code.lower(), character)
    return url
