-- One row per Jira board.
with

source as (
    select * from {{ source('jira', 'boards') }}
)

select
    -- keys
    tenant_id::uuid as tenant_id,
    connection_id::uuid as connection_id,
    id as board_id,

    -- facts
    name,
    type as board_type,
    project_key,

    -- load
    _dlt_load_id
from source
where _deleted_at is null
