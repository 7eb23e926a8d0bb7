"""From a webhook's arrival to its value in the API: 50 events a second for a minute, against the real API and worker.

The flow is what GitHub tells of a company's life: pull requests, pushes, issues, deployments, runs. Every half a second
one event renames an issue, and the API is asked until it shows the name. The parts of a cycle are the worker's own
figures, medians of all its batches and builds.
"""

import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from pipelines import stored_connections
from pipelines.simulator.told import Told
from pipelines.simulator.webhooks import EVENTS, messages
from pipelines.warehouse import embedded, home, migrate
from pipelines.warehouse.connection import Warehouse
from tests.benchmarks.report import figure
from tests.conftest import free_port
from tests.end_to_end import stack as house

RATE, SECONDS, PROBES_EVERY = 50, 60, 25
MOST_SECONDS, MOST_INTAKE_MS = 8.0, 25.0
SECRET = "a secret of the bench"
PATIENCE_SECONDS = 60.0


def run() -> list[dict[str, Any]]:
    """Fill a warehouse, start API and worker, send, watch, and take the figures."""
    folder = Path(tempfile.mkdtemp(prefix="bench-webhook-"))
    warehouse = Warehouse(embedded.start(folder, free_port()), home.secret_key(folder), folder)
    try:
        migrate.migrate(warehouse)
        with pytest.MonkeyPatch.context() as patch, house.companies(6, days=30, slugs=("acme", "initech")) as simulator:
            for name, value in house.environment(warehouse).items():
                patch.setenv(name, value)
            stack = house.Stack(warehouse, simulator)
            stack.sync()
            stack.transform()
            return _measure(stack, folder)
    finally:
        embedded.stop(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _measure(stack: house.Stack, folder: Path) -> list[dict[str, Any]]:
    lines, probes = _flow(stack)
    log = folder / "worker.log"
    with house.served(stack.warehouse) as api, log.open("wb") as output:
        worker = subprocess.Popen(
            [sys.executable, "-m", "orchestration.cli", "apply-webhooks"], stdout=output, stderr=output
        )
        try:
            _warm(lines.pop(0), api)
            port = api.url.rpartition(":")[2]
            sender = subprocess.Popen(
                [sys.executable, "-m", "tests.benchmarks.webhook_sender", port, str(RATE)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )  # fmt: skip
            assert sender.stdin is not None and sender.stdout is not None
            sender.stdin.write("\n".join(map(json.dumps, lines)).encode())
            sender.stdin.close()
            seen = _watch(api, set(probes))
            sent = [json.loads(line) for line in sender.stdout]
            sender.wait()
        finally:
            worker.terminate()
            worker.wait()
    if {status for _, status, _ in sent} != {202}:
        raise RuntimeError("not every webhook was acknowledged")
    delays = [seen[name] - sent[position][0] for name, position in probes.items()]
    return _figures(delays, [milliseconds for *_, milliseconds in sent], _parts(stack.warehouse, log.read_text()))


def _flow(stack: house.Stack) -> tuple[list[list], dict[str, int]]:
    """The messages as the sender takes them, the first one to warm up; and the position of each renaming."""
    since = stack.simulator.world.clock.now()
    stack.simulator.advance(days=45)
    told = EVENTS["github"](stack.simulator.world, "acme", since)[: RATE * SECONDS]
    (stored,) = stored_connections.of(stack.warehouse, stack.tenants["acme"], "github")
    config = {"source": "github", "organization": "acme", "token": "github-acme", "webhook_secret": SECRET}
    address = {"base_url": f"{stack.simulator.url}/github"}
    stored_connections.add(stack.warehouse, stack.tenants["acme"], stored.name, config | address, allow_private=True)
    issues = [one for one in EVENTS["github"](stack.simulator.world, "acme", 0) if one.name == "issues"]
    issue = next(one for one in issues if one.at < since and one.body["action"] == "closed")

    def renamed(number: int) -> Told:
        updated_at = f"2027-01-01T{(number + 1) // 60:02}:{(number + 1) % 60:02}:00Z"
        named = {**issue.body["issue"], "title": f"probe {number}", "updated_at": updated_at}
        return Told(issue.at, "issues", named["title"], {**issue.body, "action": "edited", "issue": named})

    probes = {}
    for number in range(len(told) // PROBES_EVERY):
        probes[f"probe {number}"] = at = number * PROBES_EVERY
        told.insert(at, renamed(number))
    told.insert(0, renamed(-1))
    path = f"/api/v1/webhooks/github/{stored.connection_id}"
    sent = messages("github", path, SECRET, told)
    return [[path, {"Content-Type": "application/json", **headers}, body.decode()] for body, headers in sent], probes


def _warm(first: list, api: house.Api) -> None:
    """One event, until the API shows it: the worker has its project parsed from then on."""
    path, headers, body = first
    _post(api.url + path, headers, body)
    _watch(api, {"probe -1"})


def _post(url: str, headers: dict[str, str], body: str) -> None:
    with urllib.request.urlopen(urllib.request.Request(url, body.encode(), headers), timeout=30):
        pass


def _watch(api: house.Api, wanted: set[str]) -> dict[str, float]:
    """When the API first showed each name, or a later one."""
    order = sorted(wanted, key=lambda name: int(name.split()[1]))
    seen: dict[str, float] = {}
    deadline = time.time() + SECONDS + PATIENCE_SECONDS
    while len(seen) < len(wanted):
        rows = api.get("acme", "/api/v1/marts/issues", order="-updated_at", limit=5, source="github")["data"]
        now, titles = time.time(), {row["title"] for row in rows}
        for position, name in enumerate(order):
            if name in titles:
                seen |= {each: now for each in order[: position + 1] if each not in seen}
        if now > deadline:
            raise RuntimeError(f"{len(wanted) - len(seen)} renamings were never shown")
        time.sleep(0.1)
    return seen


def _parts(warehouse: Warehouse, log: str) -> dict[str, float]:
    """Medians in seconds."""
    applied = [float(text) for text in re.findall(r"github: .* requests, ([\d.]+) s", log)]
    parts = {"apply": statistics.median(applied)}
    for name in ("models", "python", "test", "publish", "report"):
        found = [float(text) for text in re.findall(rf"{name} ([\d.]+) s", log)]
        parts[name] = statistics.median(found[1:] or found)  # the first one parses and imports
    with warehouse.connect("loader") as database:
        waited = "select percentile_cont(0.5) within group (order by extract(epoch from finished_at - received_at))"
        row = database.execute(f"{waited} from app.webhook_event where status = 'applied'").fetchone()
    assert row is not None
    return {"stored to applied": row[0], **parts}


def _figures(delays: list[float], intake: list[float], parts: dict[str, float]) -> list[dict[str, Any]]:
    def at_most(name: str, value: float, unit: str, most: float) -> dict[str, Any]:
        return figure("webhook", name, value, unit, reference=most, goal=1.0, at_most=True)

    whole = statistics.quantiles(delays, n=20)
    lines = [
        at_most("arrival to API, p95", whole[18], "s", MOST_SECONDS),
        at_most("intake meanwhile, p99", statistics.quantiles(intake, n=100)[98], "ms", MOST_INTAKE_MS),
        at_most("arrival to API, median", whole[9], "s", MOST_SECONDS),
    ]
    return lines + [at_most(f"part: {name}, median", value, "s", MOST_SECONDS) for name, value in parts.items()]
