-- One row per portfolio, project and objective with issues delivered in the last 90 days, and window.
{{ config(unique_key=['tenant_id', 'portfolio', 'project', 'objective', 'window_days']) }}
with

delivered as (
    select
        issues.tenant_id,
        coalesce(parts.portfolio, 'none') as portfolio,
        coalesce(parts.project, 'none') as project,
        coalesce(issues.objective, 'unlinked') as objective,
        {{ local_day('issues.resolved_at', 'tenants.time_zone') }} as day
    from {{ ref('int_portfolio__issues') }} as issues
    inner join {{ source('app', 'tenant') }} as tenants using (tenant_id)
    left join {{ ref('int_portfolio__parts') }} as parts
        on
            issues.tenant_id = parts.tenant_id
            and issues.project = parts.name
            and parts.part = 'issue_project'
    where
        issues.is_delivered and issues.resolved_at is not null
        and {{ of_touched_tenants('issues.tenant_id') }}
),

counted as (
    select
        delivered.tenant_id,
        delivered.portfolio,
        delivered.project,
        delivered.objective,
        windows.window_days,
        windows.today as as_of,
        count(*) filter (where delivered.day >= windows.first_day) as n
    from delivered
    inner join {{ ref('int_deployments__summary_windows') }} as windows
        on
            delivered.tenant_id = windows.tenant_id
            and windows.period = 0
            and delivered.day between windows.last_day - 89 and windows.last_day
    group by 1, 2, 3, 4, 5, 6
)

select
    tenant_id,
    portfolio,
    project,
    objective,
    window_days,
    n,
    n::double precision / nullif(sum(n) over (partition by tenant_id, window_days), 0) as effort_share,
    n::double precision / nullif(sum(n) over (partition by tenant_id, portfolio, project, window_days), 0)
        as share_of_project,
    n::double precision / nullif(sum(n) over (partition by tenant_id, objective, window_days), 0) as share_of_objective,
    as_of
from counted
