-- One row per Jira priority.
select
    -- keys
    tenant_id,
    connection_id,
    id as priority_id,

    -- facts
    name,

    -- load
    _dlt_load_id
from {{ source('jira', 'priorities') }}
where _deleted_at is null
