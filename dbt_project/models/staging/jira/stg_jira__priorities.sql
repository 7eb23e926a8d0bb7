-- One row per Jira priority.
with

source as (
    select * from {{ source('jira', 'priorities') }}
)

select
    -- keys
    tenant_id::uuid as tenant_id,
    connection_id::uuid as connection_id,
    id as priority_id,

    -- facts
    name,

    -- load
    _dlt_load_id
from source
where _deleted_at is null
