-- One row per scope, window, period and metric: the rolling periods that end today and a window before, metric by metric.
with

current_scopes as (
    select
        periods.tenant_id,
        periods.scope_kind,
        periods.scope,
        windows.window_days
    from {{ ref('dora_periods') }} as periods
    inner join {{ ref('int_deployments__summary_windows') }} as windows
        on
            periods.tenant_id = windows.tenant_id
            and periods.period_kind = 'rolling_' || windows.window_days
            and periods.first_day = windows.first_day
            and windows.period = 0
)

select
    windows.tenant_id,
    current_scopes.scope_kind,
    current_scopes.scope,
    windows.window_days,
    windows.period,
    metrics.metric,
    metrics.unit,
    metrics.value,
    metrics.p75,
    metrics.p90,
    coalesce(metrics.n, 0) as n,
    metrics.coverage::double precision as coverage
from current_scopes
inner join {{ ref('int_deployments__summary_windows') }} as windows using (tenant_id, window_days)
-- Before the scope's first deployment there is no such period.
left join {{ ref('dora_periods') }} as periods
    on
        windows.tenant_id = periods.tenant_id
        and current_scopes.scope_kind = periods.scope_kind
        and current_scopes.scope = periods.scope
        and periods.period_kind = 'rolling_' || windows.window_days
        and periods.first_day = windows.first_day
cross join lateral (
    values
    (
        'deployment_frequency', 'deployments a day', periods.deployments_per_day, null::double precision,
        null::double precision, periods.deployment_count,
        coalesce(periods.observed_days, 0)::double precision / windows.window_days
    ),
    (
        'deployment_days_per_week', 'days a week', periods.deployment_days_per_week_p50, null, null, periods.week_count,
        case when periods.week_count > 0 then 1 end
    ),
    (
        'lead_time', 'seconds', periods.lead_time_p50_seconds, periods.lead_time_p75_seconds,
        periods.lead_time_p90_seconds, periods.n, periods.coverage
    ),
    (
        'merge_to_deploy_time', 'seconds', periods.merge_to_deploy_p50_seconds, periods.merge_to_deploy_p75_seconds,
        periods.merge_to_deploy_p90_seconds, periods.merged_count,
        periods.merged_count::double precision / nullif(periods.change_count, 0)
    ),
    (
        'change_failure_rate', 'ratio', periods.change_failure_rate, null, null,
        periods.deployment_count - periods.rollback_count, 1
    ),
    (
        'change_failure_rate_of_all', 'ratio', periods.change_failure_rate_of_all, null, null,
        periods.deployment_count, 1
    ),
    (
        'recovery_time', 'seconds', periods.recovery_p50_seconds, periods.recovery_p75_seconds,
        periods.recovery_p90_seconds, periods.recovered_count,
        periods.recovered_count::double precision / nullif(periods.change_failure_count, 0)
    ),
    ('rework_rate', 'ratio', periods.rework_rate, null, null, periods.deployment_count, 1),
    (
        'deployment_failure_rate', 'ratio', periods.deployment_failure_rate, null, null,
        periods.failed_count + periods.deployment_count, 1
    ),
    (
        'time_to_restore', 'seconds', periods.restore_p50_seconds, periods.restore_p75_seconds,
        periods.restore_p90_seconds, periods.restored_count,
        periods.restored_count::double precision / nullif(periods.incident_count, 0)
    )
) as metrics (metric, unit, value, p75, p90, n, coverage)
