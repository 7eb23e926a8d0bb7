"""HTTP that only reaches the public internet. What a name resolves to is looked at when the socket is connected and
before anything is sent: a check of the name alone is deceived by a name that changes its address in between."""

import socket

from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from pipelines import base_urls, bounded_http


class NotPublic(Exception):
    """The host's address is one of this machine or network."""


def _checked(connected: socket.socket) -> socket.socket:
    if base_urls.is_public(connected.getpeername()[0]):
        return connected
    connected.close()
    raise NotPublic


class _Plain(bounded_http.Plain):
    def _new_conn(self) -> socket.socket:
        return _checked(super()._new_conn())


class _Secure(bounded_http.Secure):
    def _new_conn(self) -> socket.socket:
        return _checked(super()._new_conn())


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class PublicAdapter(bounded_http.BoundedAdapter):
    """For sessions whose addresses are a tenant's choice. Raises NotPublic before a byte is sent."""

    pools = {"http": _PlainPool, "https": _SecurePool}  # noqa: RUF012
