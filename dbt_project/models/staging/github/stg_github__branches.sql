-- One row per branch.
with

source as (
    select * from {{ source('github', 'branches') }}
)

select
    -- keys
    tenant_id::uuid as tenant_id,
    connection_id::uuid as connection_id,
    repository,
    name,

    -- facts
    sha,
    protected as is_protected,

    -- load
    _dlt_load_id
from source
where _deleted_at is null
