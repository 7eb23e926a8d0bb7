-- One row per scope, window, metric and definition: the same deployments, changes and incidents, counted four ways.
{{ config(unique_key=['tenant_id', 'scope_kind', 'scope', 'window_days', 'metric', 'definition']) }}
{% set keys = 'tenant_id, scope_kind, scope, window_days, metric' -%}
with

measured as (
    select 'clearsignal' as definition, {{ keys }}, value, n, null as reads_as from {{ ref('dora_summary') }}
    union all
    select 'devlake' as definition, {{ keys }}, value, n, null as reads_as from {{ ref('int_definitions__devlake') }}
    union all
    select 'fourkeys' as definition, {{ keys }}, value, n, reads_as from {{ ref('int_definitions__fourkeys') }}
    union all
    select 'gitlab' as definition, {{ keys }}, value, n, null as reads_as from {{ ref('int_definitions__gitlab') }}
)

select
    windows.tenant_id,
    windows.scope_kind,
    windows.scope,
    windows.window_days,
    definitions.metric,
    definitions.definition,
    measured.value,
    definitions.unit,
    coalesce(measured.n, 0)::bigint as n,
    measured.reads_as,
    definitions.meaning,
    definitions.difference,
    windows.last_day as as_of
from {{ ref('int_definitions__windows') }} as windows
cross join {{ ref('metric_definitions') }} as definitions
left join measured using (tenant_id, scope_kind, scope, window_days, metric, definition)
where {{ of_touched_tenants('windows.tenant_id') }}
