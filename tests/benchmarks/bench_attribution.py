"""First deployments: reading 3,000,000 commits and 200,000 deployments and walking them, against reading them alone.

And a day later: a thousandth more of both, in as many repositories as it has deployments for, against the whole walk.
The commits lie in the raw table and are read through the models; the deployments' model is a stand-in, as its rows are
few. BENCH_COMMITS makes it smaller.
"""

import json
import os
import random
import time
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from itertools import product
from typing import Any
from uuid import NAMESPACE_DNS, UUID, uuid5

import psycopg

import dbt_project
from orchestration.builds import Build
from orchestration.dbt import Dbt
from orchestration.models import Manifest
from pipelines import frames
from pipelines.delivery import walk
from pipelines.delivery.news import find
from pipelines.warehouse.connection import Warehouse
from tests.benchmarks import syncs
from tests.benchmarks.report import figure, interleaved

COMMITS = int(os.environ.get("BENCH_COMMITS", 3_000_000))
DEPLOYMENTS, TENANTS, REPOSITORIES = COMMITS // 15, 50, 10  # repositories of each tenant
GOAL, DAY_GOAL = 3.0, 0.01
TABLES = """
create table intermediate.int_deployments__walk (
    tenant_id uuid, repository text, service text, environment text, deployment_id uuid, sha text,
    finished_at timestamptz, primary key (tenant_id, deployment_id)
);
create table intermediate.int_deployments__ordered__changed (tenant_id uuid, deployment_id uuid, build_id bigint);
"""
VIEWS = (
    "seed.clearsignal.bot_logins", "model.clearsignal.stg_github__commits", "model.clearsignal.stg_git__commits",
    "model.clearsignal.int_commits__unioned", "model.clearsignal.int_commits__by_connection",
)  # fmt: skip
TENANT = "insert into app.tenant (tenant_id, slug, name) values (%s, %s, %s)"
CONNECTION = "insert into app.connection (tenant_id, connection_id, source, name) values (%s, %s, 'github', 'main')"
PACKAGE = """
insert into app.load_package (tenant_id, connection_id, load_id, source) values (%s, %s, %s, 'github')
"""
COPY_COMMITS = "copy raw_github.commits (tenant_id, connection_id, _dlt_load_id, repository, sha, parents) from stdin"
COPY_DEPLOYMENTS = """
copy intermediate.int_deployments__walk (tenant_id, repository, service, environment, deployment_id, sha, finished_at)
from stdin
"""
COPY_CHANGED = "copy intermediate.int_deployments__ordered__changed from stdin"
READ_COMMITS = "select tenant_id::text, repository, sha, parents from intermediate.int_commits__unioned"
READ_DEPLOYMENTS = (
    "select tenant_id::text, deployment_id::text, sha, finished_at from intermediate.int_deployments__walk"
)


def run() -> list[dict[str, Any]]:
    """Seconds of both, in turns; then of the day."""
    with syncs.warehouse("attribution") as warehouse:
        _fill(warehouse)
        _walk(warehouse)  # polars and ADBC are imported before the clock runs
        walked, read = interleaved(lambda: _walk(warehouse), lambda: _read(warehouse))
        name = f"read and walk {COMMITS:,} commits"
        lines = [figure("attribution", name, walked, "s", reference=read, goal=GOAL, at_most=True)]
        day, whole = _day(warehouse)
        name = f"{DEPLOYMENTS // 1000:,} new deployments, against the whole walk"
        return [*lines, figure("attribution", name, day, "s", reference=whole, goal=DAY_GOAL, at_most=True)]


def _walk(warehouse: Warehouse) -> float:
    begun = time.perf_counter()
    found = walk.walk(walk.read_history(warehouse, find(warehouse, full=True).repositories))
    seconds = time.perf_counter() - begun
    if found["ml.commit_deployments"].height != COMMITS:
        raise RuntimeError(f"{found['ml.commit_deployments'].height} of {COMMITS} commits were delivered")
    return seconds


def _read(warehouse: Warehouse) -> float:
    begun = time.perf_counter()
    rows = frames.read(warehouse, READ_COMMITS).height + frames.read(warehouse, READ_DEPLOYMENTS).height
    seconds = time.perf_counter() - begun
    if rows != COMMITS + DEPLOYMENTS:
        raise RuntimeError(f"{rows} rows read")
    return seconds


