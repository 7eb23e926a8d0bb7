-- One row per link from a Jira issue to another system.
select
    -- keys
    tenant_id,
    connection_id,
    {{ surrogate_id(['tenant_id', "'jira'", 'connection_id', 'issue_id']) }} as issue_id,
    id as external_id,

    -- facts
    url,
    title,
    relationship,
    application ->> 'name' as application,

    -- load
    _dlt_load_id
from {{ source('jira', 'remotelinks') }}
where _deleted_at is null
