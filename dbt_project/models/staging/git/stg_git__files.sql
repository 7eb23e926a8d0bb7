-- One row per file at a clone's HEAD.
with

source as (
    select * from {{ source('git', 'files') }}
)

select
    -- keys
    tenant_id::uuid as tenant_id,
    connection_id::uuid as connection_id,
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
from source
where _deleted_at is null
