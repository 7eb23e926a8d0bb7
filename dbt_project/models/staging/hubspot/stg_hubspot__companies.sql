-- One row per HubSpot company.
with

source as (
    select * from {{ source('hubspot', 'companies') }}
)

select
    -- keys
    tenant_id::uuid as tenant_id,
    connection_id::uuid as connection_id,
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
from source
where _deleted_at is null
