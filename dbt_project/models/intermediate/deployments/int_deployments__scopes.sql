-- One row per scope with a production deployment, whatever became of it: the day of its first one.
select
    tenant_id,
    scope_kind,
    scope,
    min(day) as first_deployment_day
from {{ ref('int_deployments__scope_days') }}
where environment_class = 'production' and attempt_count > 0
group by tenant_id, scope_kind, scope
