"""A request ends by its deadline, whatever a server sends: real sockets of this machine, by bytes."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from pipelines.http import Client
from pipelines.sync_error import SyncError

DEADLINE = 1.0
FAR = 6 * DEADLINE  # how late it may end on a machine that does much else; without the defence it does not end
FINE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
Part = Callable[[socket.socket, threading.Event], None]


class Server:
    """Answers request after request by `parts`, the last one for ever."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.accepted = 0
        self.is_over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._taken: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._serve, daemon=True)]
        self._threads[0].start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                taken, _ = self._listening.accept()
                self.accepted += 1
                self._taken.append(taken)
                self._threads.append(threading.Thread(target=self._answer, args=[taken], daemon=True))
                self._threads[-1].start()

    def _answer(self, taken: socket.socket) -> None:
        with suppress(OSError), taken:
            while taken.recv(65_536):
                (self.parts.pop(0) if len(self.parts) > 1 else self.parts[0])(taken, self.is_over)

    def close(self) -> None:
        self.is_over.set()
        for one in (self._listening, *self._taken):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join(5)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


def fine(taken: socket.socket, is_over: threading.Event) -> None:
    taken.sendall(FINE)


def drip(before: bytes, again: bytes, pause: float = 0.05) -> Part:
    """`before`, and then `again` for ever."""

    def send(taken: socket.socket, is_over: threading.Event) -> None:
        taken.sendall(before)
        while not is_over.wait(pause):
            taken.sendall(again)

    return send


ENDLESS = {
    "a status line": drip(b"HTTP/1.1 ", b"2"),
    "a header": drip(b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"),
    "headers": drip(b"HTTP/1.1 200 OK\r\n", b"X"),
    "100 Continue, slowly": drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "100 Continue, fast": drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 50, 0.001),
    "the size of a chunk": drip(CHUNKED + b"2\r\n{}\r\n", b"0"),
    "what may follow the size of a chunk": drip(CHUNKED + b"2;", b"x"),
    "a chunk": drip(CHUNKED + b"FFFF\r\n", b" "),
    "trailers": drip(CHUNKED + b"2\r\n{}\r\n0\r\n", b"X"),
    "a body": drip(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", b" "),
    "a body of unknown length": drip(b"HTTP/1.1 200 OK\r\n\r\n", b" "),
}


def ended(asking: Client) -> tuple[str, float]:
    """The class of the error that a request ends with, and after how long."""
    begun = time.monotonic()
    with pytest.raises(SyncError) as failed:
        asking.json("/x")
    return failed.value.error_class, time.monotonic() - begun


@pytest.mark.parametrize("what", ENDLESS)
def test_what_comes_without_end_is_waited_for_until_the_deadline(server: Server, what: str) -> None:
    server.parts = [ENDLESS[what]]

    error_class, seconds = ended(Client(server.url, total_seconds=DEADLINE))

    assert error_class == "timeout"
    assert DEADLINE * 0.9 <= seconds < FAR


def test_a_host_of_many_addresses_that_do_not_answer_has_the_time_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    full = socket.create_server(("127.0.0.1", 0), backlog=0)
    waiting = [socket.socket() for _ in range(8)]  # who connects after them gets no answer
    for each in waiting:
        each.setblocking(False)
        each.connect_ex(full.getsockname())
    address = (socket.AF_INET, socket.SOCK_STREAM, 6, "", full.getsockname())
    monkeypatch.setattr(socket, "getaddrinfo", lambda *arguments, **options: [address] * 50)

    error_class, seconds = ended(Client("http://many.example", total_seconds=DEADLINE))

    for each in (full, *waiting):
        each.close()
    assert error_class == "unavailable"
    assert seconds < FAR


def test_the_next_address_of_a_host_is_tried(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.parts = [fine]
    ports = 9, int(server.url.rsplit(":", 1)[1])
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)) for port in ports]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *arguments, **options: found)

    assert Client("http://two.example").json("/x") == {}


def test_a_connection_is_used_again_with_new_time(server: Server) -> None:
    server.parts = [fine]
    asking = Client(server.url, total_seconds=DEADLINE)

    for _ in range(5):
        assert asking.json("/x") == {}
    time.sleep(DEADLINE)  # longer than was left to the requests before
    assert asking.json("/x") == {}

    assert server.accepted == 1


def test_a_connection_that_was_given_up_is_not_used_again(server: Server) -> None:
    server.parts = [drip(CHUNKED + b"2\r\n", b""), fine]
    asking = Client(server.url, total_seconds=DEADLINE)

    assert ended(asking)[0] == "timeout"
    assert asking.json("/x") == {}

    assert server.accepted == 2


def test_a_deadline_needs_no_thread(server: Server) -> None:
    server.parts = [fine, fine, ENDLESS["a header"]]
    asking = Client(server.url, total_seconds=DEADLINE)
    asking.json("/x")
    before = threading.active_count()

    asking.json("/x")
    during = threading.active_count()
    ended(asking)

    assert during <= before and threading.active_count() <= before  # those of earlier tests may end meanwhile
