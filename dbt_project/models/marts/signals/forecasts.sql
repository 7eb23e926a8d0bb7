-- One row per series, model and day ahead. A series that is refused has one row a model, with the reason.
{{ config(unique_key=['tenant_id', 'metric', 'entity', 'model', 'day'], touched='all_tenants') }}
select
    tenant_id,
    metric,
    entity,
    model,
    day,
    made_on,
    value,
    lower_80,
    upper_80,
    lower_95,
    upper_95,
    is_published,
    mase,
    smape,
    wis,
    coverage_80,
    coverage_95,
    beats_seasonal_naive,
    interval_basis,
    refusal_reason
from {{ source('ml', 'forecasts') }}
where tenant_id in (select tenant_id from {{ source('app', 'tenant') }})
