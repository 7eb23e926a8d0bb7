"""Which addresses a tenant may let us ask: the public internet's, so that none reaches what stands beside us."""

import ipaddress
import socket
from urllib.parse import urlsplit

BLOCKED_HOSTS = ("metadata.google.internal", "metadata")


class AddressRefused(Exception):
    """The address is none, or none that may be asked. The message says what to do."""


def check(url: str, allow_private: bool) -> None:
    """Raise AddressRefused unless the address is https on the public internet.

    With `allow_private` (the operator's choice, never the tenant's) http and private addresses may be used too.
    """
    try:
        split = urlsplit(url)
        host, port = split.hostname, split.port
    except ValueError:
        raise AddressRefused("is no address. Do: write https://host.") from None
    if split.scheme not in ("http", "https") or not host or split.username or split.query or split.fragment:
        raise AddressRefused("must be https://host/path, without user, query or fragment.")
    if allow_private:
        return
    if split.scheme != "https":
        raise AddressRefused("must begin with https://.")
    if host.lower().rstrip(".") in BLOCKED_HOSTS:
        raise AddressRefused(f"{host} is not a public host.")
    for address in _addresses(host, port or 443):
        if not address.is_global or address.is_multicast:
            raise AddressRefused(f"{host} is not on the public internet. Do: ask the operator to allow it.")


def _addresses(host: str, port: int) -> set[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """Every address of the host; none where its name cannot be resolved now (the first sync will say so)."""
    try:
        found = {info[4][0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        return set()
    addresses = {ipaddress.ip_address(str(text).split("%")[0]) for text in found}
    return {getattr(address, "ipv4_mapped", None) or address for address in addresses}
