-- One row per tag.
with

source as (
    select * from {{ source('github', 'tags') }}
)

select
    -- keys
    tenant_id::uuid as tenant_id,
    connection_id::uuid as connection_id,
    repository,
    name,

    -- facts
    sha,

    -- load
    _dlt_load_id
from source
where _deleted_at is null
