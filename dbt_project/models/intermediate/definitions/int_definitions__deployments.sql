-- One row per successful production deployment, scope and window that it counts in. Rollbacks are deployments here.
select
    windows.tenant_id,
    windows.scope_kind,
    windows.scope,
    windows.window_days,
    deployments.deployment_id,
    {{ local_day('deployments.finished_at', 'windows.time_zone') }} as day
from {{ ref('deployments') }} as deployments
-- Those that a window may show, before they are put into scopes: most are older.
inner join (
    select
        tenant_id,
        time_zone,
        min(first_day) as first_day
    from {{ ref('int_deployments__summary_windows') }}
    where period = 0
    group by tenant_id, time_zone
) as shown
    on
        deployments.tenant_id = shown.tenant_id
        and {{ local_day('deployments.finished_at', 'shown.time_zone') }} >= shown.first_day
{{ in_scopes('deployments.tenant_id', 'deployments.service', 'deployments.repository') }}
inner join {{ ref('int_definitions__windows') }} as windows
    on
        deployments.tenant_id = windows.tenant_id
        and scopes.scope_kind = windows.scope_kind
        and scopes.scope = windows.scope
        and {{ local_day('deployments.finished_at', 'windows.time_zone') }} between windows.first_day and windows.last_day
where deployments.environment_class = 'production' and deployments.status = 'success'
