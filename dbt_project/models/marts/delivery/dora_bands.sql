-- One row per scope, window, metric and year of the benchmark: the band in which the value lies by that year's survey.
{{ config(unique_key=['tenant_id', 'scope_kind', 'scope', 'window_days', 'metric', 'year']) }}
with

surveys as (
    select distinct
        year,
        metric,
        source
    from {{ ref('dora_benchmarks') }}
)

select
    summary.tenant_id,
    summary.scope_kind,
    summary.scope,
    summary.window_days,
    summary.metric,
    surveys.year,
    summary.value,
    summary.unit,
    benchmarks.band,
    surveys.source,
    summary.as_of
from {{ ref('dora_summary') }} as summary
inner join surveys on summary.metric = surveys.metric
left join {{ ref('dora_benchmarks') }} as benchmarks
    on
        surveys.year = benchmarks.year
        and summary.metric = benchmarks.metric
        and {{ falls_in_band('summary.value') }}
where {{ of_touched_tenants('summary.tenant_id') }}
