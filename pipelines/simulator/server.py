"""Serving the world: `run` for the command line, `running` for tests."""

import contextlib
import json
import signal
import socket
import threading
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import uvicorn

from pipelines.simulator.app import create_app
from pipelines.simulator.clock import parse_instant
from pipelines.simulator.company import Charter
from pipelines.simulator.world import World, open_world

HOST = "127.0.0.1"


def run(
    port: int,
    state_dir: Path,
    companies: Sequence[Charter] | None = None,
    replay: Sequence[Path] = (),
    host: str = HOST,
) -> None:
    """Serve until SIGTERM or SIGINT. Without companies: the three demo companies, or what `state_dir` keeps.

    Raises OSError where the port is taken.
    """
    listening = _listen(port, host)
    world = open_world(Path(state_dir), tuple(companies) if companies else None)
    for folder in replay:
        world.replay(Path(folder))
    for slug in world.charters:
        world.company(slug)  # a moment each, once: not in the first request
    _server(world).run(sockets=[listening])


class _Server(uvicorn.Server):
    """Uvicorn, as it closes what clients keep open when it stops, also in a thread. Being told to stop is no failure:
    the signal is not raised again afterwards."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _server(world: World) -> uvicorn.Server:
    return _Server(
        uvicorn.Config(
            create_app(world),
            log_level="critical",  # a dropped connection is a fault on purpose, no error
            access_log=False,
            lifespan="off",
            ws="none",
            server_header=False,
            timeout_graceful_shutdown=1,
        )
    )


def _listen(port: int, host: str = HOST) -> socket.socket:
    """A socket that listens there, by default on the loopback; port 0 takes a free one."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((host, port))
    listening.listen(256)
    return listening


class Running:
    """A simulator in this process. `world` is the live object; read it, but change it by these methods."""

    def __init__(self, world: World, port: int) -> None:
        self.world = world
        self.port = port
        self.url = f"http://{HOST}:{port}"

    def get(self, path: str) -> Any:
        """The JSON of one of the simulator's own routes, like `/truth/acme/deployments`."""
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            return json.load(answer)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        request = urllib.request.Request(
            self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def advance(self, hours: float = 0, days: float = 0) -> None:
        """Let the world live on."""
        self.post("/world/clock", {"advance_hours": hours + 24 * days})

    def set_now(self, now: str) -> None:
        self.post("/world/clock", {"now": now})

    def fault(self, path: str, fault: str, times: int | None = None, **options: Any) -> None:
        """Let something go wrong on the paths that fit the glob, `times` times."""
        self.post("/world/faults", {"path": path, "fault": fault, "times": times, **options})

    def clear_faults(self) -> None:
        with urllib.request.urlopen(urllib.request.Request(self.url + "/world/faults", method="DELETE"), timeout=30):
            pass

    def truth(self, company: str, what: str) -> Any:
        return self.get(f"/truth/{company}/{what}")


@contextlib.contextmanager
def running(
    companies: Sequence[Charter] | None = None,
    now: str | int | None = "2026-06-01T12:00:00Z",
    state_dir: Path | None = None,
    replay: Sequence[Path] = (),
) -> Iterator[Running]:
    """A real server on a free port, in a thread of this process, with a clock that stands still (`now=None`: runs).

    Without companies: `acme`, trunk, 35 days old. Example:

        with running([Charter("acme", days=20)]) as simulator:
            simulator.url, simulator.truth("acme", "deployments"), simulator.advance(hours=5)
    """
    instant = parse_instant(now) if isinstance(now, str) else now
    world = open_world(state_dir, tuple(companies) if companies else (Charter("acme"),), instant)
    for folder in replay:
        world.replay(Path(folder))
    listening = _listen(0)
    server = _server(world)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="simulator", daemon=True)
    thread.start()
    try:
        yield Running(world, listening.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()
