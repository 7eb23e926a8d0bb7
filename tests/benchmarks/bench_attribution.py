"""First deployments: reading 3,000,000 commits and 200,000 deployments and walking them, against reading them alone.

And a day later: a thousandth more of both, in as many repositories as it has deployments for, against the whole walk.
BENCH_COMMITS makes it smaller.
"""

import os
import random
import tempfile
import time
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import polars as pl
import psycopg

from pipelines import frames
from pipelines.delivery import commit_graph, walk
from pipelines.warehouse import embedded, home, migrate
from pipelines.warehouse.connection import Warehouse
from tests.benchmarks.report import figure, interleaved
from tests.conftest import free_port

COMMITS = int(os.environ.get("BENCH_COMMITS", 3_000_000))
DEPLOYMENTS, TENANTS, REPOSITORIES = COMMITS // 15, 50, 10  # repositories of each tenant
GOAL, DAY_GOAL = 3.0, 0.01
TABLES = """
create schema if not exists intermediate;
create table intermediate.int_commits__unioned (tenant_id uuid, repository text, sha text, parents text[]);
create table intermediate.int_deployments__walk (
    tenant_id uuid, repository text, service text, environment text, environment_class text,
    deployment_id uuid, sha text, finished_at timestamptz
);
create table intermediate.int_tenants__touched (tenant_id uuid);
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
        walked, read = interleaved(lambda: _walk(warehouse), lambda: _read(warehouse))
        name = f"read and walk {COMMITS:,} commits"
        lines = [figure("attribution", name, walked, "s", reference=read, goal=GOAL, at_most=True)]
        day, name = _day(warehouse), f"{DEPLOYMENTS // 1000:,} new deployments"
        return [*lines, figure("attribution", name, day, "s", reference=walked, goal=DAY_GOAL, at_most=True)]
    finally:
        embedded.stop(folder)


def _walk(warehouse: Warehouse) -> float:
    begun = time.perf_counter()
    repositories = frames.read(warehouse, walk.FINGERPRINTS.format(of_whom=walk.EVERYBODY))
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


def _day(warehouse: Warehouse) -> float:
    """Seconds of what a build does when the rest is walked and stored. Every tenant has news."""
    walk.first_deployments(warehouse, full=True)
    with warehouse.connect("transformer") as connection:
        tenants = list({tenant for tenant, _ in _repositories()})
        connection.execute("insert into intermediate.int_tenants__touched select unnest(%s::uuid[])", [tenants])
        for number, (tenant, repository) in enumerate(_repositories()):
            if number < DEPLOYMENTS // 1000:
                _add(connection, tenant, repository, COMMITS // len(_repositories()), 15, 1)
    begun = time.perf_counter()
    counts = walk.first_deployments(warehouse)
    seconds = time.perf_counter() - begun
    if counts["written"] != 15 * counts["repositories"] or not counts["repositories"]:
        raise RuntimeError(f"another day than was made: {counts}")
    return seconds


def _repositories() -> list[tuple[UUID, str]]:
    return [
        (UUID(int=tenant), f"acme/service-{n}") for tenant, n in product(range(1, TENANTS + 1), range(REPOSITORIES))
    ]


def _fill(warehouse: Warehouse) -> None:
    repositories = _repositories()
    with warehouse.connect("transformer") as connection:
        connection.execute(TABLES)
        for tenant, repository in repositories:
            _add(connection, tenant, repository, 0, COMMITS // len(repositories), DEPLOYMENTS // len(repositories))
    with warehouse.connect("transformer", autocommit=True) as connection:
        connection.execute("analyze intermediate.int_commits__unioned, intermediate.int_deployments__walk")


def _add(connection: psycopg.Connection, tenant: UUID, repository: str, first: int, size: int, count: int) -> None:
    """Commits from number `first` on, one in five a merge; each deployment takes the newest commit of its hour."""
    chance = random.Random(f"{tenant}{repository}{first}")
    shas = [sha1(f"{tenant}{repository}{at}".encode()).hexdigest() for at in range(max(0, first - 10), first + size)]
    commits, deployments = [], []
    for at in range(len(shas) - size, len(shas)):
        parents = shas[at - 1 : at] if at else []
        if at > 10 and chance.random() < 0.2:
            parents = [*parents, shas[at - chance.randrange(2, 9)]]
        commits.append((str(tenant), repository, shas[at], "{" + ",".join(parents) + "}"))
    for each in range(count):
        sha = shas[len(shas) - size + (each + 1) * size // count - 1]
        finished = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=first + each)
        key = str(uuid5(tenant, f"{repository}.{first}.{each}"))
        line = (repository, repository, "production", "production")
        deployments.append((str(tenant), *line, key, sha, finished.isoformat()))
    for table, rows in (("int_commits__unioned", commits), ("int_deployments__walk", deployments)):
        with connection.cursor().copy(f"copy intermediate.{table} from stdin (format csv)") as copy:
            copy.write(pl.DataFrame(rows, orient="row").write_csv(include_header=False))


if __name__ == "__main__":
    run()
