-- One row per time booked on a Jira issue.
select
    -- keys
    tenant_id,
    connection_id,
    {{ surrogate_id(['tenant_id', "'jira'", 'connection_id', 'issue_id']) }} as issue_id,
    id as external_id,

    -- facts
    coalesce(author ->> 'displayName', author ->> 'accountId') as author,
    time_spent_seconds,

    -- times
    started as started_at,
    created as created_at,
    updated as updated_at,

    -- load
    _dlt_load_id
from {{ source('jira', 'worklogs') }}
where _deleted_at is null
