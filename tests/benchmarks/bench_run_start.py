"""What starting a run costs: importing the definitions, and a trivial run by the default launcher."""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from orchestration import environment
from orchestration.dbt import Dbt
from orchestration.processes import Children
from pipelines.warehouse import embedded, home, migrate
from pipelines.warehouse.connection import Warehouse
from tests.benchmarks.report import figure, interleaved
from tests.conftest import free_port

IMPORT_GOAL, RUN_GOAL = 1.15, 1.3
ROUNDS = 5
OURS = "from orchestration.definitions import clearsignal; clearsignal()"
BARE = "import dagster, dagster_dbt, dagster_postgres"
READY_SECONDS = 120.0
LAUNCH = """
mutation ($job: String!, $location: String!) { launchRun(executionParams: {selector: {
  repositoryLocationName: $location, repositoryName: "__repository__", jobName: $job}}) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }
"""
STATUS = "query ($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
LOCATIONS = """
{ workspaceOrError { ... on Workspace { locationEntries { locationOrLoadError { __typename } } } } }
"""


def run() -> list[dict[str, Any]]:
    """Seconds of both, ours and those of a code location with nothing but Dagster's own packages, in turns."""
    folder = Path(tempfile.mkdtemp(prefix="bench-run-start-"))
    warehouse = Warehouse(embedded.start(folder, free_port()), home.secret_key(folder), folder)
    kept = dict(os.environ)
    try:
        os.environ["CLEARSIGNAL_HOME"] = str(folder)
        migrate.migrate(warehouse)
        Dbt(warehouse).parse()
        environment.enter(warehouse)
        ours, bare = interleaved(lambda: _import(OURS), lambda: _import(BARE), ROUNDS)
        imports = figure(
            "run_start", "import of the definitions", ours, "s", reference=bare, goal=IMPORT_GOAL, at_most=True
        )
        ours, bare = _runs(folder)
        started = figure("run_start", "trivial run", ours, "s", reference=bare, goal=RUN_GOAL, at_most=True)
        return [imports, started]
    finally:
        os.environ.clear()
        os.environ.update(kept)
        embedded.stop(folder)


def _import(statement: str) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begun


def _runs(folder: Path) -> tuple[float, float]:
    """Medians from launch to success, by a web server, a daemon and two code servers."""
    children, port = Children(folder), free_port()
    codes = {"ours": free_port(), "bare": free_port()}
    workspace = folder / "workspace.yaml"
    entries = [
        {"grpc_server": {"host": "127.0.0.1", "port": code, "location_name": name}} for name, code in codes.items()
    ]
    workspace.write_text(json.dumps({"load_from": entries}))  # JSON is YAML
    try:
        for name, code in codes.items():
            module = f"tests.benchmarks.run_start_{name}"
            _start(children, name, "dagster", "api", "grpc", "-p", str(code), "-m", module, "--location-name", name)
        _start(children, "web", "dagster_webserver", "-p", str(port), "-w", str(workspace))
        _start(children, "daemon", "dagster._daemon", "run", "-w", str(workspace))
        address = f"http://127.0.0.1:{port}/graphql"
        _await_locations(address)
        for name in codes:
            _launch(address, name)  # the first one pays for caches
        return interleaved(lambda: _launch(address, "ours"), lambda: _launch(address, "bare"), ROUNDS)
    finally:
        children.stop_all()


def _start(children: Children, name: str, module: str, *arguments: str) -> None:
    children.start(name, [sys.executable, "-m", module, *arguments], os.environ)


def _launch(address: str, location: str) -> float:
    begun = time.perf_counter()
    launched = _ask(address, LAUNCH, job="trivial", location=location)["launchRun"]
    if launched["__typename"] != "LaunchRunSuccess":
        raise RuntimeError(f"the run was not launched: {launched}")
    while True:
        status = _ask(address, STATUS, id=launched["run"]["runId"])["runOrError"]["status"]
        if status == "SUCCESS":
            return time.perf_counter() - begun
        if status in ("FAILURE", "CANCELED"):
            raise RuntimeError(f"the run ended as {status}")
        time.sleep(0.05)


def _await_locations(address: str) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        try:
            entries = _ask(address, LOCATIONS)["workspaceOrError"]["locationEntries"]
            kinds = [(entry["locationOrLoadError"] or {}).get("__typename") for entry in entries]
            if kinds == ["RepositoryLocation"] * 2:
                return
        except OSError:
            pass
        time.sleep(0.5)
    raise TimeoutError("the code servers did not load")


def _ask(address: str, query: str, **variables: str) -> dict[str, Any]:
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return dict(json.load(answer)["data"])
