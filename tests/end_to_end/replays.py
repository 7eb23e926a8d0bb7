"""`clearsignal replay` in a process of its own, and questions to what it filled."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from pipelines.warehouse.connection import Warehouse
from tests.end_to_end import stack as house

RULE = '[deployments]\nfrom = "workflow_runs"\nname = "CodeQL"\nenvironment = "production"\n'


def replay(warehouse: Warehouse, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "orchestration.cli", "replay", str(folder), *options],
        env={**os.environ, **house.environment(warehouse)},
        capture_output=True,
        text=True,
        timeout=600,
    )


def ask(warehouse: Warehouse, statement: str) -> list[Any]:
    with warehouse.connect("transformer") as connection:
        return connection.execute(statement).fetchall()  # type: ignore[arg-type]
