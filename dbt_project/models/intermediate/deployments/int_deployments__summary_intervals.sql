-- One row per scope, window and median of five cases or more: its 95 % bootstrap interval.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key=['tenant_id', 'scope_kind', 'scope', 'window_days', 'metric'],
    indexes=[{'columns': ['tenant_id', 'scope_kind', 'scope', 'window_days', 'metric'], 'unique': True}],
) }}
with

days as (
    select *
    from {{ ref('int_deployments__scope_days') }}
    where environment_class = 'production' and {{ of_touched_tenants() }}
),

cases as (
    {% for metric, seconds in {
        'lead_time': 'lead_seconds',
        'merge_to_deploy_time': 'merge_to_deploy_seconds',
        'recovery_time': 'recovery_seconds',
        'time_to_restore': 'restore_seconds',
    }.items() -%}
    select
        tenant_id,
        scope_kind,
        scope,
        day as first_day,
        day as last_day,
        '{{ metric }}' as metric,
        unnest({{ seconds }}) as value
    from days
    union all
    {% endfor -%}
    select
        tenant_id,
        scope_kind,
        scope,
        first_day,
        last_day,
        'deployment_days_per_week' as metric,
        deployment_days as value
    from {{ ref('int_deployments__scope_weeks') }}
    where {{ of_touched_tenants() }}
),

samples as (
    select
        cases.tenant_id,
        cases.scope_kind,
        cases.scope,
        windows.window_days,
        cases.metric,
        count(*)::integer as n,
        array_agg(cases.value order by cases.value) as sorted
    from cases
    inner join {{ ref('int_deployments__summary_windows') }} as windows
        on
            cases.tenant_id = windows.tenant_id
            and cases.first_day >= windows.first_day
            and cases.last_day <= windows.last_day
            and windows.period = 0
    group by 1, 2, 3, 4, 5
    having count(*) >= 5
),

-- On which cases a replicate's middle falls hangs on their number alone: it is found once for all samples of a size.
middles as materialized (
    select
        sizes.n,
        array_agg(1 + floor(sizes.n * middles.lower)::integer order by draws.replicate) as lower,
        array_agg(1 + floor(sizes.n * middles.upper)::integer order by draws.replicate) as upper
    from (select distinct samples.n from samples) as sizes
    cross join {{ ref('int_deployments__bootstrap_draws') }} as draws
    {{ resampled_middles('sizes.n', 'draws') }}
    group by sizes.n
)

select
    samples.tenant_id,
    samples.scope_kind,
    samples.scope,
    samples.window_days,
    samples.metric,
    samples.n,
    intervals.bounds[1] as low,
    intervals.bounds[2] as high
from samples
inner join middles using (n)
cross join lateral (
    select
        percentile_cont(array[0.025, 0.975]) within group (
            order by (samples.sorted[places.lower] + samples.sorted[places.upper]) / 2
        ) as bounds
    from (
        select
            unnest(middles.lower) as lower,
            unnest(middles.upper) as upper
    ) as places
) as intervals
