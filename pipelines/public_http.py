"""HTTP that only reaches the public internet. What a name resolves to is looked at when the socket is connected and
before anything is sent: a check of the name alone is deceived by a name that changes its address in between."""

import socket
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from pipelines import base_urls


class NotPublic(Exception):
    """The host's address is one of this machine or network."""


def _checked(connected: socket.socket) -> socket.socket:
    if base_urls.is_public(connected.getpeername()[0]):
        return connected
    connected.close()
    raise NotPublic


class _Plain(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _checked(super()._new_conn())


class _Secure(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _checked(super()._new_conn())


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class PublicAdapter(HTTPAdapter):
    """For sessions whose addresses are a tenant's choice. Raises NotPublic before a byte is sent."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
