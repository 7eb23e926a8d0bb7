-- One row per HubSpot ticket that is not archived.
select
    -- keys
    tenant_id,
    connection_id,
    {{ surrogate_id(['tenant_id', "'hubspot'", 'connection_id', 'id']) }} as ticket_id,
    id as external_id,

    -- facts
    subject as title,
    content as body_text,
    pipeline as pipeline_id,
    stage as stage_id,
    priority,
    category,
    owner_id,
    source_type,
    jira_issue_key,
    {{ text_array('company_ids') }} as company_ids,
    {{ text_array('contact_ids') }} as contact_ids,
    stage_history,
    url,

    -- times
    created_at,
    updated_at,
    closed_at,

    -- load
    _dlt_load_id
from {{ source('hubspot', 'tickets') }}
where _deleted_at is null and not coalesce(archived, false)
