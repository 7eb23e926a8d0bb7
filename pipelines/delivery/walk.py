"""The commit graph between Postgres and polars: deployments and commits in, ml.commit_deployments out."""

from typing import NamedTuple

import polars as pl

from pipelines import frames
from pipelines.delivery import commit_graph, news, onward
from pipelines.delivery.news import COLUMNS, LINE, REPOSITORY
from pipelines.warehouse.connection import Warehouse

COMMITS = """
select given.graph::bigint, sha, parents
from {repositories}
inner join intermediate.int_commits__unioned using (tenant_id, repository)
"""
DEPLOYMENTS = """
select
    given.graph::bigint, tenant_id::text, repository, service, environment, deployment_id::text, sha, finished_at
from {repositories}
inner join intermediate.int_deployments__walk using (tenant_id, repository)
"""
CHANGED = "ml.commit_deployments__changed"  # written by triggers
KEYS = {
    "ml.commit_deployments": [*LINE, "sha"],
    "ml.walked_deployments": ["tenant_id", "deployment_id"],
    "ml.missing_commits": [*REPOSITORY, "sha"],
}


class History(NamedTuple):
    """Of some repositories, as `commit_graph` takes them; `graph` is a row of `graphs` (tenant_id, repository)."""

    graphs: pl.DataFrame
    commits: pl.DataFrame
    deployments: pl.DataFrame  # with the columns of their line


def first_deployments(warehouse: Warehouse, full: bool = False) -> dict[str, int]:
    """Bring ml.commit_deployments up to date: counts of repositories and deployments walked, rows written and deleted.

    A new deployment after the others of its line is walked from its sha to what is delivered. A repository is walked
    whole where another deployment is new, has changed or is gone, or commits came or went that older deployments
    reach; `full` walks all. Both give the same rows, and only rows that differ are written.
    """
    _forget_seen(warehouse)
    new = news.find(warehouse, full)
    counts = _walk_whole(warehouse, new.repositories)
    counts["written"] += _walk_on(warehouse, new.deployments)
    return {"repositories": new.repositories.height, "deployments": new.deployments.height, **counts}


def _forget_seen(warehouse: Warehouse) -> None:
    """Of the commits whose deliveries changed, keep those that no successful build has seen."""
    with warehouse.connect("transformer") as connection:
        newer = connection.execute(f"select 1 from {CHANGED} where {news.SINCE_SUCCESS} limit 1").fetchone()
        connection.execute(f"delete from {CHANGED} where not {news.SINCE_SUCCESS}" if newer else f"truncate {CHANGED}")


def _walk_whole(warehouse: Warehouse, repositories: pl.DataFrame) -> dict[str, int]:
    """Walk repositories and make the tables hold what was found: how many commits' rows were written and deleted."""
    if repositories.is_empty():
        return {"written": 0, "deleted": 0}
    found = walk(read_history(warehouse, repositories))
    old = {table: _read_of(warehouse, repositories, rows.columns, table) for table, rows in found.items()}
    with warehouse.connect("transformer") as connection:
        counts = {table: frames.store(connection, table, KEYS[table], found[table], old[table]) for table in KEYS}
    return counts["ml.commit_deployments"]


def _walk_on(warehouse: Warehouse, deployments: pl.DataFrame) -> int:
    """Walk new deployments from their shas and add to the tables what was found: how many commits' rows."""
    if deployments.is_empty():
        return 0
    found = onward.walk(warehouse, deployments)
    with warehouse.connect("transformer") as connection:
        for table, key in KEYS.items():
            frames.upsert(connection, table, key, found[table])
    return found["ml.commit_deployments"].height


def read_history(warehouse: Warehouse, repositories: pl.DataFrame) -> History:
    """Commits and deployments of some repositories."""
    graphs = repositories.select(REPOSITORY).with_row_index("graph").cast({"graph": pl.Int64})
    given = frames.records(graphs.to_dicts(), "graph int, tenant_id uuid, repository text")
    commits = frames.read(warehouse, COMMITS.format(repositories=given)).cast(commit_graph.COMMITS)  # type: ignore[arg-type]
    deployments = frames.read(warehouse, DEPLOYMENTS.format(repositories=given))
    lines = deployments.select(LINE).unique(maintain_order=True).with_row_index("line").cast({"line": pl.Int64})
    return History(graphs, commits, deployments.join(lines, on=LINE))


def walk(history: History) -> dict[str, pl.DataFrame]:
    """The rows that each table of KEYS must have for these repositories."""
    graphs, commits, deployments = history
    deployed = deployments.select(*commit_graph.DEPLOYMENTS)
    found = commit_graph.first_deployments(commits, deployed)
    missing = commit_graph.missing_commits(commits, deployed).join(graphs, on="graph")
    return {
        "ml.commit_deployments": found.join(deployments.select("line", *LINE).unique(), on="line").select(
            *KEYS["ml.commit_deployments"], "deployment_id", "method"
        ),
        "ml.walked_deployments": deployments.select(*COLUMNS),
        "ml.missing_commits": missing.select(*KEYS["ml.missing_commits"]),
    }


def _read_of(warehouse: Warehouse, repositories: pl.DataFrame, columns: list[str], table: str) -> pl.DataFrame:
    """What `table` holds for some repositories."""
    texts = [f"{column}::text" if column.endswith("_id") else column for column in columns]
    given = frames.records(repositories.to_dicts(), "tenant_id uuid, repository text")
    return frames.read(
        warehouse, f"select {', '.join(texts)} from {given} inner join {table} using (tenant_id, repository)"
    )
