-- One row per scope and complete week since its first production deployment: the days on which it deployed. Of tenants with news
-- alone.
with

-- Nothing in each of its weeks, and the days of one. (Counted together: a join of the two is planned as of far more weeks.)
counted as (
    select
        scopes.tenant_id,
        scopes.scope_kind,
        scopes.scope,
        periods.first_day,
        null::date as day
    from {{ ref('int_deployments__scopes') }} as scopes
    inner join {{ ref('int_deployments__periods') }} as periods
        on
            scopes.tenant_id = periods.tenant_id
            and periods.period_kind = 'week'
            and periods.first_day >= scopes.first_deployment_day
            and periods.last_day < periods.today
    where {{ of_touched_tenants('scopes.tenant_id', is_needed=true) }}
    union all
    select
        days.tenant_id,
        days.scope_kind,
        days.scope,
        date_trunc('week', days.day::timestamp)::date as first_day,
        days.day
    from {{ ref('int_deployments__scope_days') }} as days
    inner join {{ ref('int_deployments__scopes') }} as scopes using (tenant_id, scope_kind, scope)
    inner join {{ ref('int_tenants__now') }} as tenants using (tenant_id)
    where
        {{ of_touched_tenants('days.tenant_id', is_needed=true) }}
        and days.environment_class = 'production'
        and days.deployment_count > 0
        and date_trunc('week', days.day::timestamp)::date >= scopes.first_deployment_day
        and date_trunc('week', days.day::timestamp)::date + 6 < tenants.today
)

select
    tenant_id,
    scope_kind,
    scope,
    first_day,
    first_day + 6 as last_day,
    count(day) as deployment_days
from counted
group by tenant_id, scope_kind, scope, first_day
