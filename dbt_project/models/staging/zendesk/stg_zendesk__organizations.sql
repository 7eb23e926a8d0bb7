-- One row per Zendesk organization.
with

source as (
    select * from {{ source('zendesk', 'organizations') }}
)

select
    -- keys
    tenant_id::uuid as tenant_id,
    connection_id::uuid as connection_id,
    id as organization_id,

    -- facts
    name,
    domain_names,

    -- times
    created_at,
    updated_at,

    -- load
    _dlt_load_id
from source
where _deleted_at is null
