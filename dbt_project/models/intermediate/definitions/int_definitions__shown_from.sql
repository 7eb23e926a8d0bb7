-- One row per tenant: an instant before which no window shows anything. A day early, for no time zone is further from UTC.
select
    tenant_id,
    (min(first_day) - 1)::timestamp at time zone 'UTC' as first_at
from {{ ref('int_definitions__windows') }}
where {{ of_touched_tenants(is_needed=true) }}
group by tenant_id
