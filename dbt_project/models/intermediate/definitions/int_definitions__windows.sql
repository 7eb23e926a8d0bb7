-- One row per scope and window of dora_summary, with the first day on which a production deployment was seen there.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key=['tenant_id', 'scope_kind', 'scope', 'window_days'],
    indexes=[{'columns': ['tenant_id', 'scope_kind', 'scope', 'window_days'], 'unique': True}],
) }}
select
    scopes.tenant_id,
    scopes.scope_kind,
    scopes.scope,
    windows.window_days,
    windows.first_day,
    windows.last_day,
    windows.time_zone,
    scopes.first_deployment_day
from {{ ref('int_deployments__scopes') }} as scopes
inner join {{ ref('int_deployments__summary_windows') }} as windows on scopes.tenant_id = windows.tenant_id
where windows.period = 0 and {{ of_touched_tenants('scopes.tenant_id') }}
