-- One row per scope and period since its first production deployment, recomputed from single cases.
{{ config(
    unique_key=['tenant_id', 'scope_kind', 'scope', 'period_kind', 'first_day'],
    touched='touched_periods',
    scope=['tenant_id', 'period_kind', 'first_day'],
    indexes=[{'columns': ['tenant_id', 'period_kind', 'first_day']}],
) }}
{%- set cases = {
    'timed': 'lead_seconds', 'merged': 'merge_to_deploy_seconds', 'recovered': 'recovery_seconds', 'restored': 'restore_seconds',
} %}
{%- set counts = [
    'deployment_count', 'failed_count', 'rollback_count', 'change_failure_count', 'rework_count', 'change_count', 'incident_count',
] %}
-- depends_on: {{ ref('int_tenants__now') }}
with

-- Scopes and periods have numbers: a day is in some hundred periods, and sorting by names would be most of the work.
periods as (
    select
        *,
        row_number() over (order by tenant_id, period_kind, first_day) as period_number
    from {{ ref('int_deployments__periods') }}
    where {{ of_touched_tenants() }}
),

scopes as (
    select
        *,
        row_number() over (order by tenant_id, scope_kind, scope) as scope_number
    from {{ ref('int_deployments__scopes') }}
    where {{ of_touched_tenants() }}
),

-- Every scope in every period from its first production deployment on, also where nothing happened.
dense as (
    select
        scopes.tenant_id,
        scopes.scope_kind,
        scopes.scope,
        scopes.scope_number,
        periods.period_number,
        periods.period_kind,
        periods.first_day,
        periods.last_day,
        periods.first_day >= scopes.first_deployment_day and periods.last_day < periods.today as is_complete,
        greatest(
            least(periods.last_day, periods.today) - greatest(periods.first_day, scopes.first_deployment_day) + 1, 0
        ) as observed_days
    from scopes
    inner join periods
        on
            scopes.tenant_id = periods.tenant_id
            and periods.last_day >= least(scopes.first_deployment_day, periods.today)
    {% if is_incremental() -%}
    inner join ({{ touched_periods(this, config.get('scope')) }}) as touched
        on
            periods.tenant_id = touched.tenant_id
            and periods.period_kind = touched.period_kind
            and periods.first_day = touched.first_day
    {%- endif %}
),

-- The days of a scope's periods, and how many cases of each kind it has had by the end of the day.
days as (
    select
        {% for case, seconds in cases.items() -%}
        coalesce(cardinality(days.{{ seconds }}), 0) as {{ case }}_count,
        sum(coalesce(cardinality(days.{{ seconds }}), 0)) over so_far as {{ case }}_so_far,
        {% endfor -%}
        days.*,
        needed.scope_number
    from {{ ref('int_deployments__scope_days') }} as days
    inner join (
        select
            tenant_id,
            scope_kind,
            scope,
            scope_number,
            min(first_day) as first_day
        from dense
        group by tenant_id, scope_kind, scope, scope_number
    ) as needed
        on
            days.tenant_id = needed.tenant_id
            and days.scope_kind = needed.scope_kind
            and days.scope = needed.scope
            and days.day >= needed.first_day
    where days.environment_class = 'production'
    window so_far as (partition by needed.scope_number order by days.day)
),

-- The seconds of a scope's cases, from the first day to the last: those of a period are a slice. Sorted by period instead,
-- each case is there a hundred times. (A scope without cases has no series.)
series as (
    select
        {% for seconds in cases.values() -%}
        array_agg({{ seconds }} order by day) filter (where {{ seconds }} is not null) as {{ seconds }},
        {% endfor -%}
        scope_number
    from (
        select
            {% for seconds in cases.values() -%}
            unnest({{ seconds }}) as {{ seconds }},
            {% endfor -%}
            scope_number,
            day
        from days
    ) as cases
    group by scope_number
),

counted as (
    select
        {% for case in cases -%}
        sum(days.{{ case }}_count) as {{ case }}_count,
        max(days.{{ case }}_so_far) as {{ case }}_so_far,
        {% endfor -%}
        {% for count in counts -%}
        sum(days.{{ count }}) as {{ count }},
        {% endfor -%}
        days.scope_number,
        periods.period_number,
        count(*) filter (where days.deployment_count > 0) as deployment_days
    from days
    inner join (
        select
            tenant_id,
            period_number,
            generate_series(first_day::timestamp, least(last_day, today)::timestamp, interval '1 day')::date as day
        from periods  -- webhooks tell of days beyond the tenant's today: no day shows them yet, so no week may
        where period_number in (select dense.period_number from dense)
    ) as periods using (tenant_id, day)
    group by days.scope_number, periods.period_number
),

-- The deployment days of a scope's complete weeks, which follow one another. Those wholly within a period are a slice, too.
weeks as (
    select
        scopes.scope_number,
        min(weeks.first_day) as first_monday,
        array_agg(weeks.deployment_days order by weeks.first_day) as deployment_days
    from scopes
    inner join {{ ref('int_deployments__scope_weeks') }} as weeks using (tenant_id, scope_kind, scope)
    group by scopes.scope_number
),

