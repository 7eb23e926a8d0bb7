"""The world keeps its companies and its clock, follows the time or stands still, and can be set back."""

import signal
import subprocess
import sys
import time

import httpx

from pipelines.simulator.clock import parse_instant
from pipelines.simulator.company import Charter
from pipelines.simulator.server import _listen, running
from pipelines.simulator.world import open_world

NOW = parse_instant("2026-06-01T12:00:00Z")


def test_a_kept_world_is_the_same_world_days_later(tmp_path):
    first = open_world(tmp_path, (Charter("acme", days=20),), NOW)
    later = open_world(tmp_path, (Charter("acme", days=20),), NOW + 5 * 86_400)

    assert later.charters == first.charters
    assert later.company("acme").pull_requests[0].created_at == first.company("acme").pull_requests[0].created_at
    assert len(later.company("acme").pull_requests) > len(first.company("acme").pull_requests)


def test_a_clock_that_was_moved_is_kept(tmp_path):
    with running([Charter("acme", days=20)], state_dir=tmp_path) as simulator:
        simulator.advance(hours=30)
    assert open_world(tmp_path).clock.now() == NOW + 30 * 3600


def test_a_running_clock_follows_the_time():
    world = open_world(None, (Charter("acme", days=5),))
    assert abs(world.clock.now() - time.time()) < 2
    world.clock.advance(3600)
    assert abs(world.clock.now() - time.time() - 3600) < 2


def test_set_back_nothing_is_known_of_what_comes():
    with running([Charter("acme", days=20)]) as simulator:
        before = simulator.truth("acme", "deployments")
        simulator.advance(days=10)
        assert len(simulator.truth("acme", "deployments")) > len(before)
        simulator.set_now("2026-06-01T12:00:00Z")
        assert simulator.truth("acme", "deployments") == before


def test_time_of_one_world_is_no_other_worlds():
    with running() as one, running() as other:
        one.advance(days=1)
        assert (one.get("/world")["now"], other.get("/world")["now"]) == (
            "2026-06-02T12:00:00Z",
            "2026-06-01T12:00:00Z",
        )


def test_it_starts_at_once_and_stops_when_it_is_told(tmp_path):
    with _listen(0) as probe:
        port = probe.getsockname()[1]
    code = f"from pathlib import Path; from pipelines.simulator.server import run; run({port}, Path({str(tmp_path)!r}))"
    process = subprocess.Popen([sys.executable, "-c", code])
    try:
        companies = _world_when_up(port)["companies"]
        assert [company["slug"] for company in companies] == ["acme", "globex", "initech"]
    finally:
        process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0


def _world_when_up(port: int) -> dict:
    end = time.monotonic() + 20
    while True:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/world").json()
        except httpx.TransportError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
