-- One row per event of an issue or pull request.
select
    -- keys
    tenant_id,
    connection_id,
    id::text as external_id,
    repository,
    issue_number,

    -- facts
    event,
    actor ->> 'login' as actor,
    label ->> 'name' as label,
    commit_id as sha,

    -- times
    created_at,

    -- load
    _dlt_load_id
from {{ source('github', 'issue_events') }}
where _deleted_at is null
