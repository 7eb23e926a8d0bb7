-- One row per commit with when it came into the history: with its pull request's merge, else when it was committed.
with

-- Of those with news alone, as the mart reads it.
commits as (
    select
        tenant_id,
        repository,
        sha,
        min(committed_at) as committed_at
    from {{ ref('int_commits__unioned') }}
    where {{ of_touched_tenants(is_needed=true) }}
    group by tenant_id, repository, sha
),

pulls as (
    select * from {{ ref('int_pull_requests__landed') }}
    where is_into_default_branch and {{ of_touched_tenants(is_needed=true) }}
),

own as (
    select
        own.tenant_id,
        own.repository,
        own.sha,
        min(pulls.landed_at) filter (where pulls.brings_own_commits) as landed_at
    from pulls
    inner join {{ ref('stg_github__pull_request_commits') }} as own
        on
            pulls.tenant_id = own.tenant_id
            and pulls.connection_id = own.connection_id
            and pulls.repository = own.repository
            and pulls.number = own.pull_request_number
    group by own.tenant_id, own.repository, own.sha
),

landed as (
    select
        commits.tenant_id,
        commits.repository,
        commits.sha,
        case when own.sha is null then commits.committed_at else own.landed_at end as landed_at
    from commits
    left join own using (tenant_id, repository, sha)
)

select * from landed
where
    landed_at is not null
    and not exists (
        select from {{ ref('int_commits__given_up') }} as given_up
        where
            given_up.tenant_id = landed.tenant_id
            and given_up.repository = landed.repository
            and given_up.sha = landed.sha
    )
