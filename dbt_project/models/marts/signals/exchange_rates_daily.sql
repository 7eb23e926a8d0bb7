-- One row per provider, base, currency and day with a rate. Providers are never mixed, days without a rate never filled.
{{ config(unique_key=['tenant_id', 'provider', 'base', 'currency', 'day']) }}
-- depends_on: {{ ref('int_tenants__touched') }}
with

rates as (
    select * from {{ ref('stg_exchange_rates__rates') }}
    {% if is_incremental() -%}
    where tenant_id in (select tenant_id from {{ ref('int_tenants__touched') }})
    {%- endif %}
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
