-- One row per scope and window of dora_summary, with the first day on which a production deployment was seen there.
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key=['tenant_id', 'scope_kind', 'scope', 'window_days'],
    indexes=[{'columns': ['tenant_id', 'scope_kind', 'scope', 'window_days'], 'unique': True}],
) }}
select
    days.tenant_id,
    days.scope_kind,
    days.scope,
    windows.window_days,
    windows.first_day,
    windows.last_day,
    windows.time_zone,
    min(days.day) as first_deployment_day
from {{ ref('int_deployments__scope_days') }} as days
inner join {{ ref('int_deployments__summary_windows') }} as windows on days.tenant_id = windows.tenant_id
where
    days.environment_class = 'production'
    and days.attempt_count > 0
    and windows.period = 0
    and {{ of_touched_tenants('days.tenant_id') }}
group by 1, 2, 3, 4, 5, 6, 7
