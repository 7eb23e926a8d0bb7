-- One row per provider, base, currency and day. A day without a rate has no row.
with

source as (
    select * from {{ source('exchange_rates', 'rates') }}
)

select
    -- keys
    tenant_id::uuid as tenant_id,
    connection_id::uuid as connection_id,
    provider,
    base,
    currency,
    day,

    -- facts
    rate,

    -- load
    _dlt_load_id
from source
where _deleted_at is null
