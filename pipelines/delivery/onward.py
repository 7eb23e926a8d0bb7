"""New deployments after all others of their lines: from each sha back to what its line has."""

import polars as pl

from pipelines import frames
from pipelines.delivery import commit_graph
from pipelines.delivery.news import LINE
from pipelines.warehouse.connection import Warehouse

LINES = "line int, tenant_id uuid, repository text, service text, environment text, sha text"
# LIMIT keeps it a search for each commit: joined freely, all commits would be read at every step.
FOUND = """
        select commits.sha, commits.parents
        from intermediate.int_commits__by_connection as commits
        where
            (commits.tenant_id, commits.repository, commits.sha) = ({of}.tenant_id, {of}.repository, {sha})
            and not commits.is_deleted
            and not exists (
                select from ml.commit_deployments as known
                where (known.tenant_id, known.repository, known.service, known.environment, known.sha)
                    = ({of}.tenant_id, {of}.repository, {of}.service, {of}.environment, {sha})
            )
        limit 1
"""
REACHED = f"""
with recursive

reached as (
    select given.line, given.tenant_id, given.repository, given.service, given.environment, found.sha, found.parents
    from {{heads}}
    cross join lateral ({FOUND.format(of="given", sha="given.sha")}) as found
    union
    select child.line, child.tenant_id, child.repository, child.service, child.environment, found.sha, found.parents
    from reached as child
    cross join unnest(child.parents) as parent (sha)
    cross join lateral ({FOUND.format(of="child", sha="parent.sha")}) as found
)

select line::bigint as graph, sha, parents from reached
"""
# What was not found and is not delivered. (Whether it is there by now must not be asked: it may have come meanwhile.)
MISSING = """
select distinct given.tenant_id::text, given.repository, given.sha
from {named}
left join lateral (
    select known.deployment_id
    from ml.commit_deployments as known
    where (known.tenant_id, known.repository, known.service, known.environment, known.sha)
        = (given.tenant_id, given.repository, given.service, given.environment, given.sha)
    limit 1
) as delivered on true
where delivered.deployment_id is null
"""


def walk(warehouse: Warehouse, deployments: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The rows that come to each table of the walk with these deployments (`news.COLUMNS`)."""
    lines = deployments.select(LINE).unique(maintain_order=True).with_row_index("line").cast({"line": pl.Int64})
    # Each line is a graph of its own: what one reaches another may have.
    heads = deployments.join(lines, on=LINE).with_columns(graph="line")
    given = frames.records(heads.select("line", *LINE, "sha").to_dicts(), LINES)
    commits = frames.read(warehouse, REACHED.format(heads=given))
    begun = lines.select("line", sha=pl.lit(""))
    found = commit_graph.first_deployments(commits, heads.select(*commit_graph.DEPLOYMENTS), delivered=begun)
    named = commit_graph.missing_commits(commits, heads).join(lines.rename({"line": "graph"}), on="graph")
    return {
        "ml.commit_deployments": found.join(lines, on="line").select(*LINE, "sha", "deployment_id", "method"),
        "ml.walked_deployments": deployments,
        "ml.missing_commits": frames.read(warehouse, MISSING.format(named=frames.records(named.to_dicts(), LINES))),
    }
