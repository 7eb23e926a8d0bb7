-- One row per Jira project.
select
    -- keys
    tenant_id,
    connection_id,
    id as external_id,
    key as project_key,

    -- facts
    name,
    project_type_key,
    style,

    -- load
    _dlt_load_id
from {{ source('jira', 'projects') }}
where _deleted_at is null
