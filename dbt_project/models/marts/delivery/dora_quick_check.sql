-- One row per scope and window: DORA's Quick Check score, from 0 to 10, and those of the metrics that it is the mean of.
{{ config(unique_key=['tenant_id', 'scope_kind', 'scope', 'window_days']) }}
with

scored as (
    select
        summary.tenant_id,
        summary.scope_kind,
        summary.scope,
        summary.window_days,
        summary.metric,
        summary.as_of,
        -- numeric: a mean of floats would hang on the order in which they come
        (case
            when summary.metric in ('change_failure_rate', 'rework_rate') then 10 - 10 * summary.value
            else (levels.level - 1) * 2
        end)::numeric as score
    from {{ ref('dora_summary') }} as summary
    left join {{ ref('quick_check_levels') }} as levels
        on
            summary.metric = levels.metric
            and summary.value >= levels.low
            and summary.value < coalesce(levels.high, 'infinity')
    where {{ of_touched_tenants('summary.tenant_id') }}
)

select
    tenant_id,
    scope_kind,
    scope,
    window_days,
    avg(score)::double precision as score,
    count(score) as n,
    (max(score) filter (where metric = 'lead_time'))::double precision as lead_time_score,
    (max(score) filter (where metric = 'deployment_frequency'))::double precision as deployment_frequency_score,
    (max(score) filter (where metric = 'recovery_time'))::double precision as recovery_time_score,
    (max(score) filter (where metric = 'change_failure_rate'))::double precision as change_failure_rate_score,
    (max(score) filter (where metric = 'rework_rate'))::double precision as rework_rate_score,
    as_of
from scored
where metric in ('lead_time', 'deployment_frequency', 'recovery_time', 'change_failure_rate', 'rework_rate')
group by tenant_id, scope_kind, scope, window_days, as_of
