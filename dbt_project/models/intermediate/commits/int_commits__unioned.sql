-- One row per commit of a repository, from GitHub, else from a clone. (Two GitHub connections may both have it.)
with

github as (
    select * from {{ ref('stg_github__commits') }}
),

cloned as (
    select * from {{ ref('stg_git__commits') }}
)

select
    tenant_id,
    connection_id,
    repository,
    sha,
    parents,
    message,
    is_bot,
    author,
    author_name,
    author_email,
    authored_at,
    committed_at
from github

union all

(
    select distinct on (cloned.tenant_id, cloned.repository, cloned.sha)
        cloned.tenant_id,
        cloned.connection_id,
        cloned.repository,
        cloned.sha,
        cloned.parents,
        cloned.message,
        cloned.is_bot,
        null as author,
        cloned.author_name,
        cloned.author_email,
        cloned.authored_at,
        cloned.committed_at
    from cloned
    where
        not exists (
            select from github
            where
                github.tenant_id = cloned.tenant_id
                and github.repository = cloned.repository
                and github.sha = cloned.sha
        )
    order by cloned.tenant_id, cloned.repository, cloned.sha, cloned.connection_id
)
