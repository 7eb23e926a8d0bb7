"""A real Dagster web server over jobs of a test, with a queue and no daemon: what is launched stays queued."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.conftest import free_port

SETTINGS = """
run_coordinator: {module: dagster.core.run_coordinator, class: QueuedRunCoordinator}
telemetry: {enabled: false}
"""


@contextmanager
def serving(home: Path, jobs: str) -> Iterator[str]:
    """Its address. `jobs` is the text of the module of its definitions, which is there as jobs.py."""
    (home / "jobs.py").write_text(jobs)
    (home / "dagster.yaml").write_text(SETTINGS)
    place = {"python_file": {"relative_path": "jobs.py", "location_name": "clearsignal"}}
    (home / "workspace.yaml").write_text(json.dumps({"load_from": [place]}))
    port = free_port()
    command = [sys.executable, "-m", "dagster_webserver", "-w", str(home / "workspace.yaml"), "-h", "127.0.0.1"]
    child = subprocess.Popen([*command, "-p", str(port)], env=environment(home), cwd=home, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                if httpx.get(f"http://127.0.0.1:{port}/server_info").status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        child.terminate()
        child.wait(20)


def environment(home: Path) -> dict[str, str]:
    """What a process of this Dagster is started with."""
    return {**os.environ, "DAGSTER_HOME": str(home)}
