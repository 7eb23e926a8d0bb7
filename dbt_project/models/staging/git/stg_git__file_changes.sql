-- One row per commit and file that it changed; merges change none.
with

source as (
    select * from {{ source('git', 'file_changes') }}
)

select
    -- keys
    tenant_id::uuid as tenant_id,
    connection_id::uuid as connection_id,
    repository,
    sha,
    path,

    -- facts
    status,
    old_path,
    added as added_lines,
    deleted as deleted_lines,
    is_submodule,

    -- load
    _dlt_load_id
from source
where _deleted_at is null
