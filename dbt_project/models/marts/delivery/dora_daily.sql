-- One row per service, environment class and local day, days without a deployment included.
{{ config(
    unique_key=['tenant_id', 'service', 'environment_class', 'day'],
    touched='touched_service_days',
    scope=['tenant_id', 'service', 'environment_class'],
    scope_from='day',
) }}
with

days as (
    select days.*
    from {{ ref('int_deployments__service_days') }} as days
    {% if is_incremental() -%}
    inner join ({{ touched_service_days(this, config.get('scope')) }}) as touched
        on
            days.tenant_id = touched.tenant_id
            and days.service = touched.service
            and days.environment_class = touched.environment_class
            and days.day >= touched.from_day
    {%- endif %}
),

counted as (
    select
        days.tenant_id,
        days.service,
        days.environment_class,
        days.day,
        counts.deployment_count,
        counts.failed_count,
        counts.rollback_count,
        counts.deployment_count - counts.rollback_count as change_deployment_count,
        counts.change_failure_count,
        counts.rework_count,
        counts.change_count,
        cardinality(counts.recovery_seconds) as recovered_count,
        cardinality(counts.lead_seconds) as n,
        {{ percentiles_of('counts.lead_seconds') }} as lead_times,
        {{ percentiles_of('counts.recovery_seconds') }} as recovery_times
    from days
    inner join {{ ref('int_deployments__scope_days') }} as counts
        on
            days.tenant_id = counts.tenant_id
            and counts.scope_kind = 'service'
            and days.service = counts.scope
            and days.environment_class = counts.environment_class
            and days.day = counts.day
)

select
    tenant_id,
    service,
    environment_class,
    day,
    {%- for count in [
        'deployment_count', 'failed_count', 'rollback_count', 'change_deployment_count', 'change_failure_count', 'rework_count',
        'change_count', 'recovered_count', 'n',
    ] %}
    coalesce(counted.{{ count }}, 0)::bigint as {{ count }},
    {%- endfor %}
    counted.lead_times[1] as lead_time_p50_seconds,
    counted.lead_times[2] as lead_time_p75_seconds,
    counted.lead_times[3] as lead_time_p90_seconds,
    counted.recovery_times[1] as recovery_p50_seconds,
    coalesce(counted.n, 0)::double precision / nullif(counted.change_count, 0) as coverage
from days
left join counted using (tenant_id, service, environment_class, day)
