-- One row per change of a Jira issue; `items` holds its fields.
select
    -- keys
    tenant_id,
    connection_id,
    {{ surrogate_id(['tenant_id', "'jira'", 'connection_id', 'issue_id']) }} as issue_id,
    id as external_id,
    issue_id as issue_external_id,

    -- facts
    coalesce(author ->> 'displayName', author ->> 'accountId') as author,
    items,

    -- times
    created as changed_at,

    -- load
    _dlt_load_id
from {{ source('jira', 'changelogs') }}
where _deleted_at is null
