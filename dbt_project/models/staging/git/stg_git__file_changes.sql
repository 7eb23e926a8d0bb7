-- One row per commit and file that it changed; merges change none.
select
    -- keys
    tenant_id,
    connection_id,
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
from {{ source('git', 'file_changes') }}
where _deleted_at is null
