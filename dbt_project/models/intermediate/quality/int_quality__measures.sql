-- One row per repository and dimension of quality that could be measured. Windows are the last 90 days.
with

of_summary as (
    select
        tenant_id,
        repository,
        case metric when 'reviewed_share' then 'review' else 'direct_pushes' end as dimension,
        value,
        n
    from {{ ref('repository_summary') }}
    where window_days = 90 and metric in ('reviewed_share', 'direct_push_share')
),

of_coverage as (
    select
        tenant_id,
        repository,
        'coverage' as dimension,
        coverage_percent as value,
        1 as n
    from {{ ref('coverage') }}
    where is_head
),

pulls as (
    select
        pulls.tenant_id,
        pulls.repository,
        pulls.pickup_business_seconds / 3600 as pickup,
        pulls.additions + pulls.deletions as pull_request_size
    from {{ ref('pull_requests') }} as pulls
    inner join {{ ref('int_tenants__now') }} as tenants using (tenant_id)
    where
        not pulls.is_bot
        and {{ local_day('pulls.merged_at', 'tenants.time_zone') }} between tenants.today - 89 and tenants.today
),

of_pulls as (
    {% for dimension in ['pickup', 'pull_request_size'] -%}
    select
        tenant_id,
        repository,
        '{{ dimension }}' as dimension,
        percentile_cont(0.5) within group (order by {{ dimension }}) as value,
        count({{ dimension }}) as n
    from pulls
    group by tenant_id, repository
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

files as (
    select distinct on (tenant_id, repository, path)
        tenant_id,
        repository,
        path,
        max_complexity
    from {{ ref('stg_git__files') }}
    order by tenant_id, repository, path, connection_id
),

of_files as (
    select
        tenant_id,
        repository,
        'complexity' as dimension,
        percentile_cont(0.9) within group (order by max_complexity) as value,
        count(max_complexity) as n
    from files
    group by tenant_id, repository
),

of_hotspots as (
    select
        tenant_id,
        repository,
        'hotspots' as dimension,
        coalesce(sum(commit_count) filter (where max_complexity > 20), 0)::double precision / sum(commit_count) as value,
        sum(commit_count) as n
    from {{ ref('hotspots') }}
    group by tenant_id, repository
),

of_branches as (
    select
        tenant_id,
        repository,
        'stale_branches' as dimension,
        avg(is_stale::integer) as value,
        count(is_stale) as n
    from {{ ref('branches') }}
    where is_default is not true
    group by tenant_id, repository
),

of_runs as (
    select
        runs.tenant_id,
        runs.repository,
        'ci_failures' as dimension,
        avg((runs.conclusion <> 'success')::integer) as value,
        count(*) as n
    from {{ ref('stg_github__workflow_runs') }} as runs
    inner join {{ ref('branches') }} as branches
        on
            runs.tenant_id = branches.tenant_id
            and runs.repository = branches.repository
            and runs.head_branch = branches.branch
            and branches.is_default
    inner join {{ ref('int_tenants__now') }} as tenants on runs.tenant_id = tenants.tenant_id
    where
        runs.conclusion in ('success', 'failure', 'timed_out', 'startup_failure')
        -- A pull request of a fork may come from a branch of that name.
        and runs.event is distinct from 'pull_request'
        and {{ local_day('runs.created_at', 'tenants.time_zone') }} between tenants.today - 89 and tenants.today
    group by runs.tenant_id, runs.repository
)

{% for part in ['summary', 'coverage', 'pulls', 'files', 'hotspots', 'branches', 'runs'] -%}
select
    tenant_id,
    repository,
    dimension,
    value::double precision as value,
    n::bigint as n
from of_{{ part }}
where value is not null
{{ 'union all' if not loop.last }}
{% endfor %}
