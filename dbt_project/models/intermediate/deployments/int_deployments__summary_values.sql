-- One row per scope, window, period and metric: the value, recomputed from single deployments, changes and incidents.
with

measured as (
    select
        facts.tenant_id,
        facts.scope_kind,
        facts.scope,
        windows.window_days,
        windows.period,
        windows.first_day,
        windows.last_day,
        count(*) filter (where is_success) as deployments,
        count(*) filter (where is_failed) as failed,
        count(*) filter (where is_success and not is_rollback) as change_deployments,
        count(*) filter (where is_change_failure) as change_failures,
        count(*) filter (where is_success and is_rework) as rework,
        percentile_cont(0.5) within group (order by seconds) filter (where is_change_failure) as recovery,
        count(seconds) filter (where is_change_failure) as recovered,
        count(*) filter (where fact = 'change') as changes,
        count(seconds) filter (where fact = 'change') as timed_changes,
        percentile_cont(0.5) within group (order by seconds) filter (where fact = 'change') as lead_time,
        count(*) filter (where fact = 'incident') as incidents,
        percentile_cont(0.5) within group (order by seconds) filter (where fact = 'incident') as restore
    from {{ ref('int_deployments__summary_facts') }} as facts
    inner join {{ ref('int_deployments__summary_windows') }} as windows
        on facts.tenant_id = windows.tenant_id and facts.day between windows.first_day and windows.last_day
    group by 1, 2, 3, 4, 5, 6, 7
),

scopes as (
    select
        tenant_id,
        scope_kind,
        scope,
        min(day) filter (where fact = 'deployment') as first_deployment_day
    from {{ ref('int_deployments__summary_facts') }}
    group by tenant_id, scope_kind, scope
    having bool_or(fact = 'deployment')
),

-- Every scope in every window, also where nothing happened.
dense as (
    select
        scopes.tenant_id,
        scopes.scope_kind,
        scopes.scope,
        windows.window_days,
        windows.period,
        greatest(windows.last_day - greatest(windows.first_day, scopes.first_deployment_day) + 1, 0) as observed_days,
        coalesce(measured.deployments, 0) as deployments,
        coalesce(measured.failed, 0) as failed,
        coalesce(measured.change_deployments, 0) as change_deployments,
        coalesce(measured.change_failures, 0) as change_failures,
        coalesce(measured.rework, 0) as rework,
        measured.recovery,
        coalesce(measured.recovered, 0) as recovered,
        coalesce(measured.changes, 0) as changes,
        coalesce(measured.timed_changes, 0) as timed_changes,
        measured.lead_time,
        coalesce(measured.incidents, 0) as incidents,
        measured.restore
    from scopes
    inner join {{ ref('int_deployments__summary_windows') }} as windows using (tenant_id)
    left join measured using (tenant_id, scope_kind, scope, window_days, period)
)

select
    dense.tenant_id,
    dense.scope_kind,
    dense.scope,
    dense.window_days,
    dense.period,
    metrics.metric,
    metrics.unit,
    metrics.value::double precision as value,
    metrics.n::bigint as n,
    metrics.coverage::double precision as coverage
from dense
cross join lateral (
    values
    (
        'deployment_frequency', 'deployments a day',
        dense.deployments::double precision / nullif(dense.observed_days, 0), dense.deployments,
        dense.observed_days::double precision / dense.window_days
    ),
    (
        'lead_time', 'seconds', dense.lead_time, dense.timed_changes,
        dense.timed_changes::double precision / nullif(dense.changes, 0)
    ),
    (
        'change_failure_rate', 'ratio',
        dense.change_failures::double precision / nullif(dense.change_deployments, 0), dense.change_deployments, 1
    ),
    (
        'recovery_time', 'seconds', dense.recovery, dense.recovered,
        dense.recovered::double precision / nullif(dense.change_failures, 0)
    ),
    ('rework_rate', 'ratio', dense.rework::double precision / nullif(dense.deployments, 0), dense.deployments, 1),
    (
        'deployment_failure_rate', 'ratio',
        dense.failed::double precision / nullif(dense.failed + dense.deployments, 0), dense.failed + dense.deployments, 1
    ),
    ('time_to_restore', 'seconds', dense.restore, dense.incidents, 1)
) as metrics (metric, unit, value, n, coverage)
