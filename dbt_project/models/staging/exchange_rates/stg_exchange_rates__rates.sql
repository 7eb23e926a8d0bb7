-- One row per provider, base, currency and day. A day without a rate has no row.
select
    -- keys
    tenant_id,
    connection_id,
    provider,
    base,
    currency,
    day,

    -- facts
    rate,

    -- load
    _dlt_load_id
from {{ source('exchange_rates', 'rates') }}
where _deleted_at is null
