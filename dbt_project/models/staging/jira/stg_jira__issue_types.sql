-- One row per Jira issue type.
with

source as (
    select * from {{ source('jira', 'issue_types') }}
)

select
    -- keys
    tenant_id::uuid as tenant_id,
    connection_id::uuid as connection_id,
    id as issue_type_id,

    -- facts
    name,
    subtask as is_subtask,
    hierarchy_level,

    -- load
    _dlt_load_id
from source
where _deleted_at is null
