-- One row per Jira issue type.
select
    -- keys
    tenant_id,
    connection_id,
    id as issue_type_id,

    -- facts
    name,
    subtask as is_subtask,
    hierarchy_level,

    -- load
    _dlt_load_id
from {{ source('jira', 'issue_types') }}
where _deleted_at is null
