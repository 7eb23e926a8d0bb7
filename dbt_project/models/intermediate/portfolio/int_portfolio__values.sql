-- One row per scope, window, period and metric: the figure, recomputed from single cases, never from other figures.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key=['tenant_id', 'scope_kind', 'scope', 'window_days', 'period', 'metric'],
    indexes=[{'columns': ['tenant_id', 'scope_kind', 'scope', 'window_days', 'period', 'metric'], 'unique': True}],
) }}
with

facts as materialized (
    select tenant_id, scope_kind, scope, metric, figure, day, is_hit, value
    from {{ ref('int_portfolio__facts') }}
    where figure <> 'balance' and {{ of_touched_tenants() }}
    union all
    -- Of all that was ever opened and resolved a sum by day is enough.
    select tenant_id, scope_kind, scope, metric, figure, day, null as is_hit, sum(value) as value
    from {{ ref('int_portfolio__facts') }}
    where figure = 'balance' and {{ of_touched_tenants() }}
    group by tenant_id, scope_kind, scope, metric, figure, day
),

-- Every figure of a scope in every window, also where nothing happened; who deploys has all figures of delivery.
known as (
    select
        tenant_id,
        scope_kind,
        scope,
        metric,
        figure,
        min(day) as first_day
    from facts
    group by tenant_id, scope_kind, scope, metric, figure
    union
    select
        facts.tenant_id,
        facts.scope_kind,
        facts.scope,
        others.metric,
        others.figure,
        min(facts.day) as first_day
    from facts
    cross join (
        values ('lead_time', 'median'), ('recovery_time', 'median'), ('change_failure_rate', 'share')
    ) as others (metric, figure)
    where
        facts.metric = 'deployment_frequency'
        and not exists (
            select from facts as found
            where
                found.tenant_id = facts.tenant_id
                and found.scope_kind = facts.scope_kind
                and found.scope = facts.scope
                and found.metric = others.metric
        )
    group by facts.tenant_id, facts.scope_kind, facts.scope, others.metric, others.figure
),

recent as (
    select facts.*
    from facts
    inner join (
        select tenant_id, min(first_day) as first_day
        from {{ ref('int_deployments__summary_windows') }}
        group by tenant_id
    ) as oldest using (tenant_id)
    where facts.figure = 'balance' or facts.day >= oldest.first_day
),

measured as (
    select
        known.tenant_id,
        known.scope_kind,
        known.scope,
        known.metric,
        known.figure,
        windows.window_days,
        windows.period,
        greatest(windows.last_day - greatest(windows.first_day, known.first_day) + 1, 0) as observed_days,
        count(recent.day) as cases,
        count(recent.value) as timed_cases,
        count(*) filter (where recent.is_hit) as hits,
        sum(recent.value) as balance,
        percentile_cont(0.5) within group (order by recent.value) as median
    from known
    inner join {{ ref('int_deployments__summary_windows') }} as windows using (tenant_id)
    left join recent
        on
            known.tenant_id = recent.tenant_id
            and known.scope_kind = recent.scope_kind
            and known.scope = recent.scope
            and known.metric = recent.metric
            and recent.day <= windows.last_day
            -- What is open is what was ever opened and not resolved since.
            and (recent.day >= windows.first_day or recent.figure = 'balance')
    group by 1, 2, 3, 4, 5, 6, 7, 8
)

select
    tenant_id,
    scope_kind,
    scope,
    window_days,
    period,
    metric,
    (case figure
        when 'per_day' then hits::double precision / nullif(observed_days, 0)
        when 'share' then hits::double precision / nullif(cases, 0)
        when 'count' then cases
        when 'balance' then coalesce(balance, 0)
        else median
    end)::double precision as value,
    (case figure
        when 'per_day' then hits
        when 'median' then timed_cases
        when 'balance' then coalesce(balance, 0)
        else cases
    end)::bigint as n,
    (case figure
        when 'per_day' then observed_days::double precision / window_days
        when 'median' then timed_cases::double precision / nullif(cases, 0)
        else 1
    end)::double precision as coverage
from measured

union all

select
    tenant_id,
    scope_kind,
    scope,
    window_days,
    period,
    metric,
    value,
    n,
    coverage
from {{ ref('int_deployments__summary_values') }}
where scope_kind in ('tenant', 'service', 'repository') and {{ of_touched_tenants() }}
