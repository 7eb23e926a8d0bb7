-- One row per commit of a repository, from GitHub, else from a clone. (Two GitHub connections may both have it.)
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
from {{ ref('stg_github__commits') }}

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
    from {{ ref('stg_git__commits') }} as cloned
    where
        not exists (
            select from {{ ref('stg_github__commits') }} as github
            where
                github.tenant_id = cloned.tenant_id
                and github.repository = cloned.repository
                and github.sha = cloned.sha
        )
    order by cloned.tenant_id, cloned.repository, cloned.sha, cloned.connection_id
)
