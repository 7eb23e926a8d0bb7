-- One row per HubSpot owner.
with

source as (
    select * from {{ source('hubspot', 'owners') }}
)

select
    -- keys
    tenant_id::uuid as tenant_id,
    connection_id::uuid as connection_id,
    id as owner_id,

    -- facts
    email,
    concat_ws(' ', first_name, last_name) as name,
    archived as is_archived,

    -- load
    _dlt_load_id
from source
where _deleted_at is null
