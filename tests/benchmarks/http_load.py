"""A load client that costs little: sockets, epoll, one buffer. Run as a process of its own.

`python -m tests.benchmarks.http_load PORT SECONDS CONNECTIONS < requests` reads raw requests, each ended by a line
`--`, sends them in turn over kept connections, one at a time on each, and prints answers a second.
"""

import select
import socket
import sys
import time

BUFFER = bytearray(1 << 20)


class Wire:
    """One connection: what it waits for, and how much of it has come."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.wanted = self.got = 0

    def ask(self, request: bytes) -> None:
        """Send the next request."""
        self.wanted = self.got = 0
        self.socket.sendall(request)

    def take(self) -> bool:
        """Receive; True when the answer is whole. Raises RuntimeError for any status but 200."""
        count = self.socket.recv_into(BUFFER)
        if count == 0:
            raise RuntimeError("the server closed the connection")
        if self.wanted == 0:
            head = bytes(BUFFER[:1024])
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(head[:300].decode("latin-1"))
            at = head.lower().index(b"content-length: ") + 16
            self.wanted = head.index(b"\r\n\r\n") + 4 + int(head[at : head.index(b"\r", at)])
        self.got += count
        return self.got >= self.wanted


def run(port: int, seconds: float, connections: int, requests: list[bytes]) -> float:
    """Answers a second, after a fifth of the time to warm up."""
    wires = [Wire(port) for _ in range(connections)]
    poll = select.epoll()
    by_number = {wire.socket.fileno(): wire for wire in wires}
    sent = done = 0
    for wire in wires:
        poll.register(wire.socket.fileno(), select.EPOLLIN)
        wire.ask(requests[sent % len(requests)])
        sent += 1
    begun = time.perf_counter()
    counted_from, end = begun + seconds * 0.2, begun + seconds * 1.2
    while (now := time.perf_counter()) < end:
        for number, _ in poll.poll(1.0):
            wire = by_number[number]
            if wire.take():
                done += now >= counted_from
                wire.ask(requests[sent % len(requests)])
                sent += 1
    return done / seconds


if __name__ == "__main__":
    port, seconds, connections = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    texts = [part.strip().replace("\n", "\r\n") for part in sys.stdin.read().split("\n--\n")]
    print(run(port, seconds, connections, [f"{text}\r\n\r\n".encode() for text in texts if text]))
