-- One row per commit that a pull request had before somebody pushed another history over it, and that nothing holds now.
select distinct
    former.tenant_id,
    former.repository,
    former.sha
from {{ source('github', 'pull_request_commits') }} as former  -- with what is deleted, which staging leaves out
where
    former._deleted_at is not null
    and not exists (
        select from {{ ref('stg_github__pull_request_commits') }} as commits
        where
            commits.tenant_id = former.tenant_id
            and commits.repository = former.repository
            and commits.sha = former.sha
    )
    and not exists (
        select from {{ source('ml', 'commit_deployments') }} as delivered
        where
            delivered.tenant_id = former.tenant_id
            and delivered.repository = former.repository
            and delivered.sha = former.sha
    )
