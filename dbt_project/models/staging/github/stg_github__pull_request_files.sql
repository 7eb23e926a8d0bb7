-- One row per pull request and file that it changes.
with

source as (
    select * from {{ source('github', 'pull_request_files') }}
)

select
    -- keys
    tenant_id::uuid as tenant_id,
    connection_id::uuid as connection_id,
    repository,
    pull_request_number,
    filename,

    -- facts
    status as change,
    additions,
    deletions,

    -- load
    _dlt_load_id
from source
where _deleted_at is null
