-- One row per Jira project.
with

source as (
    select * from {{ source('jira', 'projects') }}
)

select
    -- keys
    tenant_id::uuid as tenant_id,
    connection_id::uuid as connection_id,
    id as external_id,
    key as project_key,

    -- facts
    name,
    project_type_key,
    style,

    -- load
    _dlt_load_id
from source
where _deleted_at is null
