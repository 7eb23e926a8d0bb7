-- One row per provider, base, currency and day with a rate. Providers are never mixed, days without a rate never filled.
{{ config(unique_key=['tenant_id', 'provider', 'base', 'currency', 'day']) }}
with

rates as (
    select * from {{ ref('stg_exchange_rates__rates') }}
    where {{ of_touched_tenants() }}
)

-- Two connections to one provider read the same rates: the newest load counts.
select distinct on (tenant_id, provider, base, currency, day)
    tenant_id,
    provider,
    base,
    currency,
    day,
    rate
from rates
order by tenant_id, provider, base, currency, day, _dlt_load_id desc, connection_id
