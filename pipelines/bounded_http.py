"""HTTP whose requests end by a deadline, whatever the server does. What reads a status, headers or the size of a chunk
asks for more while more comes, so it is each read of the socket that waits for what is left and no longer."""

import http.client
import io
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

_deadline: ContextVar[float] = ContextVar("deadline", default=inf)


@contextmanager
def until(deadline: float) -> Iterator[None]:
    """Whatever this thread connects, sends and receives in here ends at `deadline`, by time.monotonic()."""
    before = _deadline.set(deadline)
    try:
        yield
    finally:
        _deadline.reset(before)


def _within(seconds: float | None) -> float:
    """How long the next step may take: `seconds`, or what is left if that is less. Raises TimeoutError."""
    left = _deadline.get() - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    return min(left, inf if seconds is None else seconds)


class _Received(io.RawIOBase):
    """What comes by a socket for one answer."""

    def __init__(self, connected: socket.socket, raw: io.RawIOBase) -> None:
        self._socket, self._raw = connected, raw
        self._longest = connected.gettimeout()  # of one read, as the request said

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._socket.settimeout(_within(self._longest))
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Answer(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:
        super().__init__(sock, *arguments, **options)
        self.fp = io.BufferedReader(_Received(sock, self.fp.detach()))


class Plain(HTTPConnection):
    """A connection by http."""

    response_class = _Answer

    def _new_conn(self) -> socket.socket:
        """Connect to the first of the host's addresses that answers; all of them have the time of one."""
        try:
            found = socket.getaddrinfo(self._dns_host, self.port, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        failed: OSError = OSError("the host has no address")
        for family, kind, protocol, _, address in found:
            try:
                return self._connected(socket.socket(family, kind, protocol), address)
            except OSError as error:
                failed = error
        if isinstance(failed, TimeoutError):
            raise ConnectTimeoutError(self, "timed out") from failed
        raise NewConnectionError(self, str(failed)) from failed

    def _connected(self, made: socket.socket, address: Any) -> socket.socket:
        try:
            for option in self.socket_options or ():
                made.setsockopt(*option)
            made.settimeout(_within(self.timeout))
            made.connect(address)
            made.settimeout(_within(self.timeout))  # of the TLS handshake, as a whole
        except BaseException:
            made.close()
            raise
        return made

    def send(self, data: Any) -> None:
        """A socket that was used before still has the time that was left then."""
        if self.sock is not None:
            self.sock.settimeout(_within(self.timeout))
        super().send(data)


class Secure(Plain, HTTPSConnection):
    """A connection by https."""


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = Secure


class BoundedAdapter(HTTPAdapter):
    """Makes a session's connections keep to the deadline that `until` set."""

    pools: dict[str, type[HTTPConnectionPool]] = {"http": _PlainPool, "https": _SecurePool}  # noqa: RUF012

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = self.pools
