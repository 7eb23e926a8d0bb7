-- Every rate, of every scope and window.
select
    tenant_id,
    scope_kind,
    scope,
    window_days,
    metric
from {{ ref('dora_summary') }}
where unit = 'ratio' and (value < 0 or value > 1)
