-- One row per scope, window and metric as DevLake's dashboards of 2023 count them, where there was anything to count.
-- Its median is the largest value with percent_rank <= 0.5, which is what percentile_disc gives.
with

lead_times as (
    select
        *,
        60 * (
            {{ devlake_minutes('first_commit_at', 'opened_at') }}
            + {{ devlake_minutes('opened_at', 'merged_at') }}
            + {{ devlake_minutes('merged_at', 'deployed_at') }}
        ) as seconds
    from {{ ref('int_definitions__pull_requests') }}
    where has_predecessor and not is_baseline
),

-- The newest success before the incident, however long ago; of its service, or of all where it names none.
blamed as (
    select
        incidents.tenant_id,
        incidents.resolved_at,
        latest.*
    from {{ ref('int_incidents__mapped') }} as incidents
    inner join lateral (
        select
            deployments.deployment_id,
            deployments.service,
            deployments.repository,
            deployments.finished_at
        from {{ ref('deployments') }} as deployments
        where
            deployments.tenant_id = incidents.tenant_id
            and deployments.service = coalesce(incidents.service, deployments.service)
            and deployments.environment_class = 'production'
            and deployments.status = 'success'
            and deployments.finished_at < incidents.started_at
        order by deployments.finished_at desc, deployments.deployment_id
        limit 1
    ) as latest on true
),

recoveries as (
    select
        blamed.tenant_id,
        scopes.scope_kind,
        scopes.scope,
        blamed.resolved_at,
        extract(epoch from blamed.resolved_at - blamed.finished_at) as seconds
    from blamed
    {{ in_scopes('blamed.service', 'blamed.repository') }}
    -- Resolved before the deployment it is put down to: the clocks disagree.
    where blamed.resolved_at >= blamed.finished_at
)

select
    windows.tenant_id,
    windows.scope_kind,
    windows.scope,
    windows.window_days,
    'lead_time' as metric,
    percentile_disc(0.5) within group (order by lead_times.seconds)::double precision as value,
    count(*) as n
from lead_times
inner join {{ ref('int_definitions__windows') }} as windows using (tenant_id, scope_kind, scope)
where {{ local_day('lead_times.deployed_at', 'windows.time_zone') }} between windows.first_day and windows.last_day
group by 1, 2, 3, 4

union all

select
    tenant_id,
    scope_kind,
    scope,
    window_days,
    'deployment_frequency' as metric,
    percentile_disc(0.5) within group (order by deployment_days)::double precision as value,
    count(*) as n
from {{ ref('int_definitions__weeks') }}
group by 1, 2, 3, 4

union all

select
    tenant_id,
    scope_kind,
    scope,
    window_days,
    'change_failure_rate' as metric,
    count(*) filter (where (tenant_id, deployment_id) in (select blamed.tenant_id, blamed.deployment_id from blamed))
    ::double precision / count(*) as value,
    count(*) as n
from {{ ref('int_definitions__deployments') }}
group by 1, 2, 3, 4

union all

select
    windows.tenant_id,
    windows.scope_kind,
    windows.scope,
    windows.window_days,
    'recovery_time' as metric,
    percentile_disc(0.5) within group (order by recoveries.seconds)::double precision as value,
    count(*) as n
from recoveries
inner join {{ ref('int_definitions__windows') }} as windows using (tenant_id, scope_kind, scope)
where {{ local_day('recoveries.resolved_at', 'windows.time_zone') }} between windows.first_day and windows.last_day
group by 1, 2, 3, 4
