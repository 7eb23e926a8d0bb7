-- One row per branch of a clone, those of its remotes included.
select
    -- keys
    tenant_id,
    connection_id,
    repository,
    name,

    -- facts
    sha,
    is_remote,
    is_head,

    -- load
    _dlt_load_id
from {{ source('git', 'branches') }}
where _deleted_at is null