by_week as (
    select
        dense.scope_number,
        dense.period_number,
        (
            select array_agg(slice.deployment_days order by slice.deployment_days)
            from
                unnest(
                    weeks.deployment_days[
                        greatest((dense.first_day - weeks.first_monday + 6) / 7, 0)
                        + 1:(dense.last_day - weeks.first_monday + 1) / 7
                    ]
                ) as slice (deployment_days)
        ) as deployment_days
    from dense
    inner join weeks using (scope_number)
    where dense.period_kind <> 'day'
),

sizes as (
    {% for case in cases -%}
    select {{ case }}_count::integer as n from counted
    where {{ case }}_count >= 5
    union
    {% endfor -%}
    select cardinality(deployment_days) as n from by_week
    where cardinality(deployment_days) >= 5
),

-- Where the interval of a median lies hangs on the number of cases alone.
places as materialized (
    {{ interval_places('sizes') | indent(4) }}
),

measured as (
    select
        {% for case, seconds in cases.items() -%}
        {{ percentiles_of_slice('series.' ~ seconds, case ~ '_so_far', case ~ '_count') }} as {{ seconds }},
        {{ interval_of_slice('series.' ~ seconds, case ~ '_so_far', case ~ '_count', case ~ '_places') }} as {{ seconds }}_ends,
        {% endfor -%}
        counted.*
    from counted
    left join series on counted.scope_number = series.scope_number
    {% for case in cases -%}
    left join places as {{ case }}_places on counted.{{ case }}_count = {{ case }}_places.n
    {% endfor %}
)

select
    dense.tenant_id,
    dense.scope_kind,
    dense.scope,
    dense.period_kind,
    dense.first_day,
    dense.last_day,
    dense.is_complete,
    dense.observed_days,
    coalesce(measured.deployment_count, 0) as deployment_count,
    coalesce(measured.deployment_days, 0) as deployment_days,
    coalesce(measured.deployment_count, 0)::double precision / nullif(dense.observed_days, 0) as deployments_per_day,
    ({{ percentiles_of('by_week.deployment_days') }})[1] as deployment_days_per_week_p50,
    coalesce(cardinality(by_week.deployment_days), 0)::bigint as week_count,
    {{ interval_end('by_week.deployment_days', 'week_places', 'low') }} as deployment_days_per_week_interval_low,
    {{ interval_end('by_week.deployment_days', 'week_places', 'high') }} as deployment_days_per_week_interval_high,
    coalesce(measured.change_count, 0) as change_count,
    coalesce(measured.timed_count, 0) as n,
    measured.timed_count::double precision / nullif(measured.change_count, 0) as coverage,
    measured.lead_seconds[1] as lead_time_p50_seconds,
    measured.lead_seconds[2] as lead_time_p75_seconds,
    measured.lead_seconds[3] as lead_time_p90_seconds,
    measured.lead_seconds_ends[1] as lead_time_interval_low_seconds,
    measured.lead_seconds_ends[2] as lead_time_interval_high_seconds,
    coalesce(measured.merged_count, 0) as merged_count,
    measured.merge_to_deploy_seconds[1] as merge_to_deploy_p50_seconds,
    measured.merge_to_deploy_seconds[2] as merge_to_deploy_p75_seconds,
    measured.merge_to_deploy_seconds[3] as merge_to_deploy_p90_seconds,
    measured.merge_to_deploy_seconds_ends[1] as merge_to_deploy_interval_low_seconds,
    measured.merge_to_deploy_seconds_ends[2] as merge_to_deploy_interval_high_seconds,
    coalesce(measured.rollback_count, 0) as rollback_count,
    coalesce(measured.change_failure_count, 0) as change_failure_count,
    measured.change_failure_count::double precision
    / nullif(measured.deployment_count - measured.rollback_count, 0) as change_failure_rate,
    measured.change_failure_count::double precision
    / nullif(measured.deployment_count, 0) as change_failure_rate_of_all,
    coalesce(measured.recovered_count, 0) as recovered_count,
    measured.recovery_seconds[1] as recovery_p50_seconds,
    measured.recovery_seconds[2] as recovery_p75_seconds,
    measured.recovery_seconds[3] as recovery_p90_seconds,
    measured.recovery_seconds_ends[1] as recovery_interval_low_seconds,
    measured.recovery_seconds_ends[2] as recovery_interval_high_seconds,
    coalesce(measured.rework_count, 0) as rework_count,
    measured.rework_count::double precision / nullif(measured.deployment_count, 0) as rework_rate,
    coalesce(measured.failed_count, 0) as failed_count,
    measured.failed_count::double precision
    / nullif(measured.failed_count + measured.deployment_count, 0) as deployment_failure_rate,
    coalesce(measured.incident_count, 0) as incident_count,
    coalesce(measured.restored_count, 0) as restored_count,
    measured.restore_seconds[1] as restore_p50_seconds,
    measured.restore_seconds[2] as restore_p75_seconds,
    measured.restore_seconds[3] as restore_p90_seconds,
    measured.restore_seconds_ends[1] as restore_interval_low_seconds,
    measured.restore_seconds_ends[2] as restore_interval_high_seconds
from dense
left join measured using (scope_number, period_number)
left join by_week using (scope_number, period_number)
left join places as week_places on cardinality(by_week.deployment_days) = week_places.n
