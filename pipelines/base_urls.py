"""Which addresses a tenant may let us ask: the public internet's, so that none reaches what stands beside us."""

import ipaddress
import re
import socket
from collections.abc import Collection
from urllib.parse import urlsplit

BLOCKED_HOSTS = ("metadata.google.internal", "metadata")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
PRINTABLE = re.compile(r"[!-~]{1,500}")
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class AddressRefused(Exception):
    """The address is none, or none that may be asked. The message says what to do."""


def check(url: str, allow_private: bool) -> None:
    """Raise AddressRefused unless the address is https on the public internet.

    With `allow_private` (the operator's choice, never the tenant's) http and private addresses may be used too.
    """
    if not PRINTABLE.fullmatch(url):  # urlsplit would leave tabs and line breaks out, unseen
        raise AddressRefused("must be plain ASCII without blanks (write an international name as xn--…).")
    try:
        split = urlsplit(url)
        host, port = split.hostname, split.port
    except ValueError:
        raise AddressRefused("is no address. Do: write https://host.") from None
    if split.scheme not in ("http", "https") or not host or set(url) & set("@?#"):
        raise AddressRefused("must be https://host/path, without user, query or fragment.")
    if allow_private:
        return
    if split.scheme != "https":
        raise AddressRefused("must begin with https://.")
    if "\\" in url:
        raise AddressRefused("must not hold a backslash.")
    if port is not None and port != 443 and port < 1024:
        raise AddressRefused(f"port {port} is no port of a web service.")
    if host.lower().rstrip(".") in BLOCKED_HOSTS:
        raise AddressRefused(f"{host} is not a public host.")
    for address in _addresses(host, port or 443):
        if not _is_public(address):
            raise AddressRefused(f"{host} is not on the public internet. Do: ask the operator to allow it.")


def is_listed(url: str, hosts: Collection[str]) -> bool:
    """Whether the operator's allow-list has the address's host, or its host with port."""
    split = urlsplit(url)
    return bool(split.hostname) and (split.hostname in hosts or split.netloc in hosts)


def is_public(address: str) -> bool:
    """Whether an address that a socket is connected to belongs to the public internet."""
    parsed = ipaddress.ip_address(address.split("%")[0])
    return _is_public(_plain(parsed))


def _is_public(address: Address) -> bool:
    return address.is_global and not address.is_multicast


def _plain(address: Address) -> Address:
    """An IPv6 address that carries an IPv4 one (mapped, or by the NAT64 prefix) counts as that."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return address.ipv4_mapped or address
    return address


def _addresses(host: str, port: int) -> set[Address]:
    """Every address of the host; none where its name cannot be resolved now (the first sync will say so)."""
    try:
        found = {info[4][0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        return set()
    return {_plain(ipaddress.ip_address(str(text).split("%")[0])) for text in found}
