-- One row per merged pull request whose merge commit is known, with the way in which it was merged.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key=['tenant_id', 'pull_request_id'],
    touched='touched_own_rows',
    scope=['tenant_id', 'pull_request_id'],
    indexes=[{'columns': ['tenant_id', 'pull_request_id'], 'unique': True}],
) }}
-- depends_on: {{ ref('int_pull_requests__news') }}
-- depends_on: {{ ref('int_issues__whole_sources') }}
with

pulls as (
    select * from {{ ref('int_pull_requests__timestamps') }}
    where merged_at is not null and {{ of_pull_requests_with_news() }}
),

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
    from pulls
    inner join {{ ref('stg_github__commits') }} as merging
        on
            pulls.tenant_id = merging.tenant_id
            and pulls.connection_id = merging.connection_id
            and pulls.repository = merging.repository
            and pulls.merge_commit_sha = merging.sha
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
    where {{ of_pull_requests_with_news('pull_request_number', is_key=true) }}
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
