-- One row per time a Zendesk ticket was given a status.
select
    -- keys
    tenant_id,
    connection_id,
    id as change_id,
    ticket_id as external_ticket_id,

    -- facts
    status,
    previous_status,
    updater_id,

    -- times
    changed_at,

    -- load
    _dlt_load_id
from {{ source('zendesk', 'status_changes') }}
where _deleted_at is null
