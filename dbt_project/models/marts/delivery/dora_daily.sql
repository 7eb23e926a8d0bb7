-- One row per service, environment class and local day, days without a deployment included.
{{ config(
    unique_key=['tenant_id', 'service', 'environment_class', 'day'],
    touched='touched_service_days',
    scope=['tenant_id', 'service', 'environment_class'],
    scope_from='day',
) }}
with

{% if is_incremental() -%}
touched as (
    {{ touched_service_days(this, config.get('scope')) }}
),

{% endif -%}
counted as (
    select
        days.tenant_id,
        days.scope as service,
        days.environment_class,
        days.day,
        days.deployment_count,
        days.failed_count,
        days.rollback_count,
        days.deployment_count - days.rollback_count as change_deployment_count,
        days.change_failure_count,
        days.rework_count,
        days.change_count,
        cardinality(days.recovery_seconds) as recovered_count,
        cardinality(days.lead_seconds) as n,
        {{ percentiles_of('days.lead_seconds') }} as lead_times,
        {{ percentiles_of('days.recovery_seconds') }} as recovery_times
    from {{ ref('int_deployments__scope_days') }} as days
    {% if is_incremental() -%}
    inner join touched
        on
            days.tenant_id = touched.tenant_id
            and days.scope = touched.service
            and days.environment_class = touched.environment_class
            and days.day >= touched.from_day
    {% endif -%}
    where days.scope_kind = 'service'
)

select
    days.tenant_id,
    days.service,
    days.environment_class,
    days.day,
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
from {{ ref('int_deployments__service_days') }} as days
{% if is_incremental() -%}
inner join touched
    on
        days.tenant_id = touched.tenant_id
        and days.service = touched.service
        and days.environment_class = touched.environment_class
        and days.day >= touched.from_day
{% endif -%}
left join counted
    on
        days.tenant_id = counted.tenant_id
        and days.service = counted.service
        and days.environment_class = counted.environment_class
        and days.day = counted.day
