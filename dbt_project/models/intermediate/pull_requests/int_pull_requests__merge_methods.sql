-- One row per merged pull request whose merge commit is known, with the way in which it was merged.
with

-- The merge commits, and below them the pull requests' own: joined by their four columns, the planner takes them for one row
-- and compares each with all.
commits as (
    select
        pulls.tenant_id,
        pulls.connection_id,
        pulls.repository,
        pulls.number,
        pulls.pull_request_id,
        merging.sha,
        merging.authored_at,
        cardinality(merging.parents) > 1 as has_parents
    from {{ ref('stg_github__pull_requests') }} as pulls
    inner join {{ ref('stg_github__commits') }} as merging
        on
            pulls.tenant_id = merging.tenant_id
            and pulls.connection_id = merging.connection_id
            and pulls.repository = merging.repository
            and pulls.merge_commit_sha = merging.sha
    where pulls.merged_at is not null
    union all
    select
        tenant_id,
        connection_id,
        repository,
        pull_request_number as number,
        null as pull_request_id,
        sha,
        authored_at,
        null as has_parents
    from {{ ref('stg_github__pull_request_commits') }}
),

compared as (
    select
        *,
        array_agg(sha) filter (where pull_request_id is null) over pull_request as own_shas,
        array_agg(authored_at) filter (where pull_request_id is null) over pull_request as own_authored_at
    from commits
    window pull_request as (partition by tenant_id, connection_id, repository, number)
)

-- A rebase keeps the author date of what it copies; a squash is written at the merge.
select
    tenant_id,
    pull_request_id,
    case
        when sha = any(own_shas) then 'fast_forward'
        when has_parents then 'merge'
        when authored_at = any(own_authored_at) then 'rebase'
        else 'squash'
    end as merge_method
from compared
where pull_request_id is not null
