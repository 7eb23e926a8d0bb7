-- One row per service, environment class and local day, from the first observed deployment to the newest data.
with

lines as (
    select
        days.tenant_id,
        days.scope as service,
        days.environment_class,
        min(days.day) as first_day,
        greatest(max(days.day), max(tenants.today)) as last_day
    from {{ ref('int_deployments__scope_days') }} as days
    inner join {{ ref('int_tenants__now') }} as tenants using (tenant_id)
    where days.scope_kind = 'service' and days.attempt_count > 0
    group by days.tenant_id, days.scope, days.environment_class
)

select
    lines.tenant_id,
    lines.service,
    lines.environment_class,
    day::date as day
from lines
cross join lateral generate_series(lines.first_day::timestamp, lines.last_day::timestamp, interval '1 day') as day
