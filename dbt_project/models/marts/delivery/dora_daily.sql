-- One row per service, environment class and local day, days without a deployment included.
{{ config(unique_key=['tenant_id', 'service', 'environment_class', 'day']) }}
with

days as (
    select * from {{ ref('int_deployments__service_days') }}
    where {{ of_touched_tenants() }}
),

deployments as (
    select
        deployments.*,
        {{ local_day('coalesce(deployments.finished_at, deployments.started_at)', 'tenants.time_zone') }} as day
    from {{ ref('deployments') }} as deployments
    inner join {{ source('app', 'tenant') }} as tenants using (tenant_id)
    where {{ of_touched_tenants() }}
),

deployed as (
    select
        tenant_id,
        service,
        environment_class,
        day,
        count(*) filter (where status = 'success') as deployment_count,
        count(*) filter (where is_failed) as failed_count,
        count(*) filter (where is_rollback) as rollback_count,
        count(*) filter (where status = 'success' and not is_rollback) as change_deployment_count,
        count(*) filter (where is_change_failure) as change_failure_count,
        count(*) filter (where is_rework) as rework_count,
        percentile_cont(0.5) within group (order by recovery_seconds) as recovery_p50_seconds,
        count(recovery_seconds) as recovered_count
    from deployments
    group by tenant_id, service, environment_class, day
),

delivered as (
    select
        changes.tenant_id,
        changes.service,
        changes.environment_class,
        {{ local_day('changes.deployed_at', 'tenants.time_zone') }} as day,
        count(*) as change_count,
        count(changes.lead_time_seconds) as n,
        percentile_cont(0.5) within group (order by changes.lead_time_seconds) as lead_time_p50_seconds,
        percentile_cont(0.75) within group (order by changes.lead_time_seconds) as lead_time_p75_seconds,
        percentile_cont(0.9) within group (order by changes.lead_time_seconds) as lead_time_p90_seconds
    from {{ ref('int_changes__unioned') }} as changes
    inner join {{ source('app', 'tenant') }} as tenants using (tenant_id)
    where not changes.is_baseline and {{ of_touched_tenants('changes.tenant_id') }}
    group by 1, 2, 3, 4
)

select
    tenant_id,
    service,
    environment_class,
    day,
    coalesce(deployed.deployment_count, 0) as deployment_count,
    coalesce(deployed.failed_count, 0) as failed_count,
    coalesce(deployed.rollback_count, 0) as rollback_count,
    coalesce(deployed.change_deployment_count, 0) as change_deployment_count,
    coalesce(deployed.change_failure_count, 0) as change_failure_count,
    coalesce(deployed.rework_count, 0) as rework_count,
    coalesce(delivered.change_count, 0) as change_count,
    delivered.lead_time_p50_seconds,
    delivered.lead_time_p75_seconds,
    delivered.lead_time_p90_seconds,
    deployed.recovery_p50_seconds,
    coalesce(deployed.recovered_count, 0) as recovered_count,
    coalesce(delivered.n, 0) as n,
    delivered.n::double precision / nullif(delivered.change_count, 0) as coverage
from days
left join deployed using (tenant_id, service, environment_class, day)
left join delivered using (tenant_id, service, environment_class, day)
