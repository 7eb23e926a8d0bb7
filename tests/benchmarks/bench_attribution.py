"""First deployments: reading 300,000 commits and 20,000 deployments and walking them, against reading them alone."""

import random
import tempfile
import time
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import polars as pl

from pipelines import frames
from pipelines.delivery import commit_graph, walk
from pipelines.warehouse import embedded, home, migrate
from pipelines.warehouse.connection import Warehouse
from tests.benchmarks.report import figure, interleaved
from tests.conftest import free_port

COMMITS, DEPLOYMENTS, REPOSITORIES = 300_000, 20_000, 10
GOAL = 3.0
TENANT = UUID(int=1)
TABLES = """
create schema if not exists intermediate;
create table intermediate.int_commits__unioned (tenant_id uuid, repository text, sha text, parents text[]);
create table intermediate.int_deployments__walk (
    tenant_id uuid, repository text, service text, environment text, environment_class text,
    deployment_id uuid, sha text, finished_at timestamptz
);
"""
READ_COMMITS = "select tenant_id::text, repository, sha, parents from intermediate.int_commits__unioned"


def run() -> list[dict[str, Any]]:
    """Seconds of both, in turns."""
    folder = Path(tempfile.mkdtemp(prefix="bench-attribution-"))
    warehouse = Warehouse(embedded.start(folder, free_port()), home.secret_key(folder), folder)
    try:
        migrate.migrate(warehouse)
        _fill(warehouse)
        _walk(warehouse)  # polars and ADBC are imported before the clock runs
        walked, read = interleaved(lambda: _walk(warehouse), lambda: _read(warehouse), rounds=5)
        return [figure("attribution", "read and walk", walked, "s", reference=read, goal=GOAL, at_most=True)]
    finally:
        embedded.stop(folder)


def _walk(warehouse: Warehouse) -> float:
    begun = time.perf_counter()
    repositories = frames.read(warehouse, walk.FINGERPRINTS)
    commits, deployments = walk.read_history(warehouse, repositories)
    found = commit_graph.first_deployments(commits, deployments.select(*commit_graph.DEPLOYMENTS))
    seconds = time.perf_counter() - begun
    if found.height != COMMITS:
        raise RuntimeError(f"{found.height} of {COMMITS} commits were delivered")
    return seconds


def _read(warehouse: Warehouse) -> float:
    begun = time.perf_counter()
    rows = frames.read(warehouse, READ_COMMITS).height + frames.read(warehouse, walk.DEPLOYMENTS).height
    seconds = time.perf_counter() - begun
    if rows != COMMITS + DEPLOYMENTS:
        raise RuntimeError(f"{rows} rows read")
    return seconds


def _fill(warehouse: Warehouse) -> None:
    """Ten repositories; one commit in five merges a branch; each deployment takes the newest commit of its hour."""
    chance = random.Random(1)
    commits, deployments = [], []
    for number in range(REPOSITORIES):
        repository = f"acme/service-{number}"
        shas = [sha1(f"{number}.{at}".encode()).hexdigest() for at in range(COMMITS // REPOSITORIES)]
        for at, sha in enumerate(shas):
            parents = shas[at - 1 : at] if at else []
            if at > 10 and chance.random() < 0.2:
                parents = [*parents, shas[at - chance.randrange(2, 9)]]
            commits.append((str(TENANT), repository, sha, "{" + ",".join(parents) + "}"))
        count = DEPLOYMENTS // REPOSITORIES
        for each in range(count):
            sha = shas[(each + 1) * len(shas) // count - 1]
            finished = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=each)
            key = str(uuid5(TENANT, f"{number}.{each}"))
            deployments.append(
                (str(TENANT), repository, repository, "production", "production", key, sha, finished.isoformat())
            )
    with warehouse.connect("transformer") as connection, connection.cursor() as cursor:
        cursor.execute(TABLES)
        for table, rows in (
            ("intermediate.int_commits__unioned", commits),
            ("intermediate.int_deployments__walk", deployments),
        ):
            with cursor.copy(f"copy {table} from stdin (format csv)") as copy:
                copy.write(pl.DataFrame(rows, orient="row").write_csv(include_header=False))
    with warehouse.connect("transformer", autocommit=True) as connection:
        connection.execute("analyze intermediate.int_commits__unioned, intermediate.int_deployments__walk")


if __name__ == "__main__":
    run()
