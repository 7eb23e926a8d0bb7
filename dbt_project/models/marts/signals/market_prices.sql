-- One row per symbol and instant of a price. Where several uploads have a price, the last one counts.
{{ config(unique_key=['tenant_id', 'symbol', 'priced_at']) }}
with

prices as (
    select * from {{ ref('stg_upload__market_prices') }}
    where {{ of_touched_tenants() }}
)

select distinct on (prices.tenant_id, prices.symbol, prices.priced_at)
    prices.tenant_id,
    prices.symbol,
    prices.priced_at,
    (prices.priced_at at time zone tenants.time_zone)::date as day,
    prices.price,
    prices.volume,
    prices.currency,
    prices.metadata
from prices
inner join {{ source('app', 'tenant') }} as tenants on prices.tenant_id = tenants.tenant_id
order by prices.tenant_id, prices.symbol, prices.priced_at, prices.uploaded_at desc, prices.row desc
