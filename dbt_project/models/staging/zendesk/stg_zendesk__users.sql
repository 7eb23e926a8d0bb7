-- One row per Zendesk user.
with

source as (
    select * from {{ source('zendesk', 'users') }}
)

select
    -- keys
    tenant_id::uuid as tenant_id,
    connection_id::uuid as connection_id,
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
from source
where _deleted_at is null
