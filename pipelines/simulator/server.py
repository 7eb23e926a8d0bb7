"""Serving the world: `run` for the command line, `running` for tests."""

import asyncio
import contextlib
import json
import signal
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from granian.constants import Interfaces
from granian.server.embed import Server

from pipelines.simulator.app import create_app
from pipelines.simulator.clock import parse_instant
from pipelines.simulator.company import Charter
from pipelines.simulator.world import World, open_world

HOST = "127.0.0.1"
START_SECONDS = 20.0


def run(port: int, state_dir: Path, companies: Sequence[Charter] | None = None, replay: Sequence[Path] = ()) -> None:
    """Serve until SIGTERM or SIGINT. Without companies: the three demo companies, or what `state_dir` keeps."""
    world = open_world(Path(state_dir), tuple(companies) if companies else None)
    for folder in replay:
        world.replay(Path(folder))
    for slug in world.charters:
        world.company(slug)  # half a second each, once: not in the first request
    asyncio.run(_serve(world, port, stop_on_signals=True))


async def _serve(world: World, port: int, stop_on_signals: bool = False, started: Any = None) -> None:
    server = Server(
        create_app(world), address=HOST, port=port, interface=Interfaces.ASGINL, log_enabled=False, log_access=False
    )
    if stop_on_signals:
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, server.stop)
    if started is not None:
        started(asyncio.get_running_loop(), server)
    await server.serve()


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
    port = free_port()
    handles: list[Any] = []
    thread = threading.Thread(
        target=lambda: asyncio.run(_serve(world, port, started=lambda *found: handles.extend(found))), daemon=True
    )
    thread.start()
    _await_port(port)
    try:
        yield Running(world, port)
    finally:
        loop, server = handles
        loop.call_soon_threadsafe(server.stop)
        thread.join(10)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _await_port(port: int) -> None:
    """Wait until the server listens. Raises TimeoutError."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), 0.2):
            return
        time.sleep(0.01)
    raise TimeoutError(f"the simulator does not listen on {HOST}:{port}")
