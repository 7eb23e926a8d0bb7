-- One row per Zendesk user.
select
    -- keys
    tenant_id,
    connection_id,
    id as user_id,

    -- facts
    name,
    email,
    role,
    organization_id,
    active as is_active,

    -- times
    created_at,
    updated_at,

    -- load
    _dlt_load_id
from {{ source('zendesk', 'users') }}
where _deleted_at is null
