-- One row per Jira board.
select
    -- keys
    tenant_id,
    connection_id,
    id as board_id,

    -- facts
    name,
    type as board_type,
    project_key,

    -- load
    _dlt_load_id
from {{ source('jira', 'boards') }}
where _deleted_at is null
