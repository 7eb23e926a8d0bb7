"""The memory of a whole `make up` at rest with the demo loaded: the sum of the proportional set sizes."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.benchmarks.report import figure
from tests.conftest import free_port

LIMIT_MB = 1600.0
READY_SECONDS = 900.0
REST_SECONDS = 30.0  # after which schedules and sensors have run once


def run() -> list[dict[str, Any]]:
    """Start the stack in a folder of its own, let it rest, and add up."""
    folder = Path(tempfile.mkdtemp(prefix="bench-memory-"))
    ports = {f"CLEARSIGNAL_{name}_PORT": str(free_port()) for name in ("API", "DAGSTER", "SIMULATOR", "DATABASE")}
    environment = {**os.environ, **ports, "CLEARSIGNAL_HOME": str(folder), "CLEARSIGNAL_ONCE": ""}
    command = [sys.executable, "-m", "orchestration.cli"]
    with (folder / "up.log").open("w") as log:
        stack = subprocess.Popen([*command, "up"], env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        _await_ready(stack, folder / "up.log")
        time.sleep(REST_SECONDS)
        used = sum(_pss(pid) for pid in _family(folder, stack.pid)) / 1024
        return [figure("memory", "stack at rest", used, "MB", reference=LIMIT_MB, goal=1.0, at_most=True)]
    finally:
        stack.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            stack.wait(60)


def _await_ready(stack: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while "Ready in" not in log.read_text():
        if stack.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the stack did not come up: {log.read_text()[-2000:]}")
        time.sleep(1)


def _family(folder: Path, stack: int) -> set[int]:
    """The stack's processes and all their children, the database's server among them."""
    roots = {stack, *(json.loads(path.read_text())["pid"] for path in (folder / "run").glob("*.json"))}
    roots.add(int((folder / "postgres" / "postmaster.pid").read_text().split()[0]))
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError, ValueError):
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found = set(roots)
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _pss(pid: int) -> float:
    """Kilobytes; 0 for a process that is gone."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return float(line.split()[1])
    return 0.0
