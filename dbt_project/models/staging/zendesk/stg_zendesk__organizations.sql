-- One row per Zendesk organization.
select
    -- keys
    tenant_id,
    connection_id,
    id as organization_id,

    -- facts
    name,
    domain_names,

    -- times
    created_at,
    updated_at,

    -- load
    _dlt_load_id
from {{ source('zendesk', 'organizations') }}
where _deleted_at is null
