-- One row per project and day ahead, a week apart.
{{ config(unique_key=['tenant_id', 'source', 'project', 'day'], touched='all_tenants') }}
select
    tenant_id,
    source,
    project,
    day,
    made_on,
    count_p50,
    count_p85,
    count_p95
from {{ source('ml', 'throughput_forecasts') }}
where tenant_id in (select tenant_id from {{ source('app', 'tenant') }})
