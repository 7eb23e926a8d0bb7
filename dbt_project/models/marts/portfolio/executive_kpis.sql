-- One row per scope, window and KPI, with the value of the window before and the target in force.
{{ config(unique_key=['tenant_id', 'scope_kind', 'scope', 'window_days', 'definition_id']) }}
with

figures as (
    select * from {{ ref('int_portfolio__values') }}
    where {{ of_touched_tenants() }}
),

kpis as (
    select * from {{ ref('kpi_definitions') }}
),

-- Of each metric and scope the newest target that holds by now.
targets as (
    select distinct on (targets.tenant_id, targets.scope_kind, targets.scope, targets.metric)
        targets.tenant_id,
        targets.scope_kind,
        targets.scope,
        targets.metric,
        targets.value,
        targets.valid_from
    from {{ source('app', 'target') }} as targets
    inner join {{ ref('int_tenants__now') }} as tenants using (tenant_id)
    where targets.valid_from <= tenants.today
    order by
        targets.tenant_id, targets.scope_kind, targets.scope, targets.metric, targets.valid_from desc, targets.position
)

select
    current.tenant_id,
    current.metric as definition_id,
    current.scope_kind,
    current.scope,
    current.window_days,
    kpis.title,
    kpis.area,
    current.value,
    previous.value as previous_value,
    (current.value - previous.value) / nullif(abs(previous.value), 0) as change_ratio,
    targets.value as target,
    targets.valid_from as target_from,
    case kpis.better when 'lower' then current.value <= targets.value else current.value >= targets.value end as is_target_met,
    current.n,
    previous.n as previous_n,
    current.coverage,
    kpis.unit,
    kpis.better,
    kpis.meaning,
    tenants.today as as_of
from figures as current
inner join kpis on current.metric = kpis.metric
inner join figures as previous
    on
        current.tenant_id = previous.tenant_id
        and current.scope_kind = previous.scope_kind
        and current.scope = previous.scope
        and current.window_days = previous.window_days
        and current.metric = previous.metric
        and previous.period = 1
inner join {{ ref('int_tenants__now') }} as tenants on current.tenant_id = tenants.tenant_id
left join targets
    on
        current.tenant_id = targets.tenant_id
        and current.scope_kind = targets.scope_kind
        and current.scope = targets.scope
        and current.metric = targets.metric
where current.period = 0
