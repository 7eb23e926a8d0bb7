-- One row per scope and period since its first production deployment, recomputed from single cases.
{{ config(unique_key=['tenant_id', 'scope_kind', 'scope', 'period_kind', 'first_day']) }}
with

-- Scopes and periods have numbers: a fact is in some hundred periods, and sorting by names would be most of the work.
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

measured as (
    select
        facts.scope_number,
        periods.period_number,
        count(*) filter (where facts.is_success) as deployment_count,
        count(distinct facts.day) filter (where facts.is_success) as deployment_days,
        count(*) filter (where facts.is_failed) as failed_count,
        count(*) filter (where facts.is_success and facts.is_rollback) as rollback_count,
        count(*) filter (where facts.is_change_failure) as change_failure_count,
        count(*) filter (where facts.is_success and facts.is_rework) as rework_count,
        count(*) filter (where facts.fact = 'change') as change_count,
        count(facts.seconds) filter (where facts.fact = 'change') as timed_count,
        count(facts.seconds_from_merge) as merged_count,
        count(facts.seconds) filter (where facts.is_change_failure) as recovered_count,
        count(*) filter (where facts.fact = 'incident') as incident_count,
        count(facts.seconds) filter (where facts.fact = 'incident') as restored_count,
        {{ percentiles('facts.seconds', "facts.fact = 'change'") }} as lead_time,
        {{ percentiles('facts.seconds_from_merge', 'facts.seconds_from_merge is not null') }} as merge_to_deploy,
        {{ percentiles('facts.seconds', 'facts.is_change_failure') }} as recovery,
        {{ percentiles('facts.seconds', "facts.fact = 'incident'") }} as restore
    from facts
    inner join (
        select
            tenant_id,
            period_number,
            generate_series(first_day::timestamp, least(last_day, today)::timestamp, interval '1 day')::date as day
        from periods  -- webhooks tell of days beyond the tenant's today: no day shows them yet, so no week may
    ) as periods using (tenant_id, day)
    group by facts.scope_number, periods.period_number
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
    measured.lead_time[1] as lead_time_p50_seconds,
    measured.lead_time[2] as lead_time_p75_seconds,
    measured.lead_time[3] as lead_time_p90_seconds,
    coalesce(measured.merged_count, 0) as merged_count,
    measured.merge_to_deploy[1] as merge_to_deploy_p50_seconds,
    measured.merge_to_deploy[2] as merge_to_deploy_p75_seconds,
    measured.merge_to_deploy[3] as merge_to_deploy_p90_seconds,
    coalesce(measured.rollback_count, 0) as rollback_count,
    coalesce(measured.change_failure_count, 0) as change_failure_count,
    measured.change_failure_count::double precision
    / nullif(measured.deployment_count - measured.rollback_count, 0) as change_failure_rate,
    measured.change_failure_count::double precision
    / nullif(measured.deployment_count, 0) as change_failure_rate_of_all,
    coalesce(measured.recovered_count, 0) as recovered_count,
    measured.recovery[1] as recovery_p50_seconds,
    measured.recovery[2] as recovery_p75_seconds,
    measured.recovery[3] as recovery_p90_seconds,
    coalesce(measured.rework_count, 0) as rework_count,
    measured.rework_count::double precision / nullif(measured.deployment_count, 0) as rework_rate,
    coalesce(measured.failed_count, 0) as failed_count,
    measured.failed_count::double precision
    / nullif(measured.failed_count + measured.deployment_count, 0) as deployment_failure_rate,
    coalesce(measured.incident_count, 0) as incident_count,
    coalesce(measured.restored_count, 0) as restored_count,
    measured.restore[1] as restore_p50_seconds,
    measured.restore[2] as restore_p75_seconds,
    measured.restore[3] as restore_p90_seconds
from dense
left join measured using (scope_number, period_number)
left join weekly using (scope_number, period_number)
