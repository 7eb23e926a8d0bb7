"""The HTTP client against a real server that misbehaves."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

import pytest
from requests.structures import CaseInsensitiveDict

from pipelines import answers
from pipelines.http import REQUESTS_AT_ONCE, Client, Stopped
from pipelines.pace import Pace
from pipelines.sync_error import SyncError

Answer = tuple[int, dict[str, str], bytes]


class Misbehaving:
    """Answers from a list, the last one for ever; remembers what was asked."""

    def __init__(self) -> None:
        self.answers: list[Answer | Callable[[BaseHTTPRequestHandler], None]] = []
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.asked.append(self.path)
                outer.headers.append(dict(self.headers))
                answer = outer.answers.pop(0) if len(outer.answers) > 1 else outer.answers[0]
                if callable(answer):
                    answer(self)
                    return
                status, headers, body = answer
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def server() -> Iterator[Misbehaving]:
    made = Misbehaving()
    threading.Thread(target=made.server.serve_forever, args=[0.01], daemon=True).start()
    yield made
    made.server.shutdown()


def client(server: Misbehaving, **options: object) -> Client:
    waits: list[float] = []
    made = Client(server.url, sleep=waits.append, **options)  # type: ignore[arg-type]
    made.waits = waits  # type: ignore[attr-defined]
    return made


JSON = {"Content-Type": "application/json"}
FINE: Answer = (200, JSON, b'{"fine": true}')


def test_a_500_is_tried_again(server: Misbehaving) -> None:
    server.answers = [(500, {}, b"oops"), (503, {}, b"<html>busy</html>"), FINE]
    assert client(server).json("/x") == {"fine": True}
    assert len(server.asked) == 3


def test_a_host_inside_is_not_asked_whatever_its_name_said_before(server: Misbehaving) -> None:
    server.answers = [FINE]
    for url in (server.url, server.url.replace("127.0.0.1", "localhost")):
        with pytest.raises(SyncError, match="not on the public internet"):
            Client(url, public_only=True).json("/x")
    assert server.asked == []
    assert Client(server.url).json("/x") == {"fine": True}


def test_five_tries_are_all(server: Misbehaving) -> None:
    server.answers = [(502, {"Content-Type": "text/html"}, b"<html>Bad gateway</html>")]
    with pytest.raises(SyncError) as failed:
        client(server).json("/x")
    assert (failed.value.error_class, failed.value.http_status, len(server.asked)) == ("unavailable", 502, 5)


def test_retry_after_is_obeyed(server: Misbehaving) -> None:
    server.answers = [(429, {"Retry-After": "7"}, b"slow down"), FINE]
    asking = client(server)
    asking.json("/x")
    assert asking.waits == [7.0]  # type: ignore[attr-defined]


def test_a_limit_pauses_every_request_of_the_client(server: Misbehaving) -> None:
    server.answers = [(429, {"Retry-After": "1"}, b"slow down"), FINE]
    asking = Client(server.url)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(asking.json, "/first")
        while not server.asked:
            time.sleep(0.01)
        begun = time.monotonic()
        time.sleep(0.2)  # until that one has heard of the limit
        assert threads.submit(asking.json, "/second").result() == first.result()
    assert (len(server.asked), time.monotonic() - begun > 0.9) == (3, True)


def test_a_client_that_is_stopped_asks_nothing_more_and_waits_for_nothing(server: Misbehaving) -> None:
    server.answers = [(429, {"Retry-After": "50"}, b"slow down"), FINE]
    asking = Client(server.url)
    begun = time.monotonic()
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(asking.json, "/x")
        while not server.asked:
            time.sleep(0.01)
        asking.stop()
        with pytest.raises(Stopped):
            waiting.result()
    with pytest.raises(Stopped):
        asking.json("/x")
    assert (len(server.asked), time.monotonic() - begun < 10) == (1, True)


def test_no_more_requests_are_under_way_than_are_allowed() -> None:
    asking, under_way, most, lock = Client("http://127.0.0.1:9"), 0, 0, threading.Lock()

    def send(*arguments: object) -> answers.Answer:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.01)
        with lock:
            under_way -= 1
        return answers.Answer("http://127.0.0.1:9/x", 200, CaseInsensitiveDict(), b"{}")

    asking._send = send  # type: ignore[method-assign]
    with ThreadPoolExecutor(20) as threads:
        list(threads.map(asking.json, ["/x"] * 60))
    assert most == REQUESTS_AT_ONCE


def test_a_long_retry_after_stops_cleanly_and_says_when_to_go_on(server: Misbehaving) -> None:
    server.answers = [(429, {"Retry-After": "3600"}, b"slow down")]
    asking = client(server)
    with pytest.raises(SyncError) as failed:
        asking.json("/x")
    assert (failed.value.error_class, failed.value.retry_after) == ("rate_limited", 3600)
    assert (asking.waits, len(server.asked)) == ([], 1)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("status", "error_class"),
    [(401, "credentials"), (403, "permission"), (404, "not_found"), (400, "configuration"), (410, "not_found")],
)
def test_a_refusal_is_not_tried_again(server: Misbehaving, status: int, error_class: str) -> None:
    server.answers = [(status, JSON, b'{"message": "no"}')]
    with pytest.raises(SyncError) as failed:
        client(server).json("/x")
    assert (failed.value.error_class, failed.value.http_status, len(server.asked)) == (error_class, status, 1)


def test_broken_json_is_tried_again_and_then_shown_by_its_beginning(server: Misbehaving) -> None:
    server.answers = [(200, JSON, b'{"rows": [1, 2' + b"3" * 500)]
    with pytest.raises(SyncError) as failed:
        client(server).json("/x")
    assert failed.value.error_class == "unparsable"
    assert '{"rows": [1, 2' in failed.value.message and "3" * 201 not in failed.value.message
    assert len(server.asked) == 5


def test_a_web_page_with_status_200_is_an_error_and_not_empty(server: Misbehaving) -> None:
    server.answers = [(200, {"Content-Type": "text/html"}, b"<html>Please sign in</html>")]
    with pytest.raises(SyncError, match="Please sign in"):
        client(server).json("/x")


def test_a_drip_of_bytes_ends_at_the_deadline(server: Misbehaving) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        try:
            for _ in range(200):
                handler.wfile.write(b"x")
                handler.wfile.flush()
                time.sleep(0.1)
        except OSError:
            pass

    server.answers = [drip]
    begun = time.monotonic()
    with pytest.raises(SyncError) as failed:
        client(server, total_seconds=1.0).json("/x")
    assert failed.value.error_class == "timeout"
    assert time.monotonic() - begun < 3


def test_a_server_that_hangs_costs_no_more_than_the_deadline(server: Misbehaving) -> None:
    server.answers = [lambda handler: time.sleep(8)]
    begun = time.monotonic()
    with pytest.raises(SyncError) as failed:
        client(server, total_seconds=1.0).json("/x")
    assert failed.value.error_class == "timeout"
    assert time.monotonic() - begun < 4


def test_a_dropped_connection_is_tried_again(server: Misbehaving) -> None:
    def drop(handler: BaseHTTPRequestHandler) -> None:
        handler.connection.shutdown(socket.SHUT_RDWR)

    server.answers = [drop, FINE]
    assert client(server).json("/x") == {"fine": True}


def test_a_cut_off_body_is_tried_again(server: Misbehaving) -> None:
    def cut(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b'{"fine"')
        handler.close_connection = True

    server.answers = [cut, FINE]
    assert client(server).json("/x") == {"fine": True}


def test_nobody_at_the_address_is_unavailable() -> None:
    with pytest.raises(SyncError) as failed:
        Client("http://127.0.0.1:9", total_seconds=1, sleep=lambda seconds: None).json("/x")
    assert failed.value.error_class == "unavailable"


def test_a_redirect_on_the_same_host_is_followed(server: Misbehaving) -> None:
    server.answers = [(301, {"Location": "/moved"}, b""), FINE]
    assert client(server).json("/x") == {"fine": True}
    assert server.asked == ["/x", "/moved"]


def test_a_redirect_to_another_host_is_refused_and_gets_no_token(server: Misbehaving) -> None:
    server.answers = [(302, {"Location": "http://127.0.0.2:1/steal"}, b"")]
    with pytest.raises(SyncError, match="another host"):
        client(server, headers={"Authorization": "Bearer canary"}).json("/x")


def test_secrets_never_show_in_errors(server: Misbehaving) -> None:
    server.answers = [(401, JSON, b'{"message": "bad token canary-123"}')]
    with pytest.raises(SyncError) as failed:
        client(server, secrets=("canary-123",)).json("/x", {"key": "canary-123"})
    assert "canary-123" not in str(failed.value) and "***" in failed.value.message


def test_requests_name_the_program(server: Misbehaving) -> None:
    server.answers = [FINE]
    client(server).json("/x")
    assert server.headers[0]["User-Agent"].startswith("clearsignal/")


def test_a_paced_host_is_asked_no_sooner_than_it_says_by_no_client_and_by_no_retry(server: Misbehaving):
    arrivals: list[float] = []

    def refuse_first(handler: BaseHTTPRequestHandler) -> None:
        arrivals.append(time.monotonic())
        time.sleep(0.05)  # on its way: the pace counts from the answer
        status = 429 if len(arrivals) in (1, 2) else 200
        handler.send_response(status)
        handler.send_header("Content-Length", "2")
        handler.send_header("Retry-After", "0")
        handler.end_headers()
        handler.wfile.write(b"{}")

    server.answers = [refuse_first]
    pace = Pace(server.url, 0.1)
    for client in (Client(server.url, pace=pace), Client(server.url, pace=pace)):
        client.get("/a")
        client.get("/b")
    assert len(arrivals) == 6
    assert min(later - earlier for earlier, later in pairwise(arrivals)) >= pace.seconds


def test_waiting_for_a_turn_takes_nothing_from_the_time_of_a_request(server: Misbehaving):
    server.answers = [(200, {"Content-Type": "application/json"}, b"{}")]
    client = Client(server.url, pace=Pace(f"{server.url}/slow", 0.4), total_seconds=0.3)
    for _ in range(3):
        assert client.get("/").status == 200
