-- One row per HubSpot owner.
select
    -- keys
    tenant_id,
    connection_id,
    id as owner_id,

    -- facts
    email,
    concat_ws(' ', first_name, last_name) as name,
    archived as is_archived,

    -- load
    _dlt_load_id
from {{ source('hubspot', 'owners') }}
where _deleted_at is null
