-- One row per event of an issue or pull request.
with

source as (
    select * from {{ source('github', 'issue_events') }}
)

select
    -- keys
    tenant_id::uuid as tenant_id,
    connection_id::uuid as connection_id,
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
from source
where _deleted_at is null
