-- One row per tag.
select
    -- keys
    tenant_id,
    connection_id,
    repository,
    name,

    -- facts
    sha,

    -- load
    _dlt_load_id
from {{ source('github', 'tags') }}
where _deleted_at is null
