-- One row per scope and complete week since its first production deployment: the days on which it deployed.
with

scopes as (
    select
        tenant_id,
        scope_kind,
        scope,
        min(day) as first_deployment_day
    from {{ ref('int_deployments__scope_days') }}
    where environment_class = 'production' and attempt_count > 0
    group by tenant_id, scope_kind, scope
),

days as (
    select
        *,
        date_trunc('week', day::timestamp)::date as monday
    from {{ ref('int_deployments__scope_days') }}
    where environment_class = 'production' and deployment_count > 0
)

select
    scopes.tenant_id,
    scopes.scope_kind,
    scopes.scope,
    periods.first_day,
    periods.last_day,
    count(days.day) as deployment_days
from scopes
inner join {{ ref('int_deployments__periods') }} as periods
    on
        scopes.tenant_id = periods.tenant_id
        and periods.period_kind = 'week'
        and periods.first_day >= scopes.first_deployment_day
        and periods.last_day < periods.today
left join days
    on
        scopes.tenant_id = days.tenant_id
        and scopes.scope_kind = days.scope_kind
        and scopes.scope = days.scope
        and periods.first_day = days.monday
group by scopes.tenant_id, scopes.scope_kind, scopes.scope, periods.first_day, periods.last_day
