-- One row per Zendesk ticket that is not deleted.
select
    -- keys
    tenant_id,
    connection_id,
    {{ surrogate_id(['tenant_id', "'zendesk'", 'connection_id', 'id']) }} as ticket_id,
    id as external_id,

    -- facts
    subject as title,
    description as body_text,
    type,
    status,
    priority,
    {{ text_array('tags') }} as tags,
    requester_id,
    assignee_id,
    organization_id,
    channel,
    jira_issue_key,
    url,

    -- times
    created_at,
    updated_at,
    solved_at,

    -- load
    _dlt_load_id
from {{ source('zendesk', 'tickets') }}
where _deleted_at is null
