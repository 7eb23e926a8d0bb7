-- One row per branch that stands now, from GitHub, else from a clone.
{{ config(unique_key=['tenant_id', 'repository', 'branch']) }}
with

github as (
    select distinct on (branches.tenant_id, branches.repository, branches.name)
        branches.tenant_id,
        branches.repository,
        branches.name as branch,
        branches.sha,
        branches.is_protected,
        branches.name = repositories.default_branch as is_default
    from {{ ref('stg_github__branches') }} as branches
    left join {{ ref('stg_github__repositories') }} as repositories using (tenant_id, connection_id, repository)
    where {{ of_touched_tenants('branches.tenant_id') }}
    order by branches.tenant_id, branches.repository, branches.name, branches.connection_id
),

-- A remote's branch (`origin/main`) says what the others see; one's own of that name may be ahead of it.
cloned as (
    select distinct on (tenant_id, repository, branch)
        tenant_id,
        repository,
        case when is_remote then substring(name from position('/' in name) + 1) else name end as branch,
        sha,
        null::boolean as is_protected,
        null::boolean as is_default
    from {{ ref('stg_git__branches') }}
    where
        {{ of_touched_tenants() }}
        and (tenant_id, repository) not in (select github.tenant_id, github.repository from github)
    order by tenant_id, repository, branch, is_remote desc, connection_id, name
),

branches as (
    select * from github
    union all
    select * from cloned
),

commits as (
    select
        tenant_id,
        repository,
        sha,
        min(committed_at) as committed_at
    from {{ ref('int_commits__unioned') }}
    where {{ of_touched_tenants() }}
    group by tenant_id, repository, sha
),

pulls as (
    select
        tenant_id,
        repository,
        head_ref as branch,
        bool_or(state_name = 'open') as has_open,
        bool_or(merged_at is not null) as has_merged
    from {{ ref('stg_github__pull_requests') }}
    where {{ of_touched_tenants() }}
    group by tenant_id, repository, head_ref
)

select
    branches.tenant_id,
    branches.repository,
    branches.branch,
    branches.sha,
    branches.is_default,
    branches.is_protected,
    commits.committed_at as last_commit_at,
    tenants.today - {{ local_day('commits.committed_at', 'tenants.time_zone') }} as idle_days,
    -- GitHub's own limit: three months without a commit.
    not branches.is_default is true
    and {{ local_day('commits.committed_at', 'tenants.time_zone') }} < tenants.today - 90 as is_stale,
    coalesce(pulls.has_open, false) as has_open_pull_request,
    coalesce(pulls.has_merged and not pulls.has_open, false) as is_left_over
from branches
inner join {{ ref('int_tenants__now') }} as tenants using (tenant_id)
left join commits using (tenant_id, repository, sha)
left join pulls using (tenant_id, repository, branch)
