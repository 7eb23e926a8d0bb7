-- One row per branch.
select
    -- keys
    tenant_id,
    connection_id,
    repository,
    name,

    -- facts
    sha,
    protected as is_protected,

    -- load
    _dlt_load_id
from {{ source('github', 'branches') }}
where _deleted_at is null
