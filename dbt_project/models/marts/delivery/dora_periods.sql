-- One row per scope and period since its first production deployment, recomputed from single cases.
{{ config(unique_key=['tenant_id', 'scope_kind', 'scope', 'period_kind', 'first_day']) }}
{%- set cases = {
    'timed_count': ['seconds', "fact = 'change'"],
    'merged_count': ['seconds_from_merge', 'true'],
    'recovered_count': ['seconds', 'is_change_failure'],
    'restored_count': ['seconds', "fact = 'incident'"],
} %}
with

-- Scopes and periods have numbers: a day is in some hundred periods, and sorting by names would be most of the work.
facts as (
    select
        *,
        dense_rank() over (order by tenant_id, scope_kind, scope) as scope_number
    from {{ ref('int_deployments__summary_facts') }}
    where {{ of_touched_tenants() }}
),

periods as (
    select
        *,
        row_number() over (order by tenant_id, period_kind, first_day) as period_number
    from {{ ref('int_deployments__periods') }}
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
    from (
        select
            tenant_id,
            scope_kind,
            scope,
            scope_number,
            min(day) as first_deployment_day
        from facts
        where fact = 'deployment'
        group by tenant_id, scope_kind, scope, scope_number
    ) as scopes
    inner join periods
        on
            scopes.tenant_id = periods.tenant_id
            and periods.last_day >= least(scopes.first_deployment_day, periods.today)
),

-- What a scope's days count, and how many cases of each kind it has had by the end of the day.
days as (
    select
        {% for count in cases -%}
        sum({{ count }}) over (partition by scope_number order by day) as {{ count }}_so_far,
        {% endfor -%}
        *
    from (
        select
            {% for count, (seconds, kind) in cases.items() -%}
            (count({{ seconds }}) filter (where {{ kind }}))::integer as {{ count }},
            {% endfor -%}
            tenant_id,
            scope_number,
            day,
            (count(*) filter (where is_success))::integer as deployment_count,
            (count(*) filter (where is_failed))::integer as failed_count,
            (count(*) filter (where is_success and is_rollback))::integer as rollback_count,
            (count(*) filter (where is_change_failure))::integer as change_failure_count,
            (count(*) filter (where is_success and is_rework))::integer as rework_count,
            (count(*) filter (where fact = 'change'))::integer as change_count,
            (count(*) filter (where fact = 'incident'))::integer as incident_count
        from facts
        group by tenant_id, scope_number, day
    ) as counted
),

-- The seconds of a scope's cases, from the first day to the last: those of a period are a slice. Sorted by period instead,
-- each case is there a hundred times.
series as (
    select
        {% for count, (seconds, kind) in cases.items() -%}
        array_agg({{ seconds }} order by day) filter (where {{ kind }} and {{ seconds }} is not null) as {{ count }}_seconds,
        {% endfor -%}
        scope_number
    from facts
    group by scope_number
),

counted as (
    select
        {% for count in cases -%}
        sum(days.{{ count }}) as {{ count }},
        max(days.{{ count }}_so_far) as {{ count }}_so_far,
        {% endfor -%}
        days.scope_number,
        periods.period_number,
        sum(days.deployment_count) as deployment_count,
        count(*) filter (where days.deployment_count > 0) as deployment_days,
        sum(days.failed_count) as failed_count,
        sum(days.rollback_count) as rollback_count,
        sum(days.change_failure_count) as change_failure_count,
        sum(days.rework_count) as rework_count,
        sum(days.change_count) as change_count,
        sum(days.incident_count) as incident_count
    from days
    inner join (
        select
            tenant_id,
            period_number,
            generate_series(first_day::timestamp, least(last_day, today)::timestamp, interval '1 day')::date as day
        from periods  -- webhooks tell of days beyond the tenant's today: no day shows them yet, so no week may
    ) as periods using (tenant_id, day)
    group by days.scope_number, periods.period_number
),

measured as (
    select
        {% for count in cases -%}
        {{ percentiles_of_slice('series.' ~ count ~ '_seconds', count ~ '_so_far', count) }} as {{ count }}_percentiles,
        {% endfor -%}
        counted.*
    from counted
    inner join series on counted.scope_number = series.scope_number
),

weeks as (
    select
        dense.tenant_id,
        dense.scope_number,
        dense.first_day,
        dense.last_day,
        coalesce(measured.deployment_days, 0) as deployment_days
    from dense
    left join measured using (scope_number, period_number)
    where dense.period_kind = 'week' and dense.is_complete
),

-- The complete weeks that lie wholly within a period: from its first Monday on.
weekly as (
    select
        weeks.scope_number,
        periods.period_number,
        count(*) as week_count,
        percentile_cont(0.5) within group (order by weeks.deployment_days) as deployment_days_p50
    from (
        select
            tenant_id,
            period_number,
            generate_series(
                date_trunc('week', (first_day + 6)::timestamp), (last_day - 6)::timestamp, interval '7 days'
            )::date as first_day
        from periods
    ) as periods
    inner join weeks using (tenant_id, first_day)
    group by weeks.scope_number, periods.period_number
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
    weekly.deployment_days_p50 as deployment_days_per_week_p50,
    coalesce(weekly.week_count, 0) as week_count,
    coalesce(measured.change_count, 0) as change_count,
    coalesce(measured.timed_count, 0) as n,
    measured.timed_count::double precision / nullif(measured.change_count, 0) as coverage,
    measured.timed_count_percentiles[1] as lead_time_p50_seconds,
    measured.timed_count_percentiles[2] as lead_time_p75_seconds,
    measured.timed_count_percentiles[3] as lead_time_p90_seconds,
    coalesce(measured.merged_count, 0) as merged_count,
    measured.merged_count_percentiles[1] as merge_to_deploy_p50_seconds,
    measured.merged_count_percentiles[2] as merge_to_deploy_p75_seconds,
    measured.merged_count_percentiles[3] as merge_to_deploy_p90_seconds,
    coalesce(measured.rollback_count, 0) as rollback_count,
    coalesce(measured.change_failure_count, 0) as change_failure_count,
    measured.change_failure_count::double precision
    / nullif(measured.deployment_count - measured.rollback_count, 0) as change_failure_rate,
    measured.change_failure_count::double precision
    / nullif(measured.deployment_count, 0) as change_failure_rate_of_all,
    coalesce(measured.recovered_count, 0) as recovered_count,
    measured.recovered_count_percentiles[1] as recovery_p50_seconds,
    measured.recovered_count_percentiles[2] as recovery_p75_seconds,
    measured.recovered_count_percentiles[3] as recovery_p90_seconds,
    coalesce(measured.rework_count, 0) as rework_count,
    measured.rework_count::double precision / nullif(measured.deployment_count, 0) as rework_rate,
    coalesce(measured.failed_count, 0) as failed_count,
    measured.failed_count::double precision
    / nullif(measured.failed_count + measured.deployment_count, 0) as deployment_failure_rate,
    coalesce(measured.incident_count, 0) as incident_count,
    coalesce(measured.restored_count, 0) as restored_count,
    measured.restored_count_percentiles[1] as restore_p50_seconds,
    measured.restored_count_percentiles[2] as restore_p75_seconds,
    measured.restored_count_percentiles[3] as restore_p90_seconds
from dense
left join measured using (scope_number, period_number)
left join weekly using (scope_number, period_number)
