-- One row per tag of a commit, from GitHub, else from a clone, with the time at which it was set.
-- GitHub's list tells no time of a tag: its commit's stands for it.
with

github as (
    select
        tags.tenant_id,
        'github' as source,
        tags.connection_id,
        tags.repository,
        tags.name,
        tags.sha,
        commits.committed_at as tagged_at,
        commits.committed_at
    from {{ ref('stg_github__tags') }} as tags
    left join {{ ref('stg_github__commits') }} as commits using (tenant_id, connection_id, repository, sha)
),

cloned as (
    select distinct on (tags.tenant_id, tags.repository, tags.name)
        tags.tenant_id,
        'git' as source,
        tags.connection_id,
        tags.repository,
        tags.name,
        tags.sha,
        coalesce(tags.tagged_at, commits.committed_at) as tagged_at,
        commits.committed_at
    from {{ ref('stg_git__tags') }} as tags
    left join {{ ref('stg_git__commits') }} as commits using (tenant_id, connection_id, repository, sha)
    where tags.sha is not null
    order by tags.tenant_id, tags.repository, tags.name, tags.connection_id
)

select * from github

union all

select * from cloned
where
    not exists (
        select from github
        where
            github.tenant_id = cloned.tenant_id
            and github.repository = cloned.repository
            and github.name = cloned.name
    )
