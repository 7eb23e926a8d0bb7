-- One row per Jira sprint; a future one has no dates, an active one no close.
select
    -- keys
    tenant_id,
    connection_id,
    {{ surrogate_id(['tenant_id', "'jira'", 'connection_id', 'id']) }} as sprint_id,
    id::text as external_id,
    board_id,

    -- facts
    name,
    state,
    goal,

    -- times
    created_date as created_at,
    start_date as started_at,
    end_date as planned_end_at,
    complete_date as closed_at,

    -- load
    _dlt_load_id
from {{ source('jira', 'sprints') }}
where _deleted_at is null
