-- One row per branch of a clone, those of its remotes included.
with

source as (
    select * from {{ source('git', 'branches') }}
)

select
    -- keys
    tenant_id::uuid as tenant_id,
    connection_id::uuid as connection_id,
    repository,
    name,

    -- facts
    sha,
    is_remote,
    is_head,

    -- load
    _dlt_load_id
from source
where _deleted_at is null
