-- One row per service, environment class and local day, from the first observed deployment to the newest data.
with

deployments as (
    select
        deployments.tenant_id,
        deployments.service,
        deployments.environment_class,
        tenants.today,
        {{ local_day('coalesce(deployments.finished_at, deployments.started_at)', 'tenants.time_zone') }} as day
    from {{ ref('int_deployments__ordered') }} as deployments
    inner join {{ ref('int_tenants__now') }} as tenants using (tenant_id)
),

lines as (
    select
        tenant_id,
        service,
        environment_class,
        min(day) as first_day,
        greatest(max(day), max(today)) as last_day
    from deployments
    group by tenant_id, service, environment_class
)

select
    lines.tenant_id,
    lines.service,
    lines.environment_class,
    day::date as day
from lines
cross join lateral generate_series(lines.first_day::timestamp, lines.last_day::timestamp, interval '1 day') as day
