-- One row per service, environment class and local day, from the first observed deployment to the newest data.
select
    lines.tenant_id,
    lines.service,
    lines.environment_class,
    tenants.time_zone,
    day::date as day
from (
    select
        deployments.tenant_id,
        deployments.service,
        deployments.environment_class,
        min({{ local_day('coalesce(deployments.finished_at, deployments.started_at)', 'zones.time_zone') }}) as first_day
    from {{ ref('int_deployments__ordered') }} as deployments
    inner join {{ source('app', 'tenant') }} as zones using (tenant_id)
    group by deployments.tenant_id, deployments.service, deployments.environment_class
) as lines
inner join {{ ref('int_tenants__now') }} as tenants using (tenant_id)
cross join lateral generate_series(lines.first_day::timestamp, tenants.today::timestamp, interval '1 day') as day
