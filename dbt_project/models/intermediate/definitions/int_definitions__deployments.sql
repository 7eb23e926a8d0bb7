-- One row per successful production deployment, scope and window that it counts in. Rollbacks are deployments here.
select
    windows.tenant_id,
    windows.scope_kind,
    windows.scope,
    windows.window_days,
    deployments.deployment_id,
    {{ local_day('deployments.finished_at', 'windows.time_zone') }} as day
from {{ ref('deployments') }} as deployments
{{ in_scopes('deployments.tenant_id', 'deployments.service', 'deployments.repository') }}
inner join {{ ref('int_definitions__windows') }} as windows
    on
        deployments.tenant_id = windows.tenant_id
        and scopes.scope_kind = windows.scope_kind
        and scopes.scope = windows.scope
        and {{ local_day('deployments.finished_at', 'windows.time_zone') }} between windows.first_day and windows.last_day
where deployments.environment_class = 'production' and deployments.status = 'success'
