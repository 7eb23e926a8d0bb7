-- One row per scope, window and metric as GitLab counts them, where there was anything to count.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key=['tenant_id', 'scope_kind', 'scope', 'window_days', 'metric'],
    indexes=[{'columns': ['tenant_id', 'scope_kind', 'scope', 'window_days', 'metric'], 'unique': True}],
) }}
with

windows as (
    select * from {{ ref('int_definitions__windows') }}
    where {{ of_touched_tenants() }}
),

deployed as (
    select
        tenant_id,
        scope_kind,
        scope,
        window_days,
        count(*) as deployments
    from {{ ref('int_definitions__deployments') }}
    where {{ of_touched_tenants() }}
    group by tenant_id, scope_kind, scope, window_days
),

timed as (
    select
        windows.tenant_id,
        windows.scope_kind,
        windows.scope,
        windows.window_days,
        {{ local_day('incidents.created_at', 'windows.time_zone') }} between windows.first_day and windows.last_day as is_opened,
        {{ local_day('incidents.resolved_at', 'windows.time_zone') }} between windows.first_day and windows.last_day
        and incidents.resolved_at >= incidents.created_at as is_closed,
        extract(epoch from incidents.resolved_at - incidents.created_at)::double precision as seconds
    from {{ ref('int_definitions__incidents') }} as incidents
    inner join windows using (tenant_id, scope_kind, scope)
),

incidents as (
    select
        tenant_id,
        scope_kind,
        scope,
        window_days,
        count(*) filter (where is_opened) as opened,
        count(*) filter (where is_closed) as closed,
        percentile_cont(0.5) within group (order by seconds) filter (where is_closed) as recovery
    from timed
    group by tenant_id, scope_kind, scope, window_days
),

-- By themselves: else each scope would look for its own among all that there ever were.
recent as materialized (
    select * from {{ ref('int_definitions__recent_pull_requests') }}
    where not is_baseline
),

lead_times as (
    select
        windows.tenant_id,
        windows.scope_kind,
        windows.scope,
        windows.window_days,
        count(*) as pulls,
        percentile_cont(0.5) within group (
            order by extract(epoch from pulls.deployed_at - pulls.merged_at)::double precision
        ) as lead_time
    from recent as pulls
    inner join windows using (tenant_id, scope_kind, scope)
    where
        {{ local_day('pulls.deployed_at', 'windows.time_zone') }} between windows.first_day and windows.last_day
    group by 1, 2, 3, 4
)

select
    windows.tenant_id,
    windows.scope_kind,
    windows.scope,
    windows.window_days,
    metrics.metric,
    metrics.value,
    coalesce(metrics.n, 0) as n
from windows
left join deployed using (tenant_id, scope_kind, scope, window_days)
left join incidents using (tenant_id, scope_kind, scope, window_days)
left join lead_times using (tenant_id, scope_kind, scope, window_days)
cross join lateral (
    values
    ('lead_time', lead_times.lead_time, lead_times.pulls),
    (
        'deployment_frequency', coalesce(deployed.deployments, 0)::double precision / windows.window_days,
        deployed.deployments
    ),
    (
        'change_failure_rate', coalesce(incidents.opened, 0)::double precision / deployed.deployments,
        deployed.deployments
    ),
    ('recovery_time', incidents.recovery, incidents.closed)
) as metrics (metric, value, n)
