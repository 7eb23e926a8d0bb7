-- One row per scope and complete week since its first production deployment: the days on which it deployed.
with

weeks as (
    select
        scopes.tenant_id,
        scopes.scope_kind,
        scopes.scope,
        periods.first_day,
        periods.last_day
    from {{ ref('int_deployments__scopes') }} as scopes
    inner join {{ ref('int_deployments__periods') }} as periods
        on
            scopes.tenant_id = periods.tenant_id
            and periods.period_kind = 'week'
            and periods.first_day >= scopes.first_deployment_day
            and periods.last_day < periods.today
),

deployed as (
    select
        tenant_id,
        scope_kind,
        scope,
        date_trunc('week', day::timestamp)::date as first_day,
        count(*) as deployment_days
    from {{ ref('int_deployments__scope_days') }}
    where environment_class = 'production' and deployment_count > 0
    group by 1, 2, 3, 4
)

select
    tenant_id,
    scope_kind,
    scope,
    first_day,
    weeks.last_day,
    coalesce(deployed.deployment_days, 0) as deployment_days
from weeks
left join deployed using (tenant_id, scope_kind, scope, first_day)
