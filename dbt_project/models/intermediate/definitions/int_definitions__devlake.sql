-- One row per scope, window and metric as DevLake's dashboards of 2023 count them, where there was anything to count.
-- Its median is the largest value with percent_rank <= 0.5, which is what percentile_disc gives.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key=['tenant_id', 'scope_kind', 'scope', 'window_days', 'metric'],
    indexes=[{'columns': ['tenant_id', 'scope_kind', 'scope', 'window_days', 'metric'], 'unique': True}],
) }}
with

lead_times as (
    select
        *,
        60 * (
            {{ devlake_minutes('first_commit_at', 'opened_at') }}
            + {{ devlake_minutes('opened_at', 'merged_at') }}
            + {{ devlake_minutes('merged_at', 'deployed_at') }}
        ) as seconds
    from {{ ref('int_definitions__recent_pull_requests') }}
    where has_predecessor and not is_baseline
),

-- What a window may show of the incidents: those that came or ended in one.
incidents as (
    select incidents.*
    from {{ ref('int_definitions__shown_from') }} as shown
    inner join {{ ref('int_incidents__mapped') }} as incidents
        on
            shown.tenant_id = incidents.tenant_id
            and greatest(incidents.created_at, incidents.resolved_at) >= shown.first_at
),

-- The newest success before the incident, however long ago; of its service, or of the tenant where it names none.
blamed as (
    select
        incidents.tenant_id,
        incidents.resolved_at,
        newest.deployment_id,
        newest.service,
        newest.repository,
        newest.finished_at
    from incidents
    cross join lateral (
        select *
        from {{ ref('deployments') }} as deployments
        where
            deployments.tenant_id = incidents.tenant_id
            and deployments.environment_class = 'production'
            and deployments.status = 'success'
            and (deployments.service = incidents.service or incidents.service is null)
            -- A success has finished; so it is written that an index gives the newest first.
            and coalesce(deployments.finished_at, deployments.started_at) < incidents.created_at
        order by coalesce(deployments.finished_at, deployments.started_at) desc, deployments.deployment_id
        limit 1
    ) as newest
),

recoveries as (
    select
        blamed.tenant_id,
        scopes.scope_kind,
        scopes.scope,
        blamed.resolved_at,
        extract(epoch from blamed.resolved_at - blamed.finished_at) as seconds
    from blamed
    {{ in_scopes('blamed.tenant_id', 'blamed.service', 'blamed.repository') }}
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
where {{ of_touched_tenants() }}
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
where {{ of_touched_tenants() }}
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
