-- One row per file at a clone's HEAD.
select
    -- keys
    tenant_id,
    connection_id,
    repository,
    path,

    -- facts
    blob,
    bytes,
    lines,
    code_lines,
    functions,
    complexity,
    max_complexity,

    -- load
    _dlt_load_id
from {{ source('git', 'files') }}
where _deleted_at is null
