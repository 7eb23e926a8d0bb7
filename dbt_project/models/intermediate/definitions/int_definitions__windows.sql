-- One row per scope and window of dora_summary, with the first day on which a production deployment was seen there.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key=['tenant_id', 'scope_kind', 'scope', 'window_days'],
    indexes=[{'columns': ['tenant_id', 'scope_kind', 'scope', 'window_days'], 'unique': True}],
) }}
select
    facts.tenant_id,
    facts.scope_kind,
    facts.scope,
    windows.window_days,
    windows.first_day,
    windows.last_day,
    windows.time_zone,
    min(facts.day) as first_deployment_day
from {{ ref('int_deployments__summary_facts') }} as facts
inner join {{ ref('int_deployments__summary_windows') }} as windows on facts.tenant_id = windows.tenant_id
where facts.fact = 'deployment' and windows.period = 0 and {{ of_touched_tenants('facts.tenant_id') }}
group by 1, 2, 3, 4, 5, 6, 7
