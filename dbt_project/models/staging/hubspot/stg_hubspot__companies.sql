-- One row per HubSpot company.
select
    -- keys
    tenant_id,
    connection_id,
    id as company_id,

    -- facts
    name,
    domain,
    industry,

    -- times
    created_at,
    updated_at,

    -- load
    _dlt_load_id
from {{ source('hubspot', 'companies') }}
where _deleted_at is null
