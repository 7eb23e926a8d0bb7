"""The whole way of a webhook: simulator → API → worker → raw, over real HTTP, with real processes that are killed."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from pipelines import load, stored_connections, tenants
from pipelines.simulator.server import running
from pipelines.warehouse.connection import Warehouse
from tests.conftest import free_port

SECRET = "a secret that HubSpot signs with"
TICKETS = "select id, subject, stage, priority, stage_history::text, _deleted_at is null from raw_hubspot.tickets"


@pytest.fixture
def environment(warehouse: Warehouse) -> dict[str, str]:
    return {
        **os.environ, "DATABASE_URL": warehouse.admin_url, "CLEARSIGNAL_HOME": str(warehouse.home),
        "CLEARSIGNAL_SECRET_KEY": warehouse.secret_key.decode(),
    }  # fmt: skip


@pytest.fixture
def start(environment: dict[str, str]) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts `python -m …`; whatever still runs at the end is killed."""
    with ExitStack() as ended:

        def one(*arguments: str) -> subprocess.Popen[bytes]:
            child = subprocess.Popen([sys.executable, "-m", *arguments], env=environment)
            ended.callback(child.wait)
            ended.callback(child.kill)
            return child

        yield one


def until(holds: Callable[[], Any], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.1)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except OSError:
        return False


def statuses(warehouse: Warehouse) -> dict[str, int]:
    with warehouse.connect("loader") as database:
        return dict(database.execute("select status, count(*) from app.webhook_event group by 1").fetchall())


def tickets(warehouse: Warehouse) -> set[tuple]:
    with warehouse.connect("loader") as database:
        return set(database.execute(TICKETS).fetchall())


@pytest.mark.slow
def test_what_is_acknowledged_is_applied_though_worker_and_api_are_killed(
    warehouse: Warehouse, environment: dict[str, str], start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    port = free_port()
    with running() as world:
        tenant = tenants.create(warehouse, "acme", "Acme")
        config = {"source": "hubspot", "token": "hubspot-acme", "base_url": f"{world.url}/hubspot/acme"}
        stored = stored_connections.add(
            warehouse, tenant, "main", {**config, "webhook_secret": SECRET}, allow_private=True
        )
        list(load.sync(warehouse, "hubspot", [tenant.partition_key]))
        since = world.get("/world")["now"]
        world.advance(days=5)
        api, worker = start("api.server", "--port", str(port)), start("orchestration.cli", "apply-webhooks")
        until(lambda: answers(f"http://127.0.0.1:{port}/health"))
        url = f"http://127.0.0.1:{port}/api/v1/webhooks/hubspot/{stored.connection_id}"
        asked = {"company": "acme", "provider": "hubspot", "since": since, "url": url, "secret": SECRET}

        told = world.post("/world/webhooks", {**asked, "duplicates": 1, "shuffle": 3})
        api.kill()
        until(lambda: statuses(warehouse).get("pending", 0) < told["events"])
        worker.kill()
        worker = start("orchestration.cli", "apply-webhooks")
        until(lambda: set(statuses(warehouse)) == {"applied"})

        assert set(told["answers"]) == {"202"}
        assert told["events"] > sum(statuses(warehouse).values()) > 0
        ours = tickets(warehouse)
        list(load.sync(warehouse, "hubspot", [tenant.partition_key], full=True))
        assert ours == tickets(warehouse)

        listed = subprocess.run(
            [sys.executable, "-m", "orchestration.cli", "webhook", "list", "--json"],
            env=environment, capture_output=True, check=True,
        )  # fmt: skip
        (row,) = json.loads(listed.stdout)
        assert row["path"] in url and row["applied"] == sum(statuses(warehouse).values())

        worker.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 0
