-- One row per pull request and file that it changes.
select
    -- keys
    tenant_id,
    connection_id,
    repository,
    pull_request_number,
    filename,

    -- facts
    status as change,
    additions,
    deletions,

    -- load
    _dlt_load_id
from {{ source('github', 'pull_request_files') }}
where _deleted_at is null
