"""What a walk must look at: deployments and commits that came, changed or left since the last build that succeeded.

A new deployment after all others of its line (a service in an environment) is walked from its sha. Whatever else
changed can move what older deployments delivered: then its repository is walked whole.
"""

from typing import NamedTuple

import polars as pl

from pipelines import frames
from pipelines.warehouse.connection import Warehouse

REPOSITORY = ["tenant_id", "repository"]
LINE = ["tenant_id", "repository", "service", "environment"]
MOMENT = pl.Datetime("us", "UTC")
COLUMNS = pl.Schema([*((name, pl.String()) for name in (*LINE, "deployment_id", "sha")), ("finished_at", MOMENT)])
WALKED = ", ".join(COLUMNS)
SINCE_SUCCESS = "build_id > (select coalesce(max(build_id), -1) from app.build where status = 'succeeded')"
# Of what `int_deployments__ordered` says changed, what the walk sees of it. Each is looked up: they are few of many.
DEPLOYMENTS = f"""
with

named as (
    select distinct tenant_id, deployment_id
    from intermediate.int_deployments__ordered__changed
    where {SINCE_SUCCESS}
),

now as (
    select found.*
    from named
    cross join lateral (
        select {WALKED} from intermediate.int_deployments__walk as walk
        where (walk.tenant_id, walk.deployment_id) = (named.tenant_id, named.deployment_id)
        limit 1
    ) as found
),

before as (
    select found.*
    from named
    cross join lateral (
        select {WALKED} from ml.walked_deployments as walked
        where (walked.tenant_id, walked.deployment_id) = (named.tenant_id, named.deployment_id)
        limit 1
    ) as found
),

news as (
    select *, true as is_now from (select * from now except select * from before) as came
    union all
    select *, false as is_now from (select * from before except select * from now) as went
)

select
    tenant_id::text,
    repository,
    service,
    environment,
    deployment_id::text,
    sha,
    finished_at,
    coalesce(
        is_now
        and finished_at > (
            select max(walked.finished_at) from ml.walked_deployments as walked
            where (walked.tenant_id, walked.repository, walked.service, walked.environment)
                = (news.tenant_id, news.repository, news.service, news.environment)
        )
        and (
            select true from ml.commit_deployments as delivered
            where (delivered.tenant_id, delivered.repository, delivered.service, delivered.environment)
                = (news.tenant_id, news.repository, news.service, news.environment)
            limit 1
        ),
        false
    ) as goes_on
from news
"""
# Commits that older deployments reach now, or reach no more. What a removal took away left no row that would tell.
COMMITS = f"""
select package.tenant_id::text, came.repository
from app.load_package as package
cross join lateral (
    select commits.repository, commits.sha, commits.is_deleted
    from intermediate.int_commits__by_connection as commits
    where commits._dlt_load_id = package.load_id
    offset 0  -- a search for each package: joined freely, all commits would be read
) as came
where
    {SINCE_SUCCESS}
    and package.source in ('github', 'git')
    and case
        when came.is_deleted then exists (
            select from ml.commit_deployments as delivered
            where (delivered.tenant_id, delivered.repository, delivered.sha)
                = (package.tenant_id, came.repository, came.sha)
        )
        else exists (
            select from ml.missing_commits as missing
            where (missing.tenant_id, missing.repository, missing.sha)
                = (package.tenant_id, came.repository, came.sha)
        )
    end
union
select walked.tenant_id::text, walked.repository
from app.load_package as package
inner join ml.walked_deployments as walked using (tenant_id)
where {SINCE_SUCCESS} and package.source in ('github', 'git') and package.load_id like 'removal-%'
"""
EVERYTHING = """
select tenant_id::text, repository from intermediate.int_deployments__walk
union
select tenant_id::text, repository from ml.walked_deployments
"""


IS_NEW_HERE = "select not exists (select from ml.walked_deployments) as is_new_here"


class News(NamedTuple):
    """`repositories` (tenant_id, repository) are walked whole, `deployments` (of others) from their shas on."""

    repositories: pl.DataFrame
    deployments: pl.DataFrame


def find(warehouse: Warehouse, full: bool = False) -> News:
    """What is new since the last build that succeeded: all repositories where `full`, or where none was walked yet."""
    if full or frames.read(warehouse, IS_NEW_HERE).item():
        return News(frames.read(warehouse, EVERYTHING), pl.DataFrame(schema=COLUMNS))
    deployments = frames.read(warehouse, DEPLOYMENTS)
    moved = deployments.filter(~pl.col("goes_on")).select(REPOSITORY)
    repositories = pl.concat([moved, frames.read(warehouse, COMMITS)]).unique()
    return News(repositories, deployments.join(repositories, on=REPOSITORY, how="anti").select(*COLUMNS))
