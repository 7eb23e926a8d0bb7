-- One row per link from a Jira issue to another system.
with

source as (
    select * from {{ source('jira', 'remotelinks') }}
)

select
    -- keys
    tenant_id::uuid as tenant_id,
    connection_id::uuid as connection_id,
    {{ surrogate_id(['tenant_id', "'jira'", 'connection_id', 'issue_id']) }} as issue_id,
    id as external_id,

    -- facts
    url,
    title,
    relationship,
    application ->> 'name' as application,

    -- load
    _dlt_load_id
from source
where _deleted_at is null
