"""The commit graph between Postgres and polars: deployments and commits in, ml.commit_deployments out."""

import polars as pl

from pipelines import frames
from pipelines.delivery import commit_graph
from pipelines.warehouse.connection import Warehouse

KEY = ("tenant_id", "repository", "service", "environment", "sha")
REPOSITORY = ["tenant_id", "repository"]
LINE = ["tenant_id", "repository", "service", "environment"]

DEPLOYMENTS = """
select tenant_id::text, repository, service, environment, deployment_id::text, sha, finished_at
from intermediate.int_deployments__walk
where finished_at is not null
"""
# To whom nothing new came, for them nothing changed. An array, for it reaches the tables under a view.
NEWS = "tenant_id = any(array(select tenant_id from intermediate.int_tenants__touched))"
EVERYBODY = "true"
# Deployments are hashed in their order, commits without one: the sum of their hashes does not depend on it.
FINGERPRINTS = """
with

deployments as (
    select
        tenant_id,
        repository,
        md5(string_agg(concat_ws('|', service, environment, deployment_id, sha, extract(epoch from finished_at)), ','
            order by service, environment, finished_at, deployment_id)) as hash
    from intermediate.int_deployments__walk
    where finished_at is not null and {of_whom}
    group by tenant_id, repository
),

commits as (
    select tenant_id, repository, concat_ws(':', count(*), sum(hashtextextended(sha, 0))) as hash
    from intermediate.int_commits__unioned
    where {of_whom}
    group by tenant_id, repository
)

select tenant_id::text, repository, concat_ws('/', deployments.hash, commits.hash) as fingerprint
from deployments
left join commits using (tenant_id, repository)
"""
WALKED = """
select tenant_id::text, repository, fingerprint
from ml.commit_walks
where {of_whom} or tenant_id not in (select tenant_id from app.tenant)
"""


def first_deployments(warehouse: Warehouse, full: bool = False) -> dict[str, int]:
    """Bring ml.commit_deployments up to date: counts of repositories walked, rows written and rows deleted.

    Of tenants with news, a repository is walked where its deployments or its commits have changed since its last walk,
    late and deleted ones included; `full` walks all. Both give the same rows, and only rows that differ are written.
    """
    of_whom = EVERYBODY if full else NEWS
    now = frames.read(warehouse, FINGERPRINTS.format(of_whom=of_whom))
    walked = frames.read(warehouse, WALKED.format(of_whom=of_whom))
    changed = now if full else now.join(walked, on=now.columns, how="anti")
    gone = walked.join(now, on=REPOSITORY, how="anti")
    touched = pl.concat([changed, gone]).select(REPOSITORY).unique()
    found = _walk(warehouse, changed)
    old = _read_of(warehouse, touched, f"{', '.join(KEY[2:])}, deployment_id::text, method", "ml.commit_deployments")
    with warehouse.connect("transformer") as connection:
        counts = frames.store(connection, "ml.commit_deployments", KEY, found, old.select(found.columns))
        frames.store(connection, "ml.commit_walks", REPOSITORY, now, walked)
    return {"repositories": changed.height, **counts}


def read_history(warehouse: Warehouse, repositories: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Commits and deployments of some repositories as `commit_graph` takes them, `graph` being a repository's row.

    The deployments carry their service and environment too.
    """
    graphs = repositories.select(REPOSITORY).with_row_index("graph").cast({"graph": pl.Int64})
    commits = frames.read(
        warehouse,
        f"""
        select given.graph::bigint, commits.sha, commits.parents
        from {frames.records(graphs.to_dicts(), "graph int, tenant_id uuid, repository text")}
        inner join intermediate.int_commits__unioned as commits using (tenant_id, repository)
        """,
    ).cast(commit_graph.COMMITS)  # type: ignore[arg-type]
    deployments = frames.read(warehouse, DEPLOYMENTS).join(graphs, on=REPOSITORY)
    lines = deployments.select(LINE).unique(maintain_order=True).with_row_index("line").cast({"line": pl.Int64})
    return commits, deployments.join(lines, on=LINE)


def _walk(warehouse: Warehouse, repositories: pl.DataFrame) -> pl.DataFrame:
    """The rows that ml.commit_deployments must have for these repositories."""
    schema = {**dict.fromkeys(KEY, pl.String), "deployment_id": pl.String, "method": pl.String}
    if repositories.is_empty():
        return pl.DataFrame(schema=schema)
    commits, deployments = read_history(warehouse, repositories)
    found = commit_graph.first_deployments(commits, deployments.select(*commit_graph.DEPLOYMENTS))
    lines = deployments.select("line", *LINE).unique()
    return found.join(lines, on="line").select(*schema)


def _read_of(warehouse: Warehouse, repositories: pl.DataFrame, columns: str, table: str) -> pl.DataFrame:
    """What `table` holds for some repositories."""
    given = frames.records(repositories.to_dicts(), "tenant_id uuid, repository text")
    return frames.read(
        warehouse,
        f"select tenant_id::text, repository, {columns} from {given} inner join {table} using (tenant_id, repository)",
    )