def _day(warehouse: Warehouse) -> tuple[float, float]:
    """Seconds of what a build does for a day, and of a whole walk that finds every row written already."""
    _first_deployments(warehouse, full=True)
    with warehouse.connect("transformer", autocommit=True) as connection:
        connection.execute("vacuum analyze ml.commit_deployments, ml.walked_deployments, ml.missing_commits")
        connection.execute("truncate intermediate.int_deployments__ordered__changed")  # as a full refresh leaves it
    whole, _ = _first_deployments(warehouse, full=True)
    news = DEPLOYMENTS // 1000
    _add(warehouse, "day", _repositories()[:news], COMMITS // len(_repositories()), 15, 1)
    day, counts = _first_deployments(warehouse)
    if counts != {"repositories": 0, "deployments": news, "written": 15 * news, "deleted": 0}:
        raise RuntimeError(f"another day than was made: {counts}")
    return day, whole


def _first_deployments(warehouse: Warehouse, full: bool = False) -> tuple[float, dict[str, int]]:
    """Seconds and counts of the walk as a build does it."""
    build = Build(warehouse)
    build.open(is_full=full)
    build.claim_packages()
    begun = time.perf_counter()
    counts = walk.first_deployments(warehouse, full)
    seconds = time.perf_counter() - begun
    build.close("succeeded")
    return seconds, counts


def _repositories() -> list[tuple[UUID, str]]:
    return [
        (uuid5(NAMESPACE_DNS, str(tenant)), f"acme/service-{n}")
        for tenant, n in product(range(TENANTS), range(REPOSITORIES))
    ]


def _fill(warehouse: Warehouse) -> None:
    """The views as dbt makes them, and the first years of all repositories."""
    with warehouse.connect("loader") as connection:
        for tenant in {tenant for tenant, _ in _repositories()}:
            connection.execute(TENANT, [tenant, str(tenant), str(tenant)])
            connection.execute(CONNECTION, [tenant, tenant])
    dbt = Dbt(warehouse)
    dbt.parse()
    tables = Manifest.read(dbt_project.manifest_path(warehouse.home)).tables
    outcomes = dbt.run([tables[name] for name in VIEWS])
    if bad := [one.message for one in outcomes if one.status != "success"]:
        raise RuntimeError("\n".join(bad))
    with warehouse.connect("transformer") as connection:
        connection.execute(TABLES)
    _add(warehouse, "first", _repositories(), 0, COMMITS // len(_repositories()), DEPLOYMENTS // len(_repositories()))
    for role, table in (("loader", "raw_github.commits"), ("transformer", "intermediate.int_deployments__walk")):
        with warehouse.connect(role, autocommit=True) as connection:
            connection.execute(f"vacuum analyze {table}")


def _add(warehouse: Warehouse, load: str, who: list[tuple[UUID, str]], first: int, size: int, count: int) -> None:
    """Commits from number `first` on, and `count` deployments, for each repository."""
    with warehouse.connect("loader") as database, warehouse.connect("transformer") as changes:
        (build_id,) = database.execute("select coalesce(max(build_id), 0) + 1 from app.build").fetchone()  # type: ignore[misc]
        for tenant in {tenant for tenant, _ in who}:
            database.execute(PACKAGE, [tenant, tenant, f"{load}-{tenant}"])
        for tenant, repository in who:
            commits, deployments = _rows(tenant, repository, first, size, count)
            owner = (str(tenant), str(tenant), f"{load}-{tenant}", repository)
            _copy(database, COPY_COMMITS, [(*owner, *commit) for commit in commits])
            _copy(changes, COPY_DEPLOYMENTS, [(str(tenant), repository, *deployment) for deployment in deployments])
            _copy(changes, COPY_CHANGED, [(str(tenant), key, build_id) for _, _, key, _, _ in deployments])


def _rows(tenant: UUID, repository: str, first: int, size: int, count: int) -> tuple[list[tuple], list[tuple]]:
    """Commits, one in five a merge, and deployments: each takes the newest commit of its hour."""
    chance = random.Random(f"{tenant}{repository}{first}")
    shas = [sha1(f"{tenant}{repository}{at}".encode()).hexdigest() for at in range(max(0, first - 10), first + size)]
    commits, deployments = [], []
    for at in range(len(shas) - size, len(shas)):
        parents = shas[at - 1 : at] if at else []
        if at > 10 and chance.random() < 0.2:
            parents = [*parents, shas[at - chance.randrange(2, 9)]]
        commits.append((shas[at], json.dumps(parents)))
    for each in range(count):
        sha = shas[len(shas) - size + (each + 1) * size // count - 1]
        finished = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=first + each)
        deployments.append(
            (repository, "production", str(uuid5(tenant, f"{repository}.{first}.{each}")), sha, finished)
        )
    return commits, deployments


def _copy(connection: psycopg.Connection, copy: str, rows: list[tuple]) -> None:
    with connection.cursor() as cursor, cursor.copy(copy) as stream:
        for row in rows:
            stream.write_row(row)


if __name__ == "__main__":
    run()
