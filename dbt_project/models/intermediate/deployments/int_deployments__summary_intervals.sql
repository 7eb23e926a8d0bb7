-- One row per scope, window and median of five cases or more: its 95 % bootstrap interval.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key=['tenant_id', 'scope_kind', 'scope', 'window_days', 'metric'],
    indexes=[{'columns': ['tenant_id', 'scope_kind', 'scope', 'window_days', 'metric'], 'unique': True}],
) }}
with

-- What a window may show: most is older.
shown as (
    select
        tenant_id,
        min(first_day) as first_day
    from {{ ref('int_deployments__summary_windows') }}
    where period = 0 and {{ of_touched_tenants() }}
    group by tenant_id
),

days as (
    select days.*
    from shown
    inner join {{ ref('int_deployments__scope_days') }} as days
        on shown.tenant_id = days.tenant_id and shown.first_day <= days.day
    where days.environment_class = 'production'
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
        weeks.tenant_id,
        weeks.scope_kind,
        weeks.scope,
        weeks.first_day,
        weeks.last_day,
        'deployment_days_per_week' as metric,
        weeks.deployment_days as value
    from shown
    inner join {{ ref('int_deployments__scope_weeks') }} as weeks
        on shown.tenant_id = weeks.tenant_id and shown.first_day <= weeks.first_day
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

sizes as (
    select distinct n from samples
),

-- On which cases a replicate's middle falls hangs on their number alone: it is found once for all samples of a size.
places as materialized (
    {{ interval_places('sizes') | indent(4) }}
)

select
    samples.tenant_id,
    samples.scope_kind,
    samples.scope,
    samples.window_days,
    samples.metric,
    samples.n,
    {{ interval_end('samples.sorted', 'places', 'low') }} as low,
    {{ interval_end('samples.sorted', 'places', 'high') }} as high
from samples
inner join places using (n)
