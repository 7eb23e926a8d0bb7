-- One row per scope, window and metric, with the benchmark's band and the value of the window before.
{{ config(unique_key=['tenant_id', 'scope_kind', 'scope', 'window_days', 'metric']) }}
with

measured as (
    select * from {{ ref('int_deployments__summary_values') }}
    where {{ of_touched_tenants() }}
),

benchmarks as (
    select * from {{ ref('dora_benchmarks') }}
    where year = (select max(newest.year) from {{ ref('dora_benchmarks') }} as newest)
)

select
    current.tenant_id,
    current.scope_kind,
    current.scope,
    current.window_days,
    current.metric,
    current.value,
    current.p75,
    current.p90,
    intervals.low as interval_low,
    intervals.high as interval_high,
    current.unit,
    current.n,
    current.coverage,
    benchmarks.band,
    benchmarks.year as band_year,
    previous.value as previous_value,
    tenants.today as as_of
from measured as current
inner join measured as previous
    on
        current.tenant_id = previous.tenant_id
        and current.scope_kind = previous.scope_kind
        and current.scope = previous.scope
        and current.window_days = previous.window_days
        and current.metric = previous.metric
        and previous.period = 1
inner join {{ ref('int_tenants__now') }} as tenants on current.tenant_id = tenants.tenant_id
left join {{ ref('int_deployments__summary_intervals') }} as intervals
    on
        current.tenant_id = intervals.tenant_id
        and current.scope_kind = intervals.scope_kind
        and current.scope = intervals.scope
        and current.window_days = intervals.window_days
        and current.metric = intervals.metric
left join benchmarks
    on
        current.metric = benchmarks.metric
        and {{ falls_in_band('current.value') }}
where current.period = 0
