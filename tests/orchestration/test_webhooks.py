"""The whole way of a webhook: simulator → API → worker → raw, over real HTTP, with real processes that are killed."""

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from pipelines import load, stored_connections, tenants
from pipelines.simulator.server import running
from pipelines.simulator.webhooks import EVENTS, messages
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


class Sender:
    """Sends each message until it is acknowledged, eight at a time, as fast as it can."""

    def __init__(self, port: int, path: str, sent: list[tuple[bytes, dict[str, str]]]) -> None:
        self._port, self._path, self._waiting, self.acknowledged = port, path, sent[::-1], 0
        self._threads = [threading.Thread(target=self._send) for _ in range(8)]
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _send(self) -> None:
        while self._waiting:
            try:
                body, headers = self._waiting.pop()
            except IndexError:
                return
            while not self._is_taken(body, {"Content-Type": "application/json", **headers}):
                time.sleep(0.1)
            self.acknowledged += 1

    def _is_taken(self, body: bytes, headers: dict[str, str]) -> bool:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
            connection.request("POST", self._path, body, headers)
            return connection.getresponse().status == 202
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@pytest.mark.soak
def test_ten_thousand_webhooks_three_kills_of_the_worker_and_three_of_the_api(
    warehouse: Warehouse, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    port = free_port()
    with running() as world:
        config = {"source": "github", "organization": "acme", "token": "github-acme", "api": "graphql"}
        config |= {"base_url": f"{world.url}/github", "webhook_secret": SECRET}
        tenant, fresh = tenants.create(warehouse, "acme", "Acme"), tenants.create(warehouse, "fresh", "Fresh")
        stored = stored_connections.add(warehouse, tenant, "main", config, allow_private=True)
        stored_connections.add(warehouse, fresh, "main", config, allow_private=True)
        list(load.sync(warehouse, "github", [tenant.partition_key]))
        since = world.world.clock.now()
        world.advance(days=40)
        path = f"/api/v1/webhooks/github/{stored.connection_id}"
        unique = list(messages("github", path, SECRET, EVENTS["github"](world.world, "acme", since)))
        sent = unique * -(-10_000 // len(unique))
        random.Random(7).shuffle(sent)
        processes = {"api": ("api.server", "--port", str(port)), "worker": ("orchestration.cli", "apply-webhooks")}
        alive = {name: start(*command) for name, command in processes.items()}

        sender = Sender(port, path, sent)
        for number, name in enumerate(("worker", "api") * 3, 1):
            until(lambda number=number: sender.acknowledged > number * len(sent) / 7, seconds=600)
            alive[name].kill()
            alive[name] = start(*processes[name])
        sender.join()
        until(lambda: set(statuses(warehouse)) <= {"applied", "ignored"}, seconds=600)

        assert sender.acknowledged == len(sent) >= 10_000
        assert sum(statuses(warehouse).values()) == len(unique)  # each once
        list(load.sync(warehouse, "github", [fresh.partition_key]))
        for table in ("issues", "pull_requests", "reviews", "workflow_runs", "releases", "tags"):
            assert differing(warehouse, table, tenant.tenant_id, fresh.tenant_id) == 0, table


def differing(warehouse: Warehouse, table: str, *owners: object) -> int:
    """How many rows one of two tenants has that the other has not; `user_view_type` is told by lists alone."""
    of = (
        "select regexp_replace((to_jsonb(t) - '{tenant_id,connection_id,_dlt_load_id,_dlt_id}'::text[])::text,"
        " '\"user_view_type\": \"public\",? ?', '', 'g') "
        f"from raw_github.{table} as t where tenant_id = %s"
    )
    statement = f"select count(*) from (({of} except {of}) union all ({of} except {of})) as differing"
    with warehouse.connect("loader") as database:
        first, second = map(str, owners)
        row = database.execute(statement, [first, second, second, first]).fetchone()  # type: ignore[call-overload]
    return row[0]
