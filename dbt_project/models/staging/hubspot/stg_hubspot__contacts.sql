-- One row per HubSpot contact.
select
    -- keys
    tenant_id,
    connection_id,
    id as contact_id,

    -- facts
    email,
    concat_ws(' ', first_name, last_name) as name,
    company_id,

    -- times
    created_at,
    updated_at,

    -- load
    _dlt_load_id
from {{ source('hubspot', 'contacts') }}
where _deleted_at is null
