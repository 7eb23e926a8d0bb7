-- One row per merged pull request and commit that stands for it, with what the commit is to it.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    touched='touched_shas',
    scope=['tenant_id', 'pull_request_id'],
    keeps_changes=true,
    unique_key=['tenant_id', 'repository', 'pull_request_id', 'sha', 'rank'],
    indexes=[{'columns': ['tenant_id', 'repository', 'pull_request_id', 'sha', 'rank'], 'unique': True}, {'columns': ['tenant_id', 'repository', 'sha']}],
) }}
-- depends_on: {{ ref('int_issues__whole_sources') }}
-- depends_on: {{ ref('int_pull_requests__news') }}
-- depends_on: {{ ref('int_pull_requests__timestamps') }}
-- depends_on: {{ ref('int_tenants__touched') }}
with

pulls as (
    select *
    from {{ looked_up(ref('int_pull_requests__merged'), touched_shas(this), ['tenant_id', 'pull_request_id']) }} as pulls
),

-- Read three times, which costs less than keeping each commit of a pull request on disk.
own as not materialized (
    select
        tenant_id,
        repository,
        pull_request_id,
        merge_commit_sha as sha,
        'merge_commit' as attribution_method,
        1 as rank
    from pulls
    where merge_commit_sha is not null
    union all
    select
        pulls.tenant_id,
        pulls.repository,
        pulls.pull_request_id,
        commits.sha,
        'pull_request_commit' as attribution_method,
        2 as rank
    from pulls
    inner join {{ ref('stg_github__pull_request_commits') }} as commits
        on
            pulls.tenant_id = commits.tenant_id
            and pulls.connection_id = commits.connection_id
            and pulls.repository = commits.repository
            and pulls.number = commits.pull_request_number
    where {{ of_touched_tenants('commits.tenant_id') }}
),

-- What a pull request's commits were copied to later. What a rebase lands is the pull request's own.
copies as (
    select
        originals.tenant_id,
        originals.repository,
        originals.pull_request_id,
        copies.sha,
        coalesce(methods.merge_method = 'rebase', false) as is_own
    from (
        select
            own.tenant_id,
            own.repository,
            own.pull_request_id,
            copied.authored_at,
            copied.said,
            min(copied.committed_at) as committed_at
        from own
        inner join {{ ref('int_commits__copies') }} as copied using (tenant_id, repository, sha)
        group by own.tenant_id, own.repository, own.pull_request_id, copied.authored_at, copied.said
    ) as originals
    inner join {{ ref('int_commits__copies') }} as copies
        on
            originals.tenant_id = copies.tenant_id
            and originals.repository = copies.repository
            and originals.authored_at = copies.authored_at
            and originals.said = copies.said
            and originals.committed_at <= copies.committed_at
    left join {{ ref('int_pull_requests__merge_methods') }} as methods
        on originals.tenant_id = methods.tenant_id and originals.pull_request_id = methods.pull_request_id
    where
        not exists (
            select from own
            where own.tenant_id = copies.tenant_id and own.pull_request_id = originals.pull_request_id and own.sha = copies.sha
        )
),

picked as (
    select distinct
        own.tenant_id,
        own.repository,
        own.pull_request_id,
        picked.sha,
        false as is_own
    from own
    inner join {{ ref('int_changes__picked') }} as picked
        on own.tenant_id = picked.tenant_id and own.repository = picked.repository and own.sha = picked.picked_from_sha
    where {{ of_touched_tenants('picked.tenant_id') }}
),

others as (
    select * from copies
    union
    select * from picked
)

select * from own
union all
select
    tenant_id,
    repository,
    pull_request_id,
    sha,
    case when is_own then 'pull_request_commit' else 'cherry_pick' end as attribution_method,
    case when is_own then 2 else 4 end as rank
from others
