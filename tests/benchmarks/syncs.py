"""What the benches of whole syncs share: a warehouse of their own, and a sync in a process of its own."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from pipelines import raw_schema, stored_connections, tenants
from pipelines.tenants import Tenant
from pipelines.warehouse import embedded, home, migrate
from pipelines.warehouse.connection import Warehouse
from tests.conftest import free_port
from tests.end_to_end import stack as house


class Cost(NamedTuple):
    """What one sync cost, as sync_once.py tells it."""

    rows: int
    requests: int
    seconds: float
    cpu_seconds: float
    peak_mb: float
    ended: dict[str, float]
    errors: list[str]


@contextmanager
def warehouse(name: str) -> Iterator[Warehouse]:
    """An empty, migrated warehouse with the tables of every source, in a folder that is removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=f"bench-{name}-"))
    made = Warehouse(embedded.start(folder, free_port()), home.secret_key(folder), folder)
    try:
        migrate.migrate(made)
        raw_schema.ensure_tables(made)
        yield made
    finally:
        embedded.stop(folder)
        shutil.rmtree(folder, ignore_errors=True)


def connect(made: Warehouse, slug: str, config: dict[str, Any]) -> Tenant:
    """A tenant with one connection."""
    tenant = tenants.create(made, slug, slug.title(), "UTC")
    stored_connections.add(made, tenant, "main", config, allow_private=True)
    return tenant


def sync(
    made: Warehouse, source: str, who: Sequence[Tenant], now: datetime, concurrency: int = 4, enough: int | None = None
) -> Cost:
    """One sync of these tenants, or until `enough` of them have ended.

    Raises RuntimeError where the process fails; a connection's error is in the cost.
    """
    keys = [tenant.partition_key for tenant in who]
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.sync_once", source, now.isoformat(), str(concurrency),
         str(len(keys) if enough is None else enough), *keys],
        env={**os.environ, **house.environment(made)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


@contextmanager
def large_github(rows: int) -> Iterator[str]:
    """The address of a GitHub whose repositories have so many rows: see large_github.py."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.large_github", str(rows)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.terminate()
        server.wait()


def github(url: str, repository: str = "acme/shop") -> dict[str, Any]:
    """A connection to one repository of it."""
    return {"source": "github", "repositories": [repository], "token": "any", "api": "rest", "base_url": url}
