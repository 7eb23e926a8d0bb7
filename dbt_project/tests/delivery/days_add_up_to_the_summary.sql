-- What can be added up over days gives the value and the n of every window again. (An incident that was over before the
-- scope's first deployment counts in the window and stands on no day.)
with

windows as (
    select
        summary.tenant_id,
        summary.scope_kind,
        summary.scope,
        summary.window_days,
        summary.metric,
        summary.value,
        summary.n,
        sum(days.observed_days) as observed_days,
        sum(days.deployment_count) as deployments,
        sum(days.deployment_count - days.rollback_count) as changing,
        sum(days.change_failure_count) as failures,
        sum(days.rework_count) as rework,
        sum(days.failed_count) as failed,
        sum(days.n) as timed,
        sum(days.merged_count) as merged,
        sum(days.recovered_count) as recovered,
        sum(days.restored_count) as restored
    from {{ ref('dora_summary') }} as summary
    inner join {{ ref('dora_periods') }} as days
        on
            summary.tenant_id = days.tenant_id
            and summary.scope_kind = days.scope_kind
            and summary.scope = days.scope
            and days.period_kind = 'day'
            and days.first_day between summary.as_of - summary.window_days + 1 and summary.as_of
    group by 1, 2, 3, 4, 5, 6, 7
)

select
    windows.*,
    again.value as value_again,
    again.n as n_again
from windows
inner join lateral (
    values
    ('deployment_frequency', windows.deployments / nullif(windows.observed_days, 0), windows.deployments, true),
    ('change_failure_rate', windows.failures / nullif(windows.changing, 0), windows.changing, true),
    ('change_failure_rate_of_all', windows.failures / nullif(windows.deployments, 0), windows.deployments, true),
    ('rework_rate', windows.rework / nullif(windows.deployments, 0), windows.deployments, true),
    (
        'deployment_failure_rate', windows.failed / nullif(windows.failed + windows.deployments, 0),
        windows.failed + windows.deployments, true
    ),
    ('lead_time', null, windows.timed, false),
    ('merge_to_deploy_time', null, windows.merged, false),
    ('recovery_time', null, windows.recovered, false),
    ('time_to_restore', null, windows.restored, false)
) as again (metric, value, n, has_value) on windows.metric = again.metric
where
    (
        windows.n is distinct from again.n
        and (windows.metric <> 'time_to_restore' or windows.observed_days = windows.window_days)
    )
    or (again.has_value and (windows.value is null) is distinct from (again.value is null))
    or abs(windows.value - again.value) > 1e-9
