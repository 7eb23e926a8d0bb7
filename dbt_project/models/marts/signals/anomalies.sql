-- One row per series and day on which its value was not what its past led to expect.
{{ config(unique_key=['tenant_id', 'metric', 'entity', 'day'], touched='all_tenants') }}
select
    tenant_id,
    metric,
    entity,
    day,
    value,
    expected,
    score,
    direction,
    kind
from {{ source('ml', 'anomalies') }}
where tenant_id in (select tenant_id from {{ source('app', 'tenant') }})
